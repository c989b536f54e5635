"""Results as rows of a table, for command line and reports. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

from utils.applog import escaped
from utils.model.results import Result, Verdict, to_json
from utils.model.words import SPEAKS_UP

# At the beginning of a cell; behind a semicolon, which divides cells in half of Europe, where no number is.
# Spreadsheets in East Asia take the wide forms, too.
_FORMULA = re.compile(
    r"(^(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])|;(?=[\s\"]*([=@\uff1d\uff20]|[+\-\uff0b\uff0d][^\d.\s])))"
)


def result_row(result: Mapping[str, Any]) -> dict[str, object]:
    """One diagnostic's result, as JSON has it, as a row."""
    findings = (each for each in result["findings"] if each["verdict"] == result["verdict"])
    worst = next(findings, None)
    speaks_up = Verdict(result["verdict"]) in SPEAKS_UP
    return {
        "bay": result["bay"],
        "device": result["device"],
        "diagnostic": result["diagnostic"],
        "category": result["category"],
        "verdict": result["verdict"],
        "summary": result["summary"],
        "limit": worst["limit"] if worst else "",
        "next_step": worst["next_step"] if worst and speaks_up else "",
        "error": (result["error"] or {}).get("code"),
        "started_at": result["started_at"],
        "duration_s": result["duration_s"],
    }


def unheard_row(diagnostic: str, why: str) -> dict[str, object]:
    """One that was never asked, as a row: it is not checked, as those that were asked in vain."""
    return result_row(to_json(Result(diagnostic, Verdict.UNKNOWN, why)))


def as_csv(given: Iterable[Mapping[str, object]]) -> str:
    """RFC 4180 but for the line ends. No cell begins as a formula does: a device's text must not compute."""
    rows = [{name: _cell(value) for name, value in row.items()} for row in given]
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    if rows:
        writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    return _FORMULA.sub(r"\1'", escaped(value))
