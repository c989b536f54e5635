"""A check-up of many bays at once: each board's own check-up, and one verdict over all.

A bay that cannot run is in the result as "not started" with its cause, and holds up nobody.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.runs import Checkup, cut, not_kept, whose
from utils.clock import new_id, utc_text
from utils.errors import HistoryTrouble, LinkError, TargetAmbiguous, UnknownRun, V3Error
from utils.model.outcome import NOT_STARTED, Outcome, counted, not_started, together
from utils.model.results import Result, Verdict, error_facts, severity_rank, to_json

KEPT = 20
_TEXT = 4096  # characters of a result's outputs in a fleet's answer; the bay's own has all of them


@dataclass(frozen=True)
class BayCheckup:
    """One bay of it. checkup: None where it could not begin; refused: then why. asked: ids."""

    bay: Bay
    checkup: Checkup | None
    refused: V3Error | None = None
    asked: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether nothing more comes from there."""
        return self.checkup is None or self.checkup.finished

    @property
    def cause(self) -> V3Error | None:
        """Why it did not start: refused here, or no board answered."""
        if self.checkup is None or not self.checkup.finished or self.checkup.cancelled:
            return self.refused
        errors = [run.error for run in self.checkup.runs.values()]
        nobody = not self.checkup.device_ids() and all(isinstance(each, LinkError) for each in errors)
        return errors[0] if nobody else None

    @property
    def state(self) -> str:
        """running, finished or "not started"."""
        if not self.finished:
            return "running"
        return "not started" if self.cause is not None else "finished"

    @property
    def outcome(self) -> Outcome | None:
        """As that of any check-up; None where no board of its own is missing."""
        if isinstance(self.cause, TargetAmbiguous):  # each board that it could mean has a bay of its own
            return None
        if self.cause is not None:
            return not_started(self.cause.code, self.asked)
        return self.checkup.outcome() if self.checkup else None

    @property
    def verdict(self) -> Verdict | None:
        """None while it runs, and where no board of its own is missing."""
        return self.outcome.verdict if self.finished and self.outcome else None

    def results(self) -> list[Result]:
        """Those that are there, worst first; none where no board answered."""
        return self.checkup.results() if self.checkup and self.cause is None else []

    def as_json(self) -> dict[str, Any]:
        """The bay's part, without the results' texts."""
        checkup, results, ended = self.checkup, self.results(), self.outcome
        return {
            "title": self.bay.title,
            "checkup": checkup.id if checkup else None,
            "state": self.state,
            "ended": (ended.code if ended else NOT_STARTED) if self.finished else None,
            "cause": error_facts(self.cause) if self.cause else None,
            "verdict": to_json(self.verdict),
            **whose(results),
            "duration_s": checkup.duration_s if checkup else None,
            "counts": dict(ended.counts) if ended else counted(())[0],
            "outcome": ended.facts() if ended else None,
            "pending": [name for name, run in checkup.runs.items() if not run.finished] if checkup else [],
            "verdicts": {each.diagnostic: each.verdict.value for each in results},
        }


