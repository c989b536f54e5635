"""What the runner remembers: runs, check-ups, and a bounded store of both. No device, no HTTP.

Run      one diagnostic asked for once: waiting, running or finished with a Result
Checkup  many of them in one go, with the verdict over all
Store    the newest of each, bounded by number and by bytes
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, Generic, TypeVar

from utils.clock import new_id, utc_text
from utils.errors import HistoryTrouble, UnknownRun, V3Error
from utils.judging.catalogue.models import Diagnostic
from utils.model.outcome import Answer, Outcome, outcome
from utils.model.results import Device, Result, Verdict, error_facts, severity_rank, to_json
from utils.model.words import value_labels
from utils.store.writer import Keeping

TEXT_LIMIT = 64 << 10
"""Characters of stdout and of stderr that an event and a check-up keep."""


def not_kept(trouble: HistoryTrouble | None) -> dict[str, Any] | None:
    """Why the history lacks a record, as it is known now; None where it has it."""
    return error_facts(trouble) if trouble else None


def cut(result: Result, limit: int = TEXT_LIMIT) -> Result:
    """The result with stdout and stderr cut to `limit` characters each; `truncated` says so."""
    if len(result.stdout) <= limit and len(result.stderr) <= limit:
        return result
    return replace(result, stdout=result.stdout[:limit], stderr=result.stderr[:limit], truncated=True)


@dataclass(eq=False)
class Run:
    """One diagnostic asked for once.

    who: for the audit log. error: why there is no honest result (it is also in `result`). device: the board
    that answered. position: its place in the check-up. keeping: whether the history has it.
    """

    diagnostic: Diagnostic
    checkup: str | None = None
    timeout: float | None = None
    who: str = ""
    id: str = field(default_factory=new_id)
    started_at: str = field(default_factory=utc_text)
    position: int = 0
    announced: bool = False
    cancel: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    result: Result | None = None
    error: V3Error | None = None
    device: Device | None = None
    keeping: Keeping = field(default_factory=Keeping)

    @property
    def finished(self) -> bool:
        """Whether there is a result."""
        return self.done.is_set()

    def weight(self) -> int:
        """About how many characters it holds in memory."""
        return len(self.result.stdout) + len(self.result.stderr) if self.result else 0

    def begun_json(self) -> dict[str, Any]:
        """As a page learns that it runs."""
        return {
            "run": self.id,
            "diagnostic": self.diagnostic.id,
            "title": self.diagnostic.title,
            "started_at": self.started_at,
            "checkup": self.checkup,
        }

    def ended_json(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """As a page learns how it ended. told: the result, JSON-ready."""
        assert self.result is not None
        shown = cut(self.result)
        return {
            "run": self.id,
            "diagnostic": self.diagnostic.id,
            "checkup": self.checkup,
            "result": told if shown is self.result else to_json(shown),
            "labels": value_labels(self.result.reading),
            "not_kept": not_kept(self.keeping.trouble),
        }

    def audited(self) -> dict[str, Any]:
        """As its line in the audit log has it."""
        assert self.result is not None
        return {
            "who": self.who,
            "device": self.result.device,
            "device_id": self.result.device_id,
            "run": self.id,
            "diagnostic": self.diagnostic.id,
            "checkup": self.checkup,
            "verdict": self.result.verdict.value,
            "error": self.error.code if self.error else None,
            "exit_status": self.result.exit_status,
            "path": self.result.path,
            "duration_s": self.result.duration_s,
        }

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/runs/<id> answers."""
        return {
            "run": self.id,
            "diagnostic": self.diagnostic.id,
            "title": self.diagnostic.title,
            "checkup": self.checkup,
            "state": "finished" if self.finished else "running",
            "started_at": self.started_at,
            "result": to_json(self.result),
            "not_kept": not_kept(self.keeping.trouble),
        }


