"""What the report of a check-up says: the same words for HTML, PDF, JSON and CSV. Pure.

`told` is a check-up as GET /api/v1/checkups/<id> answers it, from memory or from the history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from utils.model.outcome import COMPLETE
from utils.model.results import Verdict
from utils.model.words import SPEAKS_UP, VERDICTS

MOST_FINDINGS = 8
"""Of one result, on paper; its row on the page has all."""


@dataclass(frozen=True)
class Sheet:
    """verdict, title, line: over all, as every other way to tell it has them (model/outcome.py). attention:
    results that need somebody, worst first. missed: ids that were never answered. boards: labels of those
    who answered."""

    verdict: Verdict
    title: str
    line: str
    attention: Sequence[Mapping[str, Any]]
    results: Sequence[Mapping[str, Any]]
    missed: Sequence[str]
    boards: Sequence[str]


def sheet(told: Mapping[str, Any]) -> Sheet:
    """The check-up as its report tells it. What was cut off never looks complete."""
    ended = told["outcome"]
    results = [each for each in told["results"] if each["diagnostic"] not in ended["rest"]]
    verdict = Verdict(ended["verdict"])
    word = f"{VERDICTS[verdict].word}: " if ended["code"] == COMPLETE else ""  # else the title says it
    return Sheet(
        verdict=verdict,
        title=f"{word}{ended['title']}",
        line=ended["line"],
        attention=[each for each in results if Verdict(each["verdict"]) in SPEAKS_UP],
        results=results,
        missed=ended["rest"],
        boards=list(dict.fromkeys(each["device"] for each in results if each["device"])),
    )


@dataclass(frozen=True)
class StepOfFindings:
    """What findings that follow each other have in common: one next step."""

    next_step: str
    findings: Sequence[Mapping[str, Any]]


def steps(result: Mapping[str, Any]) -> tuple[Sequence[StepOfFindings], int]:
    """The findings that are printed with evidence, limit and next step; and how many more there are.

    Each next step is said once. What a result says of itself, as of findings that are not listed, is printed.
    """
    loud = [each for each in result["findings"] if Verdict(each["verdict"]) in SPEAKS_UP]
    shown = [each for at, each in enumerate(loud) if at < MOST_FINDINGS or each["label"] == result["title"]]
    alike = groupby(shown, key=lambda each: str(each["next_step"]))
    return [StepOfFindings(step, list(findings)) for step, findings in alike], len(loud) - len(shown)
