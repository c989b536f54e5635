"""A diagnostic stays readable in its old form, whatever its command becomes, and is readable in its new one.

Old: the saved texts of the first release, one line each in old_forms.txt (the beginning of their SHA-256 and
their name); they are never edited, only judged. New: what the demo device prints for today's command.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.each import each
from tests.unit.saved_texts import FIXTURES, of
from utils.demo.saved_answers import FOLDER
from utils.judge import judge
from utils.judging.catalogue.loader import builtin_catalogue
from utils.model.results import Verdict

LINES = (Path(__file__).parent / "old_forms.txt").read_text(encoding="utf-8").split("\n")
OLD = dict(reversed(line.split(" ", 1)) for line in LINES if line)
IDS = tuple(builtin_catalogue().diagnostics)
NO_DATA = {Verdict.SKIP, Verdict.UNKNOWN}


def test_no_id_is_ever_taken_away() -> None:
    assert {name.partition("--")[0] for name in OLD} <= set(IDS)


def test_the_old_texts_are_there_as_they_were() -> None:
    for name, begin in OLD.items():
        text = (FIXTURES / f"{name}.out").read_bytes()
        assert hashlib.sha256(text).hexdigest().startswith(begin), (
            f"{name} was edited: add another text instead"
        )


@each(sorted({name.partition("--")[0] for name in OLD}))
def test_the_old_form_is_data_with_its_verdict(diagnostic: str) -> None:
    old = [saved for saved in of(diagnostic) if f"{diagnostic}--{saved.case}" in OLD]
    read = 0
    for saved in old:
        result = judge(diagnostic, saved.stdout, saved.stderr, saved.exit_status)
        assert result.verdict in saved.verdicts, saved.case
        read += result.reading is not None
        assert result.reading is not None or not saved.holds_data, saved.case
    assert read, "none of the old texts is data"


@each(IDS)
def test_the_form_of_todays_command_is_data(diagnostic: str) -> None:
    stdout, stderr, status = (_recorded(diagnostic, kind) for kind in ("out", "err", "exit"))
    result = judge(diagnostic, stdout, stderr, int(status or 0))
    assert result.reading is not None or result.verdict in NO_DATA, result.summary
    assert result.reading is not None or "not what" not in result.summary, result.summary
    assert "could not be read" not in result.summary


def _recorded(diagnostic: str, kind: str) -> str:
    path = FOLDER / f"{diagnostic}.{kind}"
    return path.read_text(encoding="utf-8") if path.exists() else ""
