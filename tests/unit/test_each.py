"""A question asked of many cases fails with the name of each case that fails, and is never asked of none."""

from __future__ import annotations

import pytest

from tests.each import each


def test_each_case_that_fails_is_named_and_the_others_are_asked() -> None:
    asked = []

    @each(["one", "two", "three"])
    def test_it(case: str) -> None:
        asked.append(case)
        assert "t" not in case, case.upper()
        if case == "one":
            raise ValueError

    with pytest.raises(
        AssertionError, match=r"(?s)3 of 3 cases.*one: ValueError.*two: .*TWO.*three: .*THREE"
    ):
        test_it()
    assert asked == ["one", "two", "three"]


def test_no_case_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="no case"):
        each([])(lambda case: None)()
