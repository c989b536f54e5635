"""/proc/swaps with two lines of /proc/meminfo (behind the word "memory"), or swapon --show -> swap space.

{total_kb, used_kb, used_percent, devices[], memory_available_percent}; devices[]: {name, type, total_kb,
used_kb, priority}. swapon's rounded units (2G, 512K) are taken as binary. used_percent is None without
swap; memory_available_percent is None when the text does not hold MemTotal and MemAvailable.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import percent, plain, refuse
from utils.model.results import Reading

_PROC_HEADER = re.compile(r"^Filename\s+Type\s+Size\s+Used\s+Priority$")
_SHOW_HEADER = re.compile(r"^NAME\s+TYPE\s+SIZE\s+USED\s+PRIO\b")
_ROW = re.compile(r"^(\S.*?)(?<=\S)\s++(file|partition)\s+(\S+)\s+(\S+)\s+(-?\d+)(?:\s.*)?$")
_MEMORY = re.compile(r"^memory (MemTotal|MemAvailable):\s*(\d+) kB$")
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)([BKMGT]?)$")
_KB = {"": 1 / 1024, "B": 1 / 1024, "K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}
READS = "total_kb used_kb used_percent devices[name type total_kb used_kb priority] memory_available_percent"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.strip() for line in plain(stdout).splitlines() if line.strip()]
    header = next((line for line in lines if _PROC_HEADER.match(line) or _SHOW_HEADER.match(line)), None)
    if header is None and "/proc/swaps: No such file" in f"{stdout}\n{stderr}":
        raise NotApplicable("The kernel has no swap.")
    if header is None:
        raise refuse(stdout, stderr, exit_status)
    in_kb = _PROC_HEADER.match(header) is not None
    memory = {match[1]: int(match[2]) for line in lines if (match := _MEMORY.match(line))}
    body = [line for line in lines[lines.index(header) + 1 :] if not _MEMORY.match(line)]
    devices = [_device(line, in_kb) for line in body]
    total = round(sum(device["total_kb"] for device in devices))
    used = round(sum(device["used_kb"] for device in devices))
    has_memory = len(memory) == 2 and memory["MemTotal"]
    return {
        "total_kb": total,
        "used_kb": used,
        "used_percent": percent(used, total),
        "devices": devices,
        "memory_available_percent": percent(memory["MemAvailable"], memory["MemTotal"])
        if has_memory
        else None,
    }


def _device(line: str, in_kb: bool) -> Reading:
    match = _ROW.match(line)
    if not match:
        raise Undecided(f"A line of the table cannot be read or is cut off: {line[:100]}", Cause.CUT_OFF)
    name, kind, size, used, priority = match.groups()
    total_kb, used_kb = _kb(size, in_kb), _kb(used, in_kb)
    if used_kb > total_kb:
        raise Undecided(f"More is used than there is: {line[:100]}", Cause.IMPLAUSIBLE)
    return {"name": name, "type": kind, "total_kb": total_kb, "used_kb": used_kb, "priority": int(priority)}


def _kb(text: str, in_kb: bool) -> int:
    match = _SIZE.match(text)
    if not match or (in_kb and not text.isdecimal()):
        raise Undecided(f"A size of the table cannot be read: {text[:40]}", Cause.GARBAGE)
    return int(text) if in_kb else round(float(match[1]) * _KB[match[2]])