@dataclass(eq=False)
class Checkup:
    """Many diagnostics in one go. verdict and duration_s are None until it is finished.

    whole: it asked for all that a check-up asks for. abandoned: cancelled, and nobody waits for its end.
    board: the only one that it is for, where somebody named one.
    since: what changed on the board since it was last good, told soon after the end.
    first_event, last_event: numbers of its first and last event on the bus.
    """

    runs: dict[str, Run]
    who: str = ""
    whole: bool = True
    board: Device | None = None
    id: str = field(default_factory=new_id)
    started_at: str = field(default_factory=utc_text)
    began: float = field(default_factory=time.monotonic)
    cancel: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    verdict: Verdict | None = None
    duration_s: float | None = None
    cancelled: bool = False
    abandoned: bool = False
    first_event: int = 0
    last_event: int | None = None
    keeping: Keeping = field(default_factory=Keeping)
    since: dict[str, Any] | None = None
    _boards: frozenset[str] = frozenset()

    @property
    def finished(self) -> bool:
        """Whether every diagnostic has its result."""
        return self.done.is_set()

    @property
    def device(self) -> Device | None:
        """The board that gave all results; None where nobody or more than one did."""
        boards = {run.device.device_id: run.device for run in self.runs.values() if run.device}
        return next(iter(boards.values())) if len(boards) == 1 else None

    @property
    def lost(self) -> HistoryTrouble | None:
        """Why the history lacks it or one of its runs; None where it has all."""
        return next((each.trouble for each in self._keepings() if each.trouble), None)

    def lost_after(self, seconds: float) -> HistoryTrouble | None:
        """`lost`, for who can wait that long until a slow disk has it."""
        until = time.monotonic() + seconds
        troubles = [each.patiently(max(0.0, until - time.monotonic())) for each in self._keepings()]
        return next(filter(None, troubles), None)

    def _keepings(self) -> Iterable[Keeping]:
        return (self.keeping, *(run.keeping for run in self.runs.values() if run.finished))

    def results(self) -> list[Result]:
        """Those that are there, worst first, otherwise in the catalogue's order."""
        ready = [run.result for run in self.runs.values() if run.result is not None]
        return sorted(ready, key=lambda result: severity_rank(result.verdict))

    @property
    def ids(self) -> frozenset[str]:
        """Whose events belong to it."""
        return frozenset([self.id])

    def device_ids(self) -> frozenset[str]:
        """The boards that gave its results; one, unless boards were swapped meanwhile."""
        if self.verdict is not None:  # it is over: pages with many boards ask each time they are drawn
            return self._boards
        found = (run.result.device_id for run in list(self.runs.values()) if run.result is not None)
        return frozenset(each for each in found if each is not None)

    def counts(self) -> dict[str, int]:
        """How many results there are of each verdict."""
        found = Counter(result.verdict for result in self.results())
        return {verdict.value: found[verdict] for verdict in Verdict}

    def outcome(self, *, over: bool = False) -> Outcome:
        """What was answered and what was not, the counts, the verdict over all, and that as a sentence."""
        running = not (over or self.finished or self.abandoned or self.verdict is not None)
        answers = {name: Answer.of(run.result) for name, run in list(self.runs.items()) if run.result}
        return outcome(
            list(self.runs), answers,
            running=running, cancelled=self.cancelled or self.abandoned, whole=self.whole,
        )  # fmt: skip

    def stop(self) -> None:
        """Ask all of it to stop; a finished one stays as it is."""
        if self.finished:
            return
        self.cancel.set()
        for run in self.runs.values():
            run.cancel.set()

    def conclude(self, *, cancelled: bool) -> None:
        """Settle the verdict over all."""
        self.cancelled = cancelled
        self._boards = self.device_ids()
        self.duration_s = round(time.monotonic() - self.began, 3)
        self.verdict = self.outcome(over=True).verdict

    def as_begun(self) -> dict[str, Any]:
        """As its first event says."""
        return {
            "checkup": self.id,
            "diagnostics": list(self.runs),
            "runs": {name: run.id for name, run in self.runs.items()},
            "started_at": self.started_at,
        }

    def as_ended(self) -> dict[str, Any]:
        """As its last event says."""
        return {
            "checkup": self.id,
            "ended": self.outcome().code,
            "verdict": to_json(self.verdict),
            "counts": self.counts(),
            "duration_s": self.duration_s,
            "cancelled": self.cancelled,
            "not_kept": not_kept(self.lost),
        }

    def weight(self) -> int:
        """About how many characters it holds in memory."""
        return sum(run.weight() for run in self.runs.values())

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/checkups/<id> answers."""
        ended = self.outcome()
        return {
            "checkup": self.id,
            "state": "finished" if self.finished else "running",
            "ended": ended.code if self.finished else None,
            "started_at": self.started_at,
            "duration_s": self.duration_s,
            "verdict": to_json(self.verdict),
            "counts": self.counts(),
            "outcome": ended.facts(),
            "cancelled": self.cancelled,
            "diagnostics": list(self.runs),
            "runs": {name: run.id for name, run in self.runs.items()},
            "pending": [name for name, run in self.runs.items() if not run.finished],
            "results": to_json(self.results()),
            "events": f"/api/v1/checkups/{self.id}/events",
            "not_kept": not_kept(self.lost),
            "since": self.since,
        }


def whose(results: Iterable[Result]) -> dict[str, str | None]:
    """The board that gave all of them; nobody where there were two."""
    boards = {(each.device, each.device_id) for each in results if each.device_id is not None}
    label, device_id = boards.pop() if len(boards) == 1 else (None, None)
    return {"device": label, "device_id": device_id}


Kept = TypeVar("Kept", Run, Checkup)


class Store(Generic[Kept]):
    """The newest `count` of them, fewer when they hold more than `weight` characters together.

    What is not finished is never forgotten.
    """

    def __init__(self, count: int, weight: int) -> None:
        self._count = count
        self._weight = weight
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._weighed: dict[str, int] = {}  # by id; a run is weighed once, not at each run after it
        self._total = 0
        self._lock = threading.Lock()

    def add(self, items: Iterable[Kept]) -> None:
        """Remember these, forget the oldest finished ones beyond the bounds."""
        with self._lock:
            for item in items:
                self._kept[item.id] = item
                self._weigh(item)
            self._forget()

    def trim(self, item: Kept) -> None:
        """Apply the bounds again, now that this one has finished."""
        with self._lock:
            if item.id in self._kept:
                self._weigh(item)
            self._forget()

    def get(self, name: str) -> Kept:
        """The one of this id; UnknownRun when there is none (any more)."""
        with self._lock:
            if name in self._kept:
                return self._kept[name]
        raise UnknownRun

    def __iter__(self) -> Iterator[Kept]:
        with self._lock:
            return iter(list(self._kept.values()))

    def _weigh(self, item: Kept) -> None:
        before, self._weighed[item.id] = self._weighed.get(item.id, 0), item.weight()
        self._total += self._weighed[item.id] - before

    def _forget(self) -> None:
        """The oldest finished ones, but never the newest of them."""
        while len(self._kept) > self._count or self._total > self._weight:
            oldest, newer = islice(chain(self._finished(), (None, None)), 2)
            if oldest is None or newer is None:
                return
            del self._kept[oldest.id]
            self._total -= self._weighed.pop(oldest.id)

    def _finished(self) -> Iterator[Kept]:
        return (item for item in self._kept.values() if item.finished)
