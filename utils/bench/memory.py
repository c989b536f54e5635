"""What a bay hands to the history: a record of each run and check-up, made when it ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from utils.bench.runs import Checkup, Run
from utils.bench.since import Judging, since
from utils.errors import HistoryTrouble
from utils.judging.catalogue.library import Library
from utils.judging.siblings import SiblingValues
from utils.judging.track import tracked
from utils.model.records import MAIN, Begun, CheckupRecord, Origin, RunRecord, WholeCheckup
from utils.model.results import Device, to_json
from utils.store.history import History
from utils.store.writer import MOST_S, QUIET_S, Keeping
from utils.version import VERSION

log = logging.getLogger(__name__)

_PATIENCE_S = 0.3
_SIBLINGS_S = 300  # how long their values are good for
_CLOCK = "clock-offset"
"""The diagnostic that compares the board's clock with the laptop's."""


class Memory:
    """Of one bay. A record is handed in, and written beside: history.after() says when it is kept."""

    def __init__(self, history: History, bay: str, normal: Callable[[str], frozenset[str]]) -> None:
        self.history = history
        self._normal = normal
        self._bay = bay
        self._siblings: tuple[str, float, SiblingValues] = ("", 0.0, {})

    def keep_run(self, run: Run, told: Mapping[str, Any], library: Library) -> Keeping:
        """Hand in the run. told: its result, JSON-ready."""
        more_s = MOST_S if run.checkup else QUIET_S
        return self.history.hand_in(self._run_record(run, told, library), more_s=more_s)

    def _run_record(self, run: Run, told: Mapping[str, Any], library: Library) -> RunRecord:
        return RunRecord(
            id=run.id,
            diagnostic=run.diagnostic.id,
            started_at=run.started_at,
            result=told,
            origin=self._origin(run.who, run.device, library),
            device=run.device,
            checkup=run.checkup,
            position=run.position,
        )

    def note_begun(self, checkup: Checkup, library: Library) -> None:
        """That a check-up runs; nobody waits for that, but who calls from afar.

        What became of such a call must be found again, whatever is killed meanwhile.
        """
        origin = self._origin(checkup.who, None, library)
        its = {"id": checkup.id, "started_at": checkup.started_at}
        keep = self.history.keep if checkup.board else self.history.hand_in
        keep(Begun(**its, diagnostics=tuple(checkup.runs), origin=origin))

    def keep_checkup(self, checkup: Checkup, library: Library) -> Keeping:
        """Hand in the verdict over all; its runs were handed in one by one."""
        return self.history.hand_in(self._checkup_record(checkup, library), more_s=0)

    def _checkup_record(self, checkup: Checkup, library: Library) -> CheckupRecord:
        assert checkup.verdict is not None
        return CheckupRecord(
            id=checkup.id,
            started_at=checkup.started_at,
            duration_s=checkup.duration_s or 0.0,
            verdict=checkup.verdict,
            counts=checkup.counts(),
            cancelled=checkup.cancelled,
            pending=checkup.outcome().rest or None,
            origin=self._origin(checkup.who, checkup.device, library),
            device=checkup.device,
            clock_offset_s=_clock_offset(checkup),
            measured=_measured(checkup),
        )

    def since(self, checkup: Checkup, library: Library) -> dict[str, Any] | None:
        """What changed on the board since it was last good; None where nobody can tell."""
        board = checkup.device
        if not self.history.keeps or board is None or checkup.lost is not None:
            return None
        whole, how = partial(self._as_kept, checkup, library), self.judging_of(board, library)
        runs = sum(run.result is not None for run in checkup.runs.values())
        try:
            return since(self.history.look(), checkup.id, runs, whole, (board.device_id,), how)
        except HistoryTrouble as exc:
            log.error("The check-up cannot be compared: %s", exc)
            return None

    def _as_kept(self, checkup: Checkup, library: Library) -> WholeCheckup:
        """As the history has it by now: to read and unpack it again takes longer than to judge it."""
        done = [(run, to_json(run.result)) for run in checkup.runs.values() if run.result is not None]
        runs = [self._run_record(run, told, library) for run, told in done]
        return WholeCheckup(self._checkup_record(checkup, library), runs)

    def siblings_of(self, device: Device) -> SiblingValues:
        """What boards of its kind measured; {} where the history does not say so in time."""
        if not self.history.keeps:
            return {}
        known, at, values = self._siblings
        if known != device.device_id or time.monotonic() - at > _SIBLINGS_S:
            values = _in_time(lambda: self.history.look().siblings(device))
            self._siblings = (device.device_id, time.monotonic(), values)
        return values

    def run(self, run_id: str) -> RunRecord | None:
        """A run that this bay kept. HistoryTrouble."""
        found = self.history.look().run(run_id)
        return found if found and self._holds(found.origin) else None

    def whole(self, checkup_id: str, library: Library) -> WholeCheckup | None:
        """A check-up that this bay kept, with what changed before it. HistoryTrouble."""
        archive = self.history.look()
        found = archive.whole(checkup_id)
        held = found is not None and self._holds(found.record.origin)
        return self.completed(found, library) if found and held else None

    def completed(self, found: WholeCheckup, library: Library) -> WholeCheckup:
        """A check-up that is kept, of any bay, with what changed before it. HistoryTrouble."""
        whole = {run.diagnostic for run in found.runs}.issuperset(library.catalogue.passive)
        return replace(found, since=self.since_kept(found, library), whole=whole)

    def _holds(self, origin: Origin) -> bool:
        """Whether that is this bay's. What a hub got of its stations is found where no bay is named."""
        return self._bay == (MAIN if origin.station else origin.bay)

    def since_kept(self, checkup: WholeCheckup, library: Library) -> dict[str, Any] | None:
        """What changed on its board before a check-up that is kept, in any bay. HistoryTrouble."""
        board = checkup.record.device
        if board is None:
            return None
        how, name = self.judging_of(board, library), checkup.record.id
        return since(self.history.look(), name, len(checkup.runs), lambda: checkup, (board.device_id,), how)

    def judging_of(self, board: Device | None, library: Library) -> Judging:
        """How this board is judged now."""
        return Judging(library, self._normal(board.device_id) if board else frozenset())

    def _origin(self, who: str, device: Device | None, library: Library) -> Origin:
        profile = library.profile_for(device)
        return Origin(
            bay=self._bay,
            who=who,
            device=device.label if device else "",
            program=VERSION,
            catalogue=library.revision,
            profile=profile.name if profile else "",
        )


def _clock_offset(checkup: Checkup) -> float | None:
    run = checkup.runs.get(_CLOCK)
    reading = run.result.reading if run and run.result else None
    offset = reading.get("offset_s") if reading else None
    return float(offset) if isinstance(offset, int | float) else None


def _measured(checkup: Checkup) -> dict[str, float]:
    found: dict[str, float] = {}
    for run in checkup.runs.values():
        found |= tracked(run.diagnostic, run.result.reading if run.result else None)
    return found


def _in_time(ask: Callable[[], SiblingValues]) -> SiblingValues:
    """The answer, or {} where it takes too long: a disk that hangs must not hold up a result."""
    found: list[SiblingValues] = []

    def work() -> None:
        try:
            found.append(ask())
        except HistoryTrouble as exc:
            log.error("Siblings are not looked at: %s", exc)

    thread = threading.Thread(target=work, name="siblings", daemon=True)
    thread.start()
    thread.join(_PATIENCE_S)
    return found[0] if found else {}
