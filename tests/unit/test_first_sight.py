"""The real outputs of strangers: each case of first_sight/*.jsonl and of the field is judged right."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

from tests import first_sight
from tests.each import each
from utils.judging.catalogue.loader import builtin_catalogue

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


CASES = {
    f"{path.name} {number} {case.name}": case
    for path in first_sight.files()
    for number, case in enumerate(first_sight.cases(path), 1)
}
"""By file, line and name."""


@each(CASES)
def test_case_is_judged_right(name: str) -> None:
    outcome = first_sight.outcome(CASES[name])
    assert outcome.kind == "right", f"{outcome.kind}: {outcome.said} ({CASES[name].why})"


@each(sorted(first_sight.OWN.glob("*.jsonl")))
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
