"""/proc/diskstats -> {disks[]}: {disk, reads, writes, read_latency_ms, write_latency_ms, busy_now}.

rows() -> {disk: its numbers}, for who reads the table again and again.

Whole disks only (no partitions, loops, zram, ram, device mapper). The latencies are means since boot in ms,
None before the first request. busy_now is the number of requests in flight.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import plain, refuse, whole_lines
from utils.model.results import Reading

_LINE = re.compile(r"^(\d+) +(\d+) +(\S+)((?: +\d{1,20})+)$")
_WHOLE_DISK = re.compile(r"^(?:nvme\d+n\d+|mmcblk\d+|sd[a-z]+|hd[a-z]|vd[a-z]+|xvd[a-z]+)$")
_NUMBERS = (11, 15, 17)  # kernels before 4.18, before 5.5, since
READS = "disks[disk reads writes read_latency_ms write_latency_ms busy_now]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.strip() for line in plain(stdout).splitlines() if line.strip()]
    rows = [(match[3], [int(n) for n in match[4].split()]) for line in lines if (match := _LINE.match(line))]
    whole = [(name, numbers) for name, numbers in rows if len(numbers) in _NUMBERS]
    if not whole:
        raise refuse(stdout, stderr, exit_status)
    if len(whole) < len(lines):
        raise Undecided("The table is cut off or has foreign lines in it.", Cause.CUT_OFF)
    whole_lines(stdout)
    disks = [_disk(name, numbers) for name, numbers in whole if _WHOLE_DISK.match(name)]
    if not disks:
        raise NotApplicable("The table shows no disk.")
    return {"disks": disks}


def rows(text: str) -> dict[str, list[int]]:
    """Read the numbers of each whole disk, as the kernel orders them; other lines are left out."""
    found = (match for line in text.splitlines() if (match := _LINE.match(line.strip())))
    read = {match[3]: [int(n) for n in match[4].split()] for match in found if _WHOLE_DISK.match(match[3])}
    return {name: numbers for name, numbers in read.items() if len(numbers) in _NUMBERS}


def _disk(name: str, numbers: list[int]) -> Reading:
    reads, _, _, read_ms, writes, _, _, write_ms, busy = numbers[:9]
    return {
        "disk": name,
        "reads": reads,
        "writes": writes,
        "read_latency_ms": round(read_ms / reads, 1) if reads else None,
        "write_latency_ms": round(write_ms / writes, 1) if writes else None,
        "busy_now": busy,
    }
