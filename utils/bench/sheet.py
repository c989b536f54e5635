"""What the report of a check-up says: the same words for HTML, PDF, JSON and CSV. Pure.

`told` is a check-up as GET /api/v1/checkups/<id> answers it, from memory or from the history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utils.bench.headline import verdict_over
from utils.model.results import Result, Verdict
from utils.model.words import CAUSES, SPEAKS_UP, VERDICTS, count_words

_UNFINISHED = {"running": "Still running"}


@dataclass(frozen=True)
class Sheet:
    """verdict, title, line: over all. attention: results that need somebody, worst first. missed: ids that
    were never answered. boards: labels of those who answered."""

    verdict: Verdict
    title: str
    line: str
    attention: Sequence[Mapping[str, Any]]
    results: Sequence[Mapping[str, Any]]
    missed: Sequence[str]
    boards: Sequence[str]


def sheet(told: Mapping[str, Any]) -> Sheet:
    """The check-up as its report tells it. What was cut off never looks complete."""
    results = [each for each in told["results"] if (each["error"] or {}).get("code") not in CAUSES]
    done = {each["diagnostic"] for each in results}
    missed = [name for name in told["diagnostics"] if name not in done]
    kept = [Result(each["diagnostic"], Verdict(each["verdict"]), each["summary"]) for each in results]
    verdict, title = verdict_over(kept, "partial" if missed else "complete")
    if missed:
        how = "Cancelled" if told["cancelled"] else _UNFINISHED.get(told["state"], "Not complete")
        title = f"{how}: {len(done)} of {len(told['diagnostics'])} checked. {title}."
        verdict = verdict if verdict is Verdict.FAIL else Verdict.UNKNOWN
    counts = {one.value: sum(each["verdict"] == one.value for each in results) for one in VERDICTS}
    return Sheet(
        verdict=verdict or Verdict.UNKNOWN,
        title=title,
        line=count_words(counts),
        attention=[each for each in results if Verdict(each["verdict"]) in SPEAKS_UP],
        results=results,
        missed=missed,
        boards=list(dict.fromkeys(each["device"] for each in results if each["device"])),
    )


def needs_somebody(finding: Mapping[str, Any]) -> bool:
    """Whether a finding is printed with its limit and its next step."""
    return Verdict(finding["verdict"]) in SPEAKS_UP
