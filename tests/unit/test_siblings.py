"""Limits from siblings: off until there are enough, never a fault, and with the count that they stand on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.judge import judge_diagnostic
from utils.judging.siblings import FEWEST, SOURCE, beside
from utils.model.results import Finding, Verdict

NAMES = {"boot-time": "boot-time:total_s", "input-voltage": "input-voltage:lowest_v"}
BOOTS = (
    "Startup finished in 6.000s (kernel) + %.3fs (userspace) = %.3fs \n"
    "graphical.target reached after 17s in userspace\n"
)
AROUND = [23.0 + n * 0.1 for n in range(21)]


def of_siblings(seconds: float, others: Sequence[float]) -> tuple[list[Finding], Verdict]:
    diagnostic = builtin_catalogue().get("boot-time")
    result = judge_diagnostic(diagnostic, BOOTS % (seconds - 6, seconds), "", 0)
    assert result.reading is not None
    told = beside(result, diagnostic, {NAMES["boot-time"]: others})
    return [each for each in told.findings if each.limit_source == SOURCE], told.verdict


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(24, None), (25, None), (26.5, Verdict.INFO), (30, Verdict.WARN), (1000, Verdict.WARN), (10, None)],
)
def test_only_what_lies_beyond_the_band_on_the_bad_side_is_told(
    seconds: float, verdict: Verdict | None
) -> None:
    found, whole = of_siblings(seconds, AROUND)
    assert [each.verdict for each in found] == ([verdict] if verdict else [])
    assert whole is not Verdict.PASS or verdict is not Verdict.WARN


def test_it_says_the_count_that_it_stands_on() -> None:
    found, _ = of_siblings(30, AROUND)
    assert found[0].reason == "Boot time is 30 s: more than all 21 good check-ups of this model and release."
    assert "more than 95 % of 22 good" in of_siblings(30, [*AROUND, 31.0])[0][0].reason
    assert found[0].evidence == "siblings: 23 to 25 s, the middle one 24 s"


def test_it_is_off_until_there_are_enough() -> None:
    assert of_siblings(30, AROUND[: FEWEST - 1])[0] == []
    assert of_siblings(30, [])[0] == []


def test_siblings_that_all_say_the_same_are_no_reason_to_be_strict() -> None:
    assert of_siblings(24.5, [24.0] * 50)[0] == []
    assert of_siblings(26.5, [24.0] * 50)[0][0].verdict is Verdict.INFO


def test_less_is_worse_where_the_catalogue_says_so() -> None:
    diagnostic = builtin_catalogue().get("input-voltage")
    (track,) = diagnostic.track
    assert track.worse == "down"
    from utils.judging.siblings import _finding

    low = _finding(track, 3.9, [5.0] * 30)
    assert low is not None
    assert "Lowest input voltage is 3.9 V: less than all 30" in low.reason
    assert _finding(track, 5.9, [5.0] * 30) is None
