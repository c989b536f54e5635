"""What history keeps: frozen records, never changed after they were written. Pure.

RunRecord        one diagnostic that ran once, with its whole result
BareRun          the same with the hashes of its result, as it goes to a hub
Begun            a check-up that runs, so that one that is cut off is found
CheckupRecord    many of them in one go, with the verdict over all
Case, Note       a board for one job; what somebody wrote or photographed
Happening        a recording, an action of a person, a swap of boards or a loss of the link
Origin           where, by whom and with which versions a record was made
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from utils.model.outcome import (
    CANCELLED,
    COMPLETE,
    INTERRUPTED,
    NOT_STARTED,
    Answer,
    Outcome,
    cut_off,
    outcome,
    said,
)
from utils.model.results import Device, Verdict, severity_rank
from utils.model.words import count_words

MAIN = "main"
"""The bay of SSH_*: the one that routes and feeds without a bay mean."""

GOOD = (Verdict.PASS, Verdict.INFO, Verdict.SKIP)
"""Verdicts of a check-up that found neither fault nor warning nor anything undecided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """bay: the place on the bench. who: as in the audit log. device: the board's label at that time. program:
    its version. catalogue: a hash of what judged. profile: its name, "" for none. station: the bench that it
    came from to this hub, "" for what was made here."""

    bay: str
    who: str = ""
    device: str = ""
    program: str = ""
    catalogue: str = ""
    profile: str = ""
    station: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ARun:
    """device: the board that answered, None where nobody proved it. position: its place in the check-up.
    bench_ahead_s: as in a CheckupRecord."""

    id: str
    diagnostic: str
    started_at: str
    origin: Origin
    device: Device | None = None
    checkup: str | None = None
    position: int = 0
    bench_ahead_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BareRun(ARun):
    """evidence: the SHA-256 of what the history keeps of its result, in hexadecimal, by its column. began_at,
    duration_s: the result's own."""

    verdict: Verdict
    began_at: str | None
    duration_s: float | None
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord(ARun):
    """result: JSON-ready, as GET /api/v1/runs/<id> has it."""

    result: Mapping[str, Any]

    @property
    def verdict(self) -> Verdict:
        """The result's verdict."""
        return Verdict(self.result["verdict"])

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/runs/<id> answers."""
        return {
            "run": self.id,
            "diagnostic": self.diagnostic,
            "title": self.result["title"],
            "checkup": self.checkup,
            "state": "finished",
            "started_at": self.started_at,
            "result": dict(self.result),
            "not_kept": None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """diagnostics: those that it is to run."""

    id: str
    started_at: str
    diagnostics: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckupRecord:
    """counts: results of each verdict; what it did not come to is unknown. clock_offset_s: how far ahead the
    board's clock was, where it was measured. device: the board that gave all results, None where nobody or
    more than one did. measured: what wears or drifts (judging/track.py). pending: what it did not come to;
    None: it came to its end. bench_ahead_s: how far its bench's clock was ahead of the hub's as it came;
    None for what was made here."""

    id: str
    started_at: str
    duration_s: float
    verdict: Verdict
    counts: Mapping[str, int]
    cancelled: bool
    origin: Origin
    device: Device | None = None
    clock_offset_s: float | None = None
    measured: Mapping[str, float] = field(default_factory=dict)
    pending: tuple[str, ...] | None = None
    bench_ahead_s: float | None = None

    @property
    def state(self) -> str:
        """ "finished", or "interrupted": neither did it come to its end nor did somebody cancel it."""
        return "finished" if self.pending is None or self.cancelled else "interrupted"

    @property
    def outcome(self) -> Outcome:
        """How it ended, as far as the record alone tells: WholeCheckup knows the cause, too."""
        counts = {verdict.value: self.counts.get(verdict.value, 0) for verdict in Verdict}
        if not self.pending:
            line, title = count_words(counts), said(counts)
            return Outcome(code=COMPLETE, verdict=self.verdict, title=title, line=line, counts=counts)
        counts["unknown"] = max(counts["unknown"], len(self.pending))  # older records did not count these
        begun = sum(counts.values()) > len(self.pending)
        code = CANCELLED if self.cancelled else INTERRUPTED if begun else NOT_STARTED
        return cut_off(code, counts, self.pending)

    def facts(self) -> dict[str, Any]:
        """As a list of check-ups has it."""
        return {
            "checkup": self.id,
            "bay": self.origin.bay,
            "state": self.state,
            "ended": self.outcome.code,
            "verdict": self.verdict.value,
            "counts": dict(self.counts),
            "cancelled": self.cancelled,
            "started_at": self.started_at,
            "duration_s": self.duration_s,
            "who": self.origin.who,
            "device": self.origin.device or None,
            "bench": self.origin.station or None,
            "bench_ahead_s": self.bench_ahead_s,
            "program": self.origin.program,
            "profile": self.origin.profile,
            "measured": dict(self.measured),
        }


@dataclass(frozen=True, slots=True)
class WholeCheckup:
    """A check-up that is over, with all its runs in the catalogue's order. since: what changed on the board
    since it was last good (bench/since.py), JSON-ready. whole: it asked for all that a check-up asks for."""

    record: CheckupRecord
    runs: Sequence[RunRecord]
    since: Mapping[str, Any] | None = None
    whole: bool = False

    @property
    def unheard(self) -> list[str]:
        """What was not even asked as its program was killed."""
        heard = {run.diagnostic for run in self.runs}
        return [name for name in self.record.pending or () if name not in heard]

    @property
    def outcome(self) -> Outcome:
        """What was answered and what was not, the counts, the verdict over all, and that as a sentence."""
        answers = {run.diagnostic: Answer.told(run.result) for run in self.runs}
        asked = [*answers, *self.unheard]
        return outcome(asked, answers, cancelled=self.record.cancelled, whole=self.whole)

    def stop(self) -> None:
        """Nothing: it is over."""

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/checkups/<id> answers."""
        record, runs, pending, ended = self.record, self.runs, self.unheard, self.outcome
        return {
            "checkup": record.id,
            "state": "interrupted" if pending else "finished",
            "ended": ended.code,
            "started_at": record.started_at,
            "duration_s": record.duration_s,
            "verdict": record.verdict.value,
            "counts": dict(record.counts),
            "outcome": ended.facts(),
            "cancelled": record.cancelled,
            "diagnostics": [*(run.diagnostic for run in runs), *pending],
            "runs": {run.diagnostic: run.id for run in runs},
            "pending": pending,
            "results": [dict(run.result) for run in sorted(runs, key=lambda run: severity_rank(run.verdict))],
            "events": f"/api/v1/checkups/{record.id}/events",
            "not_kept": None,
            "since": dict(self.since) if self.since else None,
        }


