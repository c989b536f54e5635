"""/proc/meminfo -> {total_kb, available_kb, available_percent, free_kb, swap_total_kb, swap_free_kb}.

The kB as the kernel prints them (1024 bytes); None for what is not said. The percentage is rounded down, so
that 4.99 % is below 5 %. Kernels before 3.14 have no MemAvailable: then available is MemFree + Buffers +
Cached, an upper bound. A number counts only with its unit behind it. So a line cut within the number is not
read as a small one.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^[ \t]*([A-Z][A-Za-z_()0-9]+):[ \t]*(\d+)[ \t]*kB[ \t\r]*$")
_FALLBACK = ("MemFree", "Buffers", "Cached")
READS = "total_kb available_kb available_percent free_kb swap_total_kb swap_free_kb"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    fields = {name: int(value) for name, value in _LINE.findall(plain(stdout))}
    total = fields.get("MemTotal")
    available = fields.get("MemAvailable")
    if available is None and fields.keys() >= set(_FALLBACK):
        available = sum(fields[name] for name in _FALLBACK)
    if not fields:
        raise refuse(stdout, stderr, exit_status)
    if not total or available is None:
        raise Undecided(
            "The text does not say both the total and the available memory; it may be cut off.", Cause.CUT_OFF
        )
    if max(available, fields.get("MemFree", 0)) >= total:  # the kernel itself takes some
        raise Undecided(
            f"The numbers contradict each other: {available} kB available of {total} kB.", Cause.IMPLAUSIBLE
        )
    return {
        "total_kb": total,
        "available_kb": available,
        "available_percent": 1000 * available // total / 10,
        "free_kb": fields.get("MemFree"),
        "swap_total_kb": fields.get("SwapTotal"),
        "swap_free_kb": fields.get("SwapFree"),
    }
