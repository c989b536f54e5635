"""The real outputs of strangers: each case of first_sight/*.jsonl and of the field is judged right.

first_sight/not-yet.txt names what is still judged wrong, one "file id:case" a line; it is to be empty.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from tests import first_sight
from utils.catalogue.loader import builtin_catalogue

NOT_YET = first_sight.OWN / "not-yet.txt"
KEYS = {
    "id",
    "case",
    "stdout",
    "stderr",
    "exit_status",
    "verdict",
    "reading",
    "say_not",
    "why",
    "source",
}
VERDICTS = {"pass", "warn", "fail", "info", "skip", "unknown"}

if not first_sight.FIELD.is_file():
    warnings.warn(f"the field cases are not at {first_sight.FIELD}: they do not run", stacklevel=1)


def not_yet() -> set[str]:
    return set(NOT_YET.read_text(encoding="utf-8").splitlines()) if NOT_YET.is_file() else set()


def collected() -> list[object]:
    waiting = not_yet()
    found: list[object] = []
    for path in first_sight.files():
        for case in first_sight.cases(path):
            name = f"{path.name} {case.name}"
            marks = [pytest.mark.xfail(reason="not yet", strict=True)] if name in waiting else []
            found.append(pytest.param(case, id=name, marks=marks))
    return found


@pytest.mark.parametrize("case", collected())
def test_case_is_judged_right(case: first_sight.Case) -> None:
    outcome = first_sight.outcome(case)
    assert outcome.kind == "right", f"{outcome.kind}: {outcome.said} ({case.why})"


@pytest.mark.parametrize("path", sorted(first_sight.OWN.glob("*.jsonl")), ids=lambda path: path.name)
def test_each_case_says_what_it_is(path: Path) -> None:
    known = set(builtin_catalogue().diagnostics)
    names = []
    for line in path.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        assert set(raw) <= KEYS, raw["case"]
        assert raw["id"] in known, raw["id"]
        assert raw["verdict"], raw["case"]
        assert set(raw["verdict"]) <= VERDICTS, raw["case"]
        assert raw["why"], raw["case"]
        assert raw["source"], raw["case"]
        names.append((raw["id"], raw["case"]))
    assert len(names) == len(set(names))


def test_a_case_that_waits_exists() -> None:
    there = {f"{path.name} {case.name}" for path in first_sight.files() for case in first_sight.cases(path)}
    own = {name for name in not_yet() if first_sight.FIELD.is_file() or not name.startswith("cases.jsonl")}
    assert own <= there
