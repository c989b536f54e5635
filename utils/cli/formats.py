"""The table of formats. A command makes a document; a format makes text of any document.

text    for eyes: worst first, colours on a terminal
json    for scripts: as the HTTP API answers
junit   for CI: one test case a diagnostic; a warning passes and is marked
csv     for a table: one row a diagnostic
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

from utils.bench import table
from utils.bench.result_text import Paint
from utils.cli import report
from utils.errors import V3Error
from utils.model.results import Result, Verdict, error_facts, to_json


class Document:
    """What a command has to say. Each format takes the part that it can show."""

    def lines(self, paint: Paint) -> Iterable[str]:
        """For a terminal."""
        raise NotImplementedError

    def data(self) -> Any:
        """JSON-ready."""
        raise NotImplementedError

    def rows(self) -> Iterable[Mapping[str, object]]:
        """One mapping of the same keys for each row."""
        raise NotImplementedError

    def suites(self) -> Sequence[report.Suite]:
        """Test suites, where there are test cases in it."""
        raise NotImplementedError


def as_text(document: Document) -> str:
    """Lines; colours go away where stdout is no terminal."""
    return "".join(f"{line}\n" for line in document.lines(paint))


def as_json(document: Document) -> str:
    """Indented, ASCII."""
    return json.dumps(document.data(), indent=2) + "\n"


def as_junit(document: Document) -> bytes:
    """XML in UTF-8."""
    return report.junit_suites(document.suites()) + b"\n"


def as_csv(document: Document) -> str:
    """A table for spreadsheets."""
    return table.as_csv(document.rows())


FORMATS: Mapping[str, Callable[[Any], str | bytes]] = {
    "text": as_text,
    "json": as_json,
    "junit": as_junit,
    "csv": as_csv,
}


def shown(form: str, what: Document | V3Error) -> str | bytes:
    """The document in this format; an error as a document of its own."""
    return FORMATS[form](TroubleDocument(what) if isinstance(what, V3Error) else what)


def paint(text: str, verdict: Verdict) -> str:
    """In the verdict's colour."""
    return click.style(text, fg=report.COLOURS[verdict])


def result_row(result: Result) -> dict[str, object]:
    """One diagnostic's result as a row."""
    return table.result_row(to_json(result))


def trouble_row(error: V3Error) -> dict[str, object]:
    """Why there is no result, as a row."""
    said = Result("", Verdict.UNKNOWN, str(error), error={"code": error.code})
    return result_row(said) | {"next_step": error.hint}


class TroubleDocument(Document):
    """Why there is nothing to show: a script that reads a format gets it in that format."""

    def __init__(self, error: V3Error) -> None:
        self._error = error

    def data(self) -> Any:
        return {"error": error_facts(self._error)}

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [trouble_row(self._error)]

    def suites(self) -> Sequence[report.Suite]:
        return [report.Suite(cause=f"{self._error} [{self._error.code}]")]
