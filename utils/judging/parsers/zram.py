"""`zramN/file value...` lines of /sys/block -> {devices[]} of compressed memory.

devices[]: {device, disk_bytes, original_bytes, compressed_bytes, memory_bytes, ratio, algorithm};
ratio is original / memory really used, None while nothing is stored.
The last line is "end of zram".
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^(zram\d+)/(disksize|mm_stat|comp_algorithm)[ \t]++(\S(?:[^\n]*[^ \t\n])?)[ \t]*$")
_LEAST_MM_STAT = 7  # fields of the oldest kernel that has the file
READS = (
    "devices[device disk_bytes original_bytes compressed_bytes memory_bytes original_kb original_mb "
    "memory_kb memory_mb ratio algorithm]"
)
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    found: dict[str, dict[str, str]] = {}
    for device, name, value in _LINE.findall(text):
        found.setdefault(device, {})[name] = value
    if not found and re.search(r"(?m)^no zram$", text):
        raise NotApplicable("The device has no zram.")
    if not found:
        raise refuse(stdout, stderr, exit_status)
    if not re.search(r"(?m)^end of zram$", text):
        raise Undecided("The list of devices is cut off.", Cause.CUT_OFF)
    return {"devices": [_device(device, values) for device, values in sorted(found.items())]}


def _device(device: str, values: dict[str, str]) -> Reading:
    numbers = values.get("mm_stat", "").split()
    size = values.get("disksize", "")
    if len(numbers) < _LEAST_MM_STAT or not all(text.isdecimal() for text in (*numbers, size)):
        raise Undecided(f"The data of {device} is incomplete; the text may be cut off.", Cause.CUT_OFF)
    original, compressed, memory = (int(text) for text in numbers[:3])
    chosen = re.search(r"\[([\w-]+)\]", values.get("comp_algorithm", ""))
    return {
        "device": device,
        "disk_bytes": int(size),
        "original_bytes": original,
        "compressed_bytes": compressed,
        "memory_bytes": memory,
        "original_kb": original // 1024,
        "original_mb": round(original / 2**20, 1),
        "memory_kb": memory // 1024,
        "memory_mb": round(memory / 2**20, 1),
        "ratio": round(original / memory, 2) if original and memory else None,
        "algorithm": chosen.group(1) if chosen else None,
    }
