"""What changed between two check-ups: nothing on an untouched board; each planted change by its name."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from utils.demo.saved_answers import FOLDER
from utils.errors import CommandTimeout
from utils.judging.catalogue.limits import LimitPair, with_limits
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.models import Compare, Diagnostic
from utils.judging.compare import Change, Comparison, compare
from utils.judging.judge import judge_diagnostic
from utils.judging.result_of import result_of
from utils.model.results import CommandResult, Result, to_json

CATALOGUE = builtin_catalogue()


def said(diagnostic: Diagnostic) -> tuple[str, str, int]:
    """What the demo board's recording answers."""
    parts = {name: FOLDER / f"{diagnostic.id}.{name}" for name in ("out", "err", "exit")}
    texts = {name: path.read_text("utf-8") if path.exists() else "" for name, path in parts.items()}
    return texts["out"], texts["err"], int(texts["exit"] or 0)


def judged(diagnostic: Diagnostic, stdout: str, stderr: str = "", status: int = 0) -> dict[str, Any]:
    result: Result = judge_diagnostic(diagnostic, stdout, stderr, status)
    shown: dict[str, Any] = to_json(replace(result, started_at="2026-11-28T12:00:00.000Z"))
    return shown


@functools.cache
def healthy() -> dict[str, dict[str, Any]]:
    return {item.id: judged(item, *said(item)) for item in CATALOGUE}


def rules(name: str) -> Compare | None:
    return CATALOGUE.get(name).compare


def changed(*results: Mapping[str, Any], **more: Any) -> Comparison:
    """The board compared with itself, these results in place of its own."""
    after = {**healthy(), **{each["diagnostic"]: each for each in results}}
    return compare(list(healthy().values()), list(after.values()), rules, **more)


def with_text(name: str, old: str, new: str) -> dict[str, Any]:
    stdout, stderr, status = said(CATALOGUE.get(name))
    assert old in stdout, f"{name} does not say {old!r}"
    return judged(CATALOGUE.get(name), stdout.replace(old, new), stderr, status)


class Planted(NamedTuple):
    """old -> new in what the diagnostic prints. change and what: of the one difference."""

    diagnostic: str
    old: str
    new: str
    change: str
    what: str


TEXT = Path(__file__).with_name("planted_changes.toml").read_text("utf-8")
PLANTED = [Planted(**each) for each in tomllib.loads(TEXT)["planted"]]


def test_an_untouched_board_has_no_difference_in_a_hundred_comparisons() -> None:
    for _ in range(100):
        found = changed()
        assert (found.differences, found.summary) == ((), "Nothing changed.")
        assert found.compared == len(CATALOGUE)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.diagnostic}: {planted.what}")
def test_a_planted_change_is_found_by_its_name_and_nothing_else(planted: Planted) -> None:
    found = changed(with_text(planted.diagnostic, planted.old, planted.new))
    named = [(each.diagnostic, each.change.value, each.because.value) for each in found.differences]
    assert {name for name, _, _ in named} == {planted.diagnostic}, found
    assert {because for _, _, because in named} == {"device"}
    fits = [each for each in found.differences if planted.what.lower() in each.what.lower()]
    assert fits, found
    assert planted.change in ("", fits[0].change.value), found
    assert len(found.differences) <= 2, found


def test_all_planted_at_once_are_all_found() -> None:
    once = {planted.diagnostic: planted for planted in PLANTED}
    found = changed(*(with_text(each.diagnostic, each.old, each.new) for each in once.values()))
    assert {each.diagnostic for each in found.differences} == set(once)
    order = [list(Change).index(each.change) for each in found.differences]
    assert order == sorted(order), "worst first"
    assert " got worse or are gone: " in found.summary


def test_what_was_put_right_is_better() -> None:
    before = with_text("disk-space", "38% /\n", "99% /\n")
    found = compare([before], [healthy()["disk-space"]], rules)
    assert [(each.change.value, each.because.value) for each in found.differences] == [("better", "device")]


NOT_SEEN: dict[str, Callable[[Diagnostic], dict[str, Any]]] = {
    "no permission": lambda item: judged(item, "", "sudo: a password is required\n", 1),
    "no tool": lambda item: judged(item, "", f"sh: 1: {item.id}: not found\n", 127),
    "no answer": lambda item: to_json(result_of(item, CommandTimeout())),
    "nothing said": lambda item: judged(item, "", "", 0),
}


