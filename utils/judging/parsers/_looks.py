"""Two looks at the same counters, a moment apart, in one output. Pure.

at SECONDS          the time since boot, as /proc/uptime prints it
...                 what the first look saw
at SECONDS
...                 what the second one saw
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from utils.errors import Cause, Undecided

_AT = re.compile(r"^at (\d{1,10}\.\d{1,3})$")
_LONGEST_S = 60.0


@dataclass(frozen=True)
class Looks:
    """What both looks saw, and the seconds between them and since boot."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    seconds: float
    uptime_s: float


def two_looks(lines: Iterable[str]) -> Looks:
    """The looks; Undecided where they are not two, or where their times cannot be."""
    seen: list[list[str]] = []
    times: list[float] = []
    for line in lines:
        stamp = _AT.match(line)
        if stamp:
            times.append(float(stamp[1]))
            seen.append([])
        elif not seen:
            raise Undecided(
                f"The output is not what this command prints; it begins: {line[:120]}", Cause.GARBAGE
            )
        else:
            seen[-1].append(line)
    if len(seen) != 2:
        raise Undecided("The output is cut off: there are not two looks.", Cause.CUT_OFF)
    passed = round(times[1] - times[0], 2)
    if not 0 < passed <= _LONGEST_S:
        raise Undecided(
            f"The second look was {passed:g} s after the first, which cannot be.", Cause.IMPLAUSIBLE
        )
    return Looks(tuple(seen[0]), tuple(seen[1]), passed, times[1])


def growth(before: int, after: int) -> int:
    """How much a counter grew; Undecided where it went back."""
    if after < before:
        raise Undecided(f"A counter went back from {before} to {after}, which cannot be.", Cause.IMPLAUSIBLE)
    return after - before
