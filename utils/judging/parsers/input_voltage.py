"""Repeated readings of the board's input rail -> {rail, samples, lowest_v, highest_v, lowest_mv,
highest_mv, average_mv}.

The text: lines "input <rail> <mV>", then "end". Zero readings (monitor switched off) are left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from utils.errors import Cause, Undecided
from utils.judging.parsers._sysfs import ended, nothing
from utils.judging.parsers._text import plain
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^input (\S+) (\d{1,6})[ \t]*$")
READS = "rail samples lowest_v highest_v lowest_mv highest_mv average_mv"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    found = _LINE.findall(text)
    if not found:
        raise nothing(text, stderr, exit_status)
    if not ended(text):
        raise Undecided("The output is cut off: its end is missing.", Cause.CUT_OFF)
    rail = found[0][0]  # the first input rail is the board's
    values = [int(value) for name, value in found if name == rail and int(value) > 0]
    if not values:
        raise Undecided("The input rail gives no voltage.", Cause.NOT_SAID)
    return of_millivolts(rail, values)


def of_millivolts(rail: str, values: Sequence[int]) -> Reading:
    """The reading of these values of one rail."""
    return {
        "rail": rail,
        "samples": len(values),
        "lowest_v": round(min(values) / 1000, 2),
        "highest_v": round(max(values) / 1000, 2),
        "lowest_mv": min(values),
        "highest_mv": max(values),
        "average_mv": round(sum(values) / len(values)),
    }
