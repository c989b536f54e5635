"""Findings with one cause are one diagnosis. Pure: results in, diagnoses out.

    diagnoses(results) -> (Diagnosis, …)        worst first

A cause (catalogue/diagnoses/causes.toml) must have two findings or more that speak for it; a finding alone
speaks for itself. Each finding belongs to one diagnosis at most. A drive that fails damages the file system
on it. Such a cause takes the other one's findings, where they name its part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import tomli
from pydantic import BaseModel, ConfigDict, Field

from utils.judging.catalogue.known import in_force
from utils.model.results import Finding, Result, Verdict, severity_rank, worst

if TYPE_CHECKING:
    from utils.judging.catalogue.matching import KnownMessages

FILE = Path(__file__).parent / "catalogue" / "diagnoses" / "causes.toml"
_ACTING = (Verdict.FAIL, Verdict.WARN)
_MOST_SAID = 3


class RootCause(BaseModel):
    """What findings may have in common. kinds: of kernel messages, or the id of one message.

    takes: causes that this one brings about; about: a word that their findings must hold to be taken.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: str
    title: str = Field(min_length=1)
    diagnostics: tuple[str, ...]
    kinds: tuple[str, ...]
    takes: tuple[str, ...] = ()
    about: str = ""
    next_step: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Sign:
    """One finding that speaks for a diagnosis: its diagnostic and its label."""

    diagnostic: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """title: what is wrong. line: what was seen, in sentences. signs: the findings, worst first."""

    id: str
    title: str
    verdict: Verdict
    line: str
    next_step: str
    signs: tuple[Sign, ...]


@cache
def causes() -> tuple[RootCause, ...]:
    """All known causes, in the order in which they take findings."""
    with FILE.open("rb") as file:
        return tuple(RootCause.model_validate(entry) for entry in tomli.load(file)["cause"])


def diagnoses(results: Iterable[Result]) -> tuple[Diagnosis, ...]:
    """What the faults and warnings of these results have in common, worst first."""
    acting = [
        (result.diagnostic, finding)
        for result in results
        for finding in result.findings
        if finding.verdict in _ACTING
    ]
    if len(acting) < 2:
        return ()
    found: dict[str, list[tuple[str, Finding]]] = {}
    for diagnostic, finding in acting:
        if cause := _cause(diagnostic, finding):
            found.setdefault(cause.id, []).append((diagnostic, finding))
    for cause in causes():
        _take(cause, found)
    made = [_diagnosis(cause, found[cause.id]) for cause in causes() if len(found.get(cause.id, ())) > 1]
    return tuple(sorted(made, key=lambda each: severity_rank(each.verdict)))


def _take(cause: RootCause, found: dict[str, list[tuple[str, Finding]]]) -> None:
    """Move to the cause, where a finding of its own speaks for it, what it brought about."""
    for other in cause.takes if found.get(cause.id) else ():
        theirs = found.get(other, [])
        taken = [each for each in theirs if cause.about in f"{each[1].reason} {each[1].evidence}"]
        found[cause.id] += taken
        found[other] = [each for each in theirs if each not in taken]


def _cause(diagnostic: str, finding: Finding) -> RootCause | None:
    names = _names(in_force()).get(finding.label)
    if names:
        return next((cause for name in names for cause in causes() if name in cause.kinds), None)
    return next((cause for cause in causes() if diagnostic in cause.diagnostics), None)


@lru_cache(maxsize=1)
def _names(known: KnownMessages) -> dict[str, tuple[str, str]]:
    """The id and the kind of a kernel message for the label of its finding."""
    return {signature.title: (signature.id, signature.kind) for signature in known.by_id.values()}


def _diagnosis(cause: RootCause, members: list[tuple[str, Finding]]) -> Diagnosis:
    members = sorted(members, key=lambda member: severity_rank(member[1].verdict))
    first: dict[str, str] = {}  # a kernel message that stands in two logs is said once
    for _, finding in members:
        first.setdefault(finding.label, finding.reason.strip())
    said = list(dict.fromkeys(filter(None, first.values())))
    more = len(said) - _MOST_SAID
    tail = [f"And {more} more {'sign' if more == 1 else 'signs'}."] if more > 0 else []
    return Diagnosis(
        id=cause.id,
        title=cause.title,
        verdict=worst(finding.verdict for _, finding in members),
        line=" ".join([*said[:_MOST_SAID], *tail]),
        next_step=cause.next_step,
        signs=tuple(Sign(diagnostic, finding.label) for diagnostic, finding in members),
    )
