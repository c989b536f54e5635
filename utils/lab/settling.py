"""What became of calls, by the records that came: of a bench now, or found in the history.

settling.kept(record)         a record of a station is in the hub's history
settling.remember(doubtful)   looks up what came unheard: a hub may have been killed meanwhile
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from utils.applog import about
from utils.errors import HistoryTrouble, NotKept
from utils.lab.presence import Presence
from utils.lab.tally import Tally
from utils.lab.tasks import CHECKUP, Task, ToDo
from utils.lab.verdicts import KeptVerdicts
from utils.model.records import CheckupRecord, Happening, Kind
from utils.model.results import Verdict
from utils.store.history import History

log = logging.getLogger(__name__)


class Settling:
    """Of one hub. lock: held around presence. wake: there may be more to do."""

    def __init__(
        self, history: History, presence: Presence, lock: threading.Lock, lists: Sequence[ToDo],
        tally: Tally, wake: Callable[[], None], verdicts: KeptVerdicts,
    ) -> None:  # fmt: skip
        self._history, self._presence, self._lock = history, presence, lock
        self._lists, self._tally, self._wake, self._verdicts = lists, tally, wake, verdicts

    def kept(self, record: CheckupRecord | Happening) -> None:
        """A record came that is new."""
        if isinstance(record, CheckupRecord):
            model, station = record.device.model if record.device else "", record.origin.station
            self._tally.note(station, model, record.outcome)
            if record.device:
                self._verdicts.came(record.device.device_id)
            with about(checkup=record.id):
                log.info(
                    "A check-up of %s at %s is kept: %s", record.origin.device, station, record.verdict.value
                )
        self.settle(record)

    def settle(self, record: CheckupRecord | Happening) -> None:
        """A check-up, or the end of a recording that was called for: the last word on what began it."""
        if isinstance(record, CheckupRecord):
            self._over(record, record.id, record.verdict, interrupted=record.outcome.cut_short)
        elif record.kind is Kind.RECORDING and record.facts.get("call") and record.facts.get("ended"):
            said, ended = record.facts.get("verdict"), record.facts["ended"]
            verdict = Verdict(said) if said in set(Verdict) else Verdict.UNKNOWN
            self._over(record, str(record.facts["call"]), verdict, interrupted=ended != "finished")

    def _over(
        self, record: CheckupRecord | Happening, name: str, verdict: Verdict, *, interrupted: bool
    ) -> None:
        station = record.origin.station
        with self._lock:
            self._presence.kept(station, name, verdict, interrupted=interrupted)
        for todo in self._lists:
            try:
                todo.kept(station, name, interrupted=interrupted, verdict=verdict)
            except NotKept as exc:  # the record is kept: `remember` finds it later
                log.error("What became of a call was not noted: %s", exc)
        self._wake()

    def remember(self, doubtful: Sequence[Task]) -> None:
        """Look up what the history has of these: a hub may have been killed as their records came."""
        try:
            for task in doubtful:
                for record in self._records_of(task):
                    self.settle(record)
        except HistoryTrouble as exc:
            log.info("What became of calls cannot be looked up now: %s", exc)

    def _records_of(self, task: Task) -> list[CheckupRecord | Happening]:
        kept = self._history.look()
        if task.what != CHECKUP:
            happened = kept.happenings([task.device_id])
            return [each for each in happened if each.facts.get("call") == task.call]
        found = kept.checkup(task.checkup or task.call)
        return [found] if found is not None else []