class Kind(StrEnum):
    """What happened."""

    RECORDING = "recording"
    ACTION = "action"
    SWAP = "swap"
    LINK_LOSS = "link-loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something on a board's time line beside its runs. facts: JSON-ready, of the kind: a recording's id and
    end, an action's name."""

    id: str
    kind: Kind
    at: str
    origin: Origin
    device: Device | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    bench_ahead_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/devices/<device_id>/happenings lists it."""
        told = {"kind": self.kind.value, "at": self.at, "bay": self.origin.bay, "who": self.origin.who}
        return {**told, "facts": dict(self.facts)}


Record = Begun | RunRecord | CheckupRecord | Happening
BoardRecord = BareRun | CheckupRecord | Happening
"""What is kept of a board and has an origin."""


@dataclass(frozen=True, slots=True)
class RememberedBoard:
    """A board that history knows. verdict, checkup: of its newest check-up; None while it had none. One of
    few checks that found nothing worse leaves both as they were."""

    device: Device
    label: str
    first_seen: str
    last_seen: str
    verdict: str | None = None
    checkup: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A board for one job. before, after: its newest check-up as the case was opened and closed."""

    id: str
    device_id: str
    work_order: str
    technician: str
    opened_at: str
    closed_at: str | None = None
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote of a board. photo_type: "image/jpeg"; None where it has no photo."""

    id: str
    at: str
    who: str
    text: str
    case: str | None = None
    photo_type: str | None = None
