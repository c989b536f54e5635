"""The dashboard's columns: in reading order, nothing lost, of about the same height."""

from __future__ import annotations

import pytest

from utils.web.pages.checkup.columns import HEAD, MOST, split, splits

ROWS = (13, 10, 3, 10, 7, 9, 11, 7, 9, 3, 5, 3)


@pytest.mark.parametrize("count", range(1, MOST + 1))
def test_every_category_is_there_once_and_in_order(count: int) -> None:
    runs = split(ROWS, count)
    assert [index for run in runs for index in run] == list(range(len(ROWS)))
    assert len(runs) == count
    assert all(runs)


def test_no_column_is_much_longer_than_it_must_be() -> None:
    heights = [sum(ROWS[index] + HEAD for index in run) for run in split(ROWS, 3)]
    assert max(heights) - min(heights) <= max(ROWS) + HEAD


def test_fewer_categories_than_columns_have_one_each() -> None:
    assert splits((4, 9))[5] == [[0], [1]]
    assert splits((4,))[2] == [[0]]
