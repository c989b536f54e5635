"""The dashboard's categories in columns, in reading order and of about the same number of rows. Pure.

The page comes with two columns, which stand below each other where two do not fit. For wider screens
static/checkup/columns.js puts the same sections into more, as this file says.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise

Runs = list[list[int]]
"""Indexes of the categories, column by column."""

HEAD = 1.2
"""A category's heading weighs as much as this many rows."""
MOST = 6
"""Columns of a screen of 4K."""


def split(rows: tuple[int, ...], count: int) -> Runs:
    """The categories cut in order into `count` runs, the heaviest as light as can be.

    There are fewer runs when there are fewer categories. rows: how many rows each category has.
    """
    ends = range(1, len(rows))
    cuts = ((0, *inner, len(rows)) for inner in combinations(ends, min(count - 1, len(ends))))
    best = min(cuts, key=lambda cut: max(sum(rows[a:b]) + HEAD * (b - a) for a, b in pairwise(cut)))
    return [list(range(a, b)) for a, b in pairwise(best)]


@cache
def splits(rows: tuple[int, ...]) -> dict[int, Runs]:
    """The split for each number of columns that a screen may have, from two on."""
    return {count: split(rows, count) for count in range(2, MOST + 1)}