@dataclass(eq=False)
class FleetRun:
    """Check-ups of many bays, begun together. Read as a check-up is, with `bays` besides."""

    parts: dict[str, BayCheckup]
    who: str = ""
    id: str = field(default_factory=new_id)
    started_at: str = field(default_factory=utc_text)
    began: float = field(default_factory=time.monotonic)
    first_event: int = 0

    @property
    def finished(self) -> bool:
        """Whether all bays are done."""
        return all(part.finished for part in self.parts.values())

    @property
    def outcome(self) -> Outcome:
        """That over all boards, fail before unknown."""
        return together([part.outcome for part in self.parts.values() if part.outcome is not None])

    @property
    def verdict(self) -> Verdict | None:
        """That over all boards; None until all are done."""
        return self.outcome.verdict if self.finished else None

    @property
    def duration_s(self) -> float | None:
        """Until the last one was done."""
        times = [part.checkup.duration_s or 0.0 for part in self.parts.values() if part.checkup]
        return max(times, default=0.0) if self.finished else None

    @property
    def cancelled(self) -> bool:
        return any(part.checkup.cancelled for part in self.parts.values() if part.checkup)

    def results(self) -> list[Result]:
        """Those of all bays, worst first."""
        every = (result for part in self.parts.values() for result in part.results())
        return sorted(every, key=lambda result: severity_rank(result.verdict))

    @property
    def ids(self) -> frozenset[str]:
        """The check-ups whose events belong to it."""
        return frozenset(part.checkup.id for part in self.parts.values() if part.checkup)

    @property
    def last_event(self) -> int | None:
        """The number of its last event; None while there may be more."""
        numbers = [part.checkup.last_event for part in self.parts.values() if part.checkup]
        return max((each or 0 for each in numbers), default=0) if self.finished else None

    def stop(self) -> None:
        """Ask all of them to stop; results that are there stay."""
        for part in self.parts.values():
            if part.checkup is not None:
                part.checkup.stop()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for all of them; False when the time is over before."""
        until = time.monotonic() + timeout_s if timeout_s is not None else None
        for part in self.parts.values():
            left = None if until is None else max(0.0, until - time.monotonic())
            if part.checkup is not None and not part.checkup.done.wait(left):
                return False
        return True

    @property
    def lost(self) -> HistoryTrouble | None:
        """Why the history lacks the check-up of a bay; None where it has all of them."""
        begun = (part.checkup for part in self.parts.values() if part.checkup)
        return next((checkup.lost for checkup in begun if checkup.lost), None)

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/checkups/<id> answers; `since` is each board's own."""
        results, ended = self.results(), self.outcome
        diagnostics = dict.fromkeys(
            name for part in self.parts.values() if part.checkup for name in part.checkup.runs
        )
        bays = {name: part.as_json() for name, part in self.parts.items()}
        return {
            "checkup": self.id,
            "state": "finished" if self.finished else "running",
            "ended": ended.code if self.finished else None,
            "started_at": self.started_at,
            "duration_s": self.duration_s,
            "verdict": to_json(self.verdict),
            "counts": dict(ended.counts),
            "outcome": ended.facts(),
            "cancelled": self.cancelled,
            "diagnostics": list(diagnostics),
            "runs": {},
            "pending": [name for name in diagnostics if any(name in bay["pending"] for bay in bays.values())],
            "results": [to_json(cut(result, _TEXT)) for result in results],
            "events": f"/api/v1/checkups/{self.id}/events",
            "not_kept": not_kept(self.lost),
            "since": None,
            "bays": bays,
        }


class Fleet:
    """Begins check-ups of many bays and remembers the newest. Thread-safe."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._kept: dict[str, FleetRun] = {}
        self._lock = threading.Lock()

    def start(
        self, bays: Sequence[str] | None = None, ids: Iterable[str] | None = None, *, who: str = ""
    ) -> FleetRun:
        """Begin a check-up in each of these bays (None: in all). UnknownBay, UnknownDiagnostic."""
        chosen = (
            [bay for bay in self._bench if bay.replay is None]
            if bays is None
            else [self._bench.bay(each) for each in dict.fromkeys(bays)]
        )
        wanted = None if ids is None else list(ids)
        for name in wanted or ():
            self._bench.default.runner.catalogue.get(name)
        before = self._bench.bus.last_id
        run = FleetRun({bay.id: _begin(bay, wanted, who) for bay in chosen}, who=who)
        run.first_event = before + 1
        with self._lock:
            self._kept[run.id] = run
            for old in [each for each in self._kept.values() if each.finished][:-KEPT]:
                del self._kept[old.id]
        return run

    def get(self, name: str) -> FleetRun:
        """The one of this id; UnknownRun."""
        with self._lock, contextlib.suppress(KeyError):
            return self._kept[name]
        raise UnknownRun

    def __contains__(self, name: str) -> bool:
        return name in self._kept

    def newest(self) -> FleetRun | None:
        """The one that was begun last."""
        with self._lock:
            return next(reversed(self._kept.values()), None)


def _begin(bay: Bay, ids: list[str] | None, who: str) -> BayCheckup:
    asked = tuple(bay.runner.catalogue.passive if ids is None else ids)
    try:
        return BayCheckup(bay, bay.runner.start_checkup(ids, who=who), asked=asked)
    except V3Error as exc:
        return BayCheckup(bay, None, exc, asked)
