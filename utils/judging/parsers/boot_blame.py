"""`systemd-analyze blame` -> {slowest, slowest_s, units: [{unit, seconds}]}, slowest first."""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._systemd import require_systemd
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_ROW = re.compile(
    r"(?m)^[ \t]*+(?P<time>(?:\d++(?:\.\d++)?(?:h|min|ms|us|s)[ \t]++)+)"
    r"(?P<unit>\S+\.(?:service|mount|device|socket|swap|target|timer|slice|scope|path|automount))[ \t]*$"
)
_SECONDS = {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001}
READS = "slowest slowest_s units[unit seconds]"
NEVER_ZERO = "slowest_s"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    require_systemd(stdout, stderr)
    units = [
        {"unit": match["unit"], "seconds": _seconds(match["time"])} for match in _ROW.finditer(plain(stdout))
    ]
    if not units:
        unfinished = "not yet finished" in stdout + stderr
        raise (
            Undecided("The boot is not finished yet.", Cause.TOO_EARLY)
            if unfinished
            else refuse(stdout, stderr, exit_status)
        )
    units.sort(key=lambda item: -float(str(item["seconds"])))
    return {"slowest": units[0]["unit"], "slowest_s": units[0]["seconds"], "units": units}


def _seconds(text: str) -> float:
    parts = re.findall(r"(\d+(?:\.\d+)?)(h|min|ms|us|s)\b", text)
    return round(sum(float(number) * _SECONDS[unit] for number, unit in parts), 3)
