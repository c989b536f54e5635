"""systemd-analyze time -> {finished, target, target_reached, firmware_s, loader_s, kernel_s, initrd_s,
userspace_s, total_s}.

Seconds; None for a part that is not printed. "Bootup is not yet finished" is finished False with all None.
target_reached: False where the second line says that the boot's target was never reached; None without it.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^Startup finished in (.+)$")
_PART = re.compile(r"([^()]+) \((firmware|loader|kernel|initrd|userspace)\)")
_TIME = re.compile(r"(\d+(?:\.\d+)?)(d|h|min|ms|us|s)")
_SECONDS = {"d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001}
_TARGET = re.compile(r"(?m)^(\S{1,128}\.target) (?:was (never)|(not) yet|reached|is not active)\b")
_UNFINISHED = re.compile(r"Bootup is not yet finished")
_NO_SYSTEMD = re.compile(r"not been booted with systemd")
READS = "finished target target_reached firmware_s loader_s kernel_s initrd_s userspace_s total_s"
NEVER_ZERO = "total_s"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    line = _LINE.search(stdout)
    spent, _, sum_said = line[1].strip().partition(" = ") if line else ("", "", "")
    found = [_PART.fullmatch(part.strip()) for part in spent.split("+")]
    parts = {part[2]: _seconds(part[1]) for part in found if part}
    if "userspace" in parts:
        total = _seconds(sum_said) if sum_said else parts["userspace"] if len(parts) == 1 else None
        if total is not None:
            return {**_reading(True, parts, total), **_target(stdout)}
    if _UNFINISHED.search(stdout) or _UNFINISHED.search(stderr):
        return _reading(False, {}, None)
    if _NO_SYSTEMD.search(stderr) or _NO_SYSTEMD.search(stdout):
        raise NotApplicable("This system is not run by systemd.")
    raise refuse(stdout, stderr, exit_status)


def _target(text: str) -> Reading:
    match = _TARGET.search(text)
    if not match:
        return {"target": None, "target_reached": None}
    return {"target": match[1], "target_reached": "reached" in match[0] and not (match[2] or match[3])}


def _seconds(text: str) -> float | None:
    words = text.split()
    found = [_TIME.fullmatch(word) for word in words]
    if not words or not all(found):
        return None
    return round(sum(float(match[1]) * _SECONDS[match[2]] for match in found if match), 3)


def _reading(finished: bool, parts: dict[str, float | None], total: float | None) -> Reading:
    names = ("firmware", "loader", "kernel", "initrd", "userspace")
    return {
        "finished": finished,
        "target": None,
        "target_reached": None,
        **{f"{name}_s": parts.get(name) for name in names},
        "total_s": total,
    }
