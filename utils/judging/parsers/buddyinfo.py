"""/proc/buddyinfo -> {zones[], largest_block_kb, free_4mb_blocks}: how large the free pieces of memory are.

zones[]: {node, zone, free_blocks[]} with the count of free blocks of 4 kB, 8 kB, 16 kB ... Pages are
taken as 4 kB, as on all Jetson kernels. free_4mb_blocks counts whole 4 MB in larger blocks too.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import plain, refuse, whole_lines
from utils.model.results import Reading

_LINE = re.compile(r"^Node +(\d+), +zone +(\w+)((?: +\d{1,18})+)$")
_PAGE_KB = 4
_ORDER_4MB = 10
READS = "zones[node zone free_blocks] largest_block_kb free_4mb_blocks"
NEVER_ZERO = "largest_block_kb"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.strip() for line in plain(stdout).splitlines() if line.strip()]
    matches = [match for line in lines if (match := _LINE.match(line))]
    if not matches:
        raise refuse(stdout, stderr, exit_status)
    blocks = [[int(count) for count in match[3].split()] for match in matches]
    orders = {len(zone) for zone in blocks}
    if len(matches) < len(lines) or len(orders) > 1 or min(orders) <= _ORDER_4MB:
        raise Undecided("The table is cut off or has foreign lines in it.", Cause.CUT_OFF)
    whole_lines(stdout)
    counts = [sum(column) for column in zip(*blocks, strict=True)]
    largest = max((order for order, count in enumerate(counts) if count), default=None)
    return {
        "zones": [
            {"node": int(match[1]), "zone": match[2], "free_blocks": zone}
            for match, zone in zip(matches, blocks, strict=True)
        ],
        "largest_block_kb": 0 if largest is None else _PAGE_KB << largest,
        "free_4mb_blocks": sum(
            n << order - _ORDER_4MB for order, n in enumerate(counts) if order >= _ORDER_4MB
        ),
    }
