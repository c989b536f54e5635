"""A regular expression -> in about how many ways it can match from one place: what a hostile line costs.

Counted over its parsed form, so that groups and choices count, not only repeats. Of choices that begin with
different characters only one can be the right one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ENDLESS = 10**9
"""More ways than anybody waits for."""
_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_INSIDE = {"ASSERT", "ASSERT_NOT", "ATOMIC_GROUP", "SUBPATTERN", "GROUPREF_EXISTS"}


def ways(pattern: str) -> int:
    """At most ENDLESS. re.error for what is no regular expression."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _of(parser.parse(pattern))


def _of(nodes: Iterable[tuple[Any, Any]]) -> int:
    found = 1
    for name, value in nodes:
        found = min(ENDLESS, found * _one(str(name), value))
    return found


def _one(name: str, value: Any) -> int:
    if name == "BRANCH":
        return _choice(value[1])
    if name in _REPEATS:
        least, most, inner = value
        return _repeated(int(least), int(most), _of(inner))
    if name in _INSIDE:
        parts = value if isinstance(value, tuple) else (value,)
        return max((_of(part) for part in parts if hasattr(part, "data")), default=1)
    return 1


def _repeated(least: int, most: int, inner: int) -> int:
    if inner == 1:
        return min(ENDLESS, most - least + 1)
    return ENDLESS if most > 30 else min(ENDLESS, sum(inner**count for count in range(least, most + 1)))


def _choice(choices: Sequence[Any]) -> int:
    begins = [str(choice[0]) if len(choice) else "" for choice in choices]
    apart = all("LITERAL" in begin for begin in begins) and len(set(begins)) == len(begins)
    each = [_of(choice) for choice in choices]
    return min(ENDLESS, max(each) if apart else sum(each))
