"""The kernel's pool for large buffers in one piece (CMA): size, free, failures, free pieces.

{total_kb, free_kb, free_percent, allocated, failed, failed_percent, largest_free_kb}. Text: lines of
/proc/meminfo (CmaTotal, CmaFree), of /proc/vmstat (cma_alloc_success, cma_alloc_fail, kernel 5.14 and later)
and of /proc/pagetypeinfo (root only), pages of 4 kB. allocated, failed and largest_free_kb are None where
they are not told.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._listing import between, unread
from utils.judging.parsers._text import percent
from utils.model.results import Reading

_MEMORY = re.compile(r"^(CmaTotal|CmaFree):\s+(\d{1,12}) kB$")
_ALLOCATED = re.compile(r"^(cma_alloc_success|cma_alloc_fail) (\d{1,18})$")
_PIECES = re.compile(r"^Node +\d{1,3}, zone +\w{1,20}, type +CMA((?: +>?\d{1,12}){5,15})$")
_PAGE_KB = 4
READS = "total_kb free_kb free_percent allocated failed failed_percent largest_free_kb"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    numbers: dict[str, int] = {}
    largest: int | None = None
    for line in between(stdout, stderr, exit_status, of="cma"):
        if told := _MEMORY.match(line) or _ALLOCATED.match(line):
            numbers[told[1]] = int(told[2])
        elif pieces := _PIECES.match(line):
            largest = max(largest or 0, _largest_kb(pieces[1]))
        else:
            raise unread(line)
    total, free = numbers.get("CmaTotal"), numbers.get("CmaFree")
    if total is None or free is None:
        raise Undecided("The output is cut off: it does not say how large the pool is.", Cause.CUT_OFF)
    if total == 0:
        raise NotApplicable("This kernel keeps no pool for large buffers (CMA).")
    if free > total:
        raise Undecided("More is free than there is, which cannot be.", Cause.IMPLAUSIBLE)
    done, failed = numbers.get("cma_alloc_success"), numbers.get("cma_alloc_fail")
    return {
        "total_kb": total,
        "free_kb": free,
        "free_percent": percent(free, total),
        "allocated": done,
        "failed": failed,
        "failed_percent": percent(failed, done + failed) if done is not None and failed is not None else None,
        "largest_free_kb": largest,
    }


def _largest_kb(counts: str) -> int:
    """The largest free piece of a zone; the counts stand for 4 kB, 8 kB, 16 kB and so on."""
    orders = [order for order, count in enumerate(counts.split()) if count != "0"]
    return _PAGE_KB << orders[-1] if orders else 0