@pytest.mark.parametrize("why", NOT_SEEN)
@pytest.mark.parametrize("name", ["nvme-health", "memory", "disk-space", "kernel-log"])
def test_what_was_not_looked_at_is_neither_good_nor_gone(name: str, why: str) -> None:
    unseen = NOT_SEEN[why](CATALOGUE.get(name))
    for found in (compare([healthy()[name]], [unseen], rules), compare([unseen], [healthy()[name]], rules)):
        assert [(each.change.value, each.because.value) for each in found.differences] == [
            ("not-looked-at", "not-looked-at")
        ]
    assert compare([unseen], [unseen], rules).differences == ()


def test_a_summary_names_some_and_counts_the_others() -> None:
    some = [CATALOGUE.get(name) for name in ("nvme-health", "memory", "disk-space", "kernel-log", "uptime")]
    unseen = [NOT_SEEN["no answer"](each) for each in some]
    summary = compare([healthy()[each.id] for each in some], unseen, rules).summary
    assert summary.endswith(" and 2 more."), summary
    assert "…" not in summary


@pytest.mark.parametrize("moved", ["", "MemAvailable:   11930412", "MemAvailable:   11830412"])
def test_another_limit_is_the_limits_doing(moved: str) -> None:
    memory = CATALOGUE.get("memory")
    check = next(each for each in memory.check if each.label == "Available memory")
    strict = with_limits(check, LimitPair(warn=90, fail=80), 'your profile "rover"')
    other = memory.model_copy(update={"check": (strict,)})
    text = said(memory)[0]
    after = judged(other, text.replace("MemAvailable:   11930412", moved) if moved else text)
    before = judged(memory.model_copy(update={"check": (check,)}), text)
    found = compare([before], [after], rules, again=lambda result: judged(other, result["stdout"]))
    assert [(each.change.value, each.because.value) for each in found.differences] == [("worse", "limit")]


def test_a_limit_and_the_board_may_change_at_once() -> None:
    memory = CATALOGUE.get("memory")
    check = next(each for each in memory.check if each.label == "Available memory")
    strict = with_limits(check, LimitPair(warn=90, fail=10), 'your profile "rover"')
    other = memory.model_copy(update={"check": (strict,)})
    text = said(memory)[0]
    after = judged(other, text.replace("MemAvailable:   11930412", "MemAvailable:   130412"))
    before = judged(memory.model_copy(update={"check": (check,)}), text)
    found = compare([before], [after], rules, again=lambda result: judged(other, result["stdout"]))
    assert [(each.change.value, each.because.value) for each in found.differences] == [
        ("worse", "limit"),
        ("worse", "device"),
    ]


def test_the_same_output_judged_otherwise_is_the_rules_doing() -> None:
    item = CATALOGUE.get("memory")
    check = item.check[0].model_copy(update={"fail": item.check[0].warn, "warn": (), "otherwise": "warn"})
    other = item.model_copy(update={"check": (check,)})
    found = compare([healthy()["memory"]], [judged(other, *said(item))], rules)
    assert [each.because.value for each in found.differences] == ["rule"]


def test_another_board_differs_in_what_is_its_own_and_that_is_said() -> None:
    other = with_text("identity", "serial 1424024012345", "serial 1424024099999")
    assert changed(other, same_board=False).differences == ()
    assert changed(other, same_board=False).ignored == ("identity: serial",)
    assert [each.what for each in changed(other).differences] == ["Board identity: Serial"]


def test_a_limit_that_is_crossed_by_a_little_is_told_by_the_verdict() -> None:
    before = with_text("disk-space", "38% /\n", "84% /\n")
    after = with_text("disk-space", "38% /\n", "91% /\n")
    found = compare([before], [after], rules).differences
    assert [(each.change.value, each.because.value) for each in found] == [("worse", "device")]


def test_a_text_cut_off_is_compared_as_far_as_it_goes() -> None:
    item = CATALOGUE.get("usb-devices")
    answer = CommandResult(item.command, said(item)[0].encode(), truncated=True)
    found = compare([healthy()["usb-devices"]], [to_json(result_of(item, answer))], rules).differences
    assert {each.change.value for each in found} <= {"worse", "not-looked-at"}


def test_every_diagnostic_says_how_it_is_compared() -> None:
    assert not [item.id for item in CATALOGUE if item.compare is None]
