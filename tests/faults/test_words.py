"""docs/reliability.md tells of every error of the link, and keeps to the code where it says "never"."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.matrix import NOT_RUNNABLE, all_rows
from utils import errors
from utils.link.fallback import NEVER

PAGE = (Path(__file__).resolve().parents[2] / "docs/reliability.md").read_text(encoding="utf-8")
TOLD, BOUNDS = PAGE.split("## Which failure tries the second path")[:2]


def kinds(of: type[errors.V3Error]) -> list[type[errors.V3Error]]:
    """This kind of error and all kinds of it."""
    return [of, *(each for below in of.__subclasses__() for each in kinds(below))]


KINDS = [*kinds(errors.LinkError)[1:], errors.Cancelled, errors.BadCommand]
CODES = {code: [kind for kind in KINDS if kind.code == code] for code in (kind.code for kind in KINDS)}
"""The kinds of error behind each code: one that never falls back may share its code with one that does."""


@pytest.mark.parametrize("code", CODES)
def test_every_error_has_its_line_for_technicians(code: str) -> None:
    assert re.search(rf"^\| `{code}`", TOLD, re.MULTILINE) or f", `{code}`" in TOLD or f"`{code}`," in TOLD


@pytest.mark.parametrize("line", [line for line in BOUNDS.splitlines() if re.match(r"\|.*`.*\| never", line)])
def test_what_never_falls_back_is_in_the_code(line: str) -> None:
    codes = [code for code in re.findall(r"`([a-z-]+)`", line) if code in CODES]
    assert codes
    assert all(any(issubclass(kind, NEVER) for kind in CODES[code]) for code in codes)


def test_every_row_shows_something_the_page_tells() -> None:
    shown = {code for row in all_rows().values() for code in row.shows}
    results = {"ok", "capped", "signal KILL", "exit 1", "exit 255"}
    assert {code for code in shown - results if f"`{code}`" not in PAGE} == set()


def test_every_row_that_is_not_played_has_its_reason() -> None:
    rows_told = PAGE.partition("Rows that are not played")[2]
    assert all(re.search(rf"^\| [^|]*\b{number}\b", rows_told, re.MULTILINE) for number in NOT_RUNNABLE)
