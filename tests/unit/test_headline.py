"""The headline over a board: what was cut off never looks complete, what is another board's never counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests import each as of_many
from tests.unit.history_parts import a_checkup
from utils import errors
from utils.bench.headline import Headline, LastCheckup, headline
from utils.bench.runs import Checkup, Run
from utils.errors import V3Error
from utils.judging.catalogue.loader import builtin_catalogue
from utils.model.outcome import Answer
from utils.model.results import Finding, Result, Verdict
from utils.model.words import CAUSES

PASSIVE = [item.id for item in builtin_catalogue() if not item.active][:4]
BEFORE, BEGAN, SINCE = "2026-11-28T08:00:00.000Z", "2026-11-28T09:00:00.000Z", "2026-11-28T09:00:01.000Z"


def result(name: str, verdict: str = "pass", *, error: str = "", at: str = SINCE, **more: Any) -> Result:
    facts = {"code": error, "message": "x"} if error else None
    return Result(name, Verdict(verdict), "x", started_at=at, error=facts, **more)


def shown(results: Iterable[Result]) -> dict[str, Result]:
    return {each.diagnostic: each for each in results if Answer.of(each).given}


def checkup(results: Iterable[Result], *, cancelled: bool = False, finished: bool = True) -> Checkup:
    catalogue = builtin_catalogue()
    made = Checkup({name: Run(catalogue.get(name)) for name in PASSIVE}, started_at=BEGAN)
    for each in results:
        made.runs[each.diagnostic].result = each
    made.cancelled = cancelled
    if finished:
        made.done.set()
    return made


def of(results: list[Result], *, older: Iterable[Result] = (), **how: Any) -> Headline:
    return headline(PASSIVE, shown(older) | shown(results), checkup(results, **how))


def cut_off(code: str, ran: int = 1, verdict: str = "pass") -> list[Result]:
    return [
        result(name, verdict) if index < ran else result(name, "unknown", error=code)
        for index, name in enumerate(PASSIVE)
    ]


def test_every_trouble_of_the_link_is_named_as_the_cause_of_what_was_not_checked() -> None:
    ran_on_the_board = {"command-timeout", "internal"}
    kinds = [errors.LinkError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {kind.code for kind in kinds[1:]} - ran_on_the_board <= CAUSES.keys()
    assert not ran_on_the_board & CAUSES.keys()
    assert issubclass(errors.Cancelled, V3Error)
    assert errors.Cancelled.code in CAUSES


def test_complete() -> None:
    said = of([result(name) for name in PASSIVE])
    assert (said.code, said.verdict, said.title) == ("complete", Verdict.PASS, "This board is OK")
    assert said.line == "4 OK"
    assert not said.rest


def test_a_check_that_was_partly_made_is_counted_as_such() -> None:
    half = result(PASSIVE[0], findings=(Finding("x", Verdict.SKIP, "x"),))
    assert of([half, *(result(name) for name in PASSIVE[1:])]).line == "4 OK (1 partly checked)"
    cut = [half, *cut_off("link-lost", ran=0)[1:]]
    assert of(cut).line == checkup(cut).outcome().line == "3 not checked, 1 OK (1 partly checked)"


@pytest.mark.parametrize("code", sorted(CAUSES.keys() - {"cancelled"}))
def test_cut_off_it_is_interrupted_and_offers_the_rest(code: str) -> None:
    said = of(cut_off(code))
    assert (said.code, said.verdict) == ("interrupted", Verdict.UNKNOWN)
    assert said.title.lower() == f"interrupted: 1 of 4 checked. {CAUSES[code]}".lower()
    assert said.rest == tuple(PASSIVE[1:])
    assert said.line == "3 not checked, 1 OK"
    assert said.unchecked == said.rest


def test_cut_off_with_a_fault_it_says_both() -> None:
    said = of(cut_off("link-lost", verdict="fail"))
    assert said.verdict is Verdict.FAIL
    assert said.title == "Interrupted: 1 of 4 checked, 1 fault found. The link was lost"


def test_cut_off_at_once_it_never_started() -> None:
    said = of(cut_off("host-key-unknown", ran=0))
    assert (said.code, said.title) == ("not-started", "Not checked: the board is not trusted yet")
    assert said.rest == tuple(PASSIVE)


def test_cancelled() -> None:
    said = of(cut_off("cancelled"), cancelled=True)
    assert (said.code, said.title) == ("cancelled", "Cancelled: 1 of 4 checked")
    assert said.verdict is Verdict.UNKNOWN


def test_cancelled_when_all_were_answered_it_is_complete() -> None:
    assert of([result(name) for name in PASSIVE], cancelled=True).code == "complete"


def test_the_good_check_up_before_is_kept_and_said_to_be_older() -> None:
    older = [result(name, at=BEFORE) for name in PASSIVE]
    said = of(cut_off("link-lost"), older=older)
    assert said.code == "interrupted"
    assert said.rest == tuple(PASSIVE[1:])
    assert said.line == "4 OK"
    assert said.note == "The counts include 3 results from before."


def test_what_was_run_since_is_no_longer_missing() -> None:
    results = cut_off("link-lost")
    later = shown(results) | shown(result(name) for name in PASSIVE)
    assert headline(PASSIVE, later, checkup(results)).code == "complete"


def test_while_it_runs_nothing_old_counts() -> None:
    older = [result(name, "fail", at=BEFORE) for name in PASSIVE]
    said = of([result(PASSIVE[0])], older=older, finished=False)
    assert (said.code, said.title, said.line) == ("running", "No fault so far", "1 OK")
    assert of([], finished=False).title == "Checking…"


@pytest.mark.parametrize(
    ("verdicts", "title"),
    [
        (["fail", "fail", "warn"], "2 faults in the 3 checks that ran"),
        (["warn"], "1 warning, no fault in the 1 check that ran"),
        (["unknown", "pass"], "No fault found in the 2 checks that ran, but 3 not checked"),
        (["pass"], "No fault in the 1 check that ran"),
        (["skip", "info"], "Nothing that could be judged"),
    ],
)
def test_single_runs_speak_for_no_whole_board(verdicts: list[str], title: str) -> None:
    found = [result(name, verdict) for name, verdict in zip(PASSIVE, verdicts, strict=False)]
    said = headline(PASSIVE, shown(found), None)
    assert (said.code, said.title) == ("partial", title)
    assert len(said.unchecked) == len(PASSIVE) - len(found)
    assert f"{len(said.unchecked) + verdicts.count('unknown')} not checked" in said.line


def test_another_boards_results_are_named_and_never_counted() -> None:
    theirs = [result(name, "fail", device="board-a", device_id="a" * 8) for name in PASSIVE]
    said = headline(PASSIVE, shown(theirs), checkup(theirs), device_id="b" * 8, device="board-b")
    assert said.verdict is not Verdict.FAIL
    assert "fault" not in said.title
    assert said.note == "4 results of the board before, board-a."


def test_without_a_board_it_says_whose_results_these_are() -> None:
    theirs = [result(name, device="board-a", device_id="a" * 8) for name in PASSIVE]
    assert headline(PASSIVE, shown(theirs), None).note == "These are the results of board-a."


def test_nothing_was_run() -> None:
    assert headline(PASSIVE, {}, None) == Headline(code="none", verdict=None, title="No check-up yet")


@of_many.each([
    ({"counts": {"pass": 4}, "verdict": Verdict.PASS}, "this board was OK", "4 OK"),
    ({"counts": {"pass": 3, "fail": 1}, "verdict": Verdict.FAIL}, "1 fault found", "1 fault, 3 OK"),
    ({"counts": {"pass": 2}, "verdict": Verdict.PASS}, "no fault in the 2 checks that ran", "2 OK"),
    (
        {"counts": {"pass": 1, "unknown": 3}, "verdict": Verdict.UNKNOWN, "pending": tuple(PASSIVE[1:])},
        "interrupted: 1 of 4 checked", "3 not checked, 1 OK",
    ),
])  # fmt: skip
def test_before_anything_was_run_it_says_how_the_board_was_and_without_a_colour(
    case: tuple[dict[str, Any], str, str],
) -> None:
    its, how, line = case
    before = a_checkup("c1", **its)
    said = headline(PASSIVE, {}, None, before=before)
    assert (said.code, said.verdict, said.title) == ("none", None, f"Last check-up: {how}")
    assert said.last == LastCheckup("c1", before.started_at, line)
    lone = result(PASSIVE[0])
    assert headline(PASSIVE, {lone.diagnostic: lone}, None, before=before).last is None
    assert of([result(name) for name in PASSIVE]).last is None


def test_a_check_that_got_no_answer_is_none_that_ran() -> None:
    lone = result(PASSIVE[0], "unknown", error="unreachable")
    alone = headline(PASSIVE, {lone.diagnostic: lone}, None)
    assert (alone.verdict, alone.title) == (Verdict.UNKNOWN, "Not checked: no board answers")
    beside = headline(PASSIVE, {each.diagnostic: each for each in (lone, result(PASSIVE[1]))}, None)
    assert beside.title.startswith("No fault found in the 1 check that ran, but")
