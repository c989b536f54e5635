"""What the history says of boards that nobody has checked since this program was started. Asks no board.

Pages ask often and must not wait for a database. Each board is asked for beside, now and then; the first time
a page waits a moment. What comes later is told.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from utils.errors import HistoryTrouble
from utils.model.records import CheckupRecord
from utils.store.history import History

log = logging.getLogger(__name__)

_AGAIN_S = 60.0
"""Another program, such as a command line, may have checked the board meanwhile."""


@dataclass
class _LookedUp:
    at: float
    answer: CheckupRecord | None = None


class LastKnown:
    """Of one history. tell: called for what comes later than whoever asked waits, patience_s. Thread-safe."""

    def __init__(self, history: History, tell: Callable[[], object], *, patience_s: float) -> None:
        self._history, self._tell, self._patience_s = history, tell, patience_s
        self._lock = threading.Lock()
        self._asked: dict[str, _LookedUp] = {}

    def of(self, device_id: str, ids: Callable[[], Sequence[str]]) -> CheckupRecord | None:
        """The newest check-up that is kept of this board; ids: all that it was ever known by.

        None where there is none, or where the history does not say so in time.
        """
        if not self._history.keeps:
            return None
        with self._lock:
            before = self._asked.get(device_id)
            if before is not None and time.monotonic() - before.at < _AGAIN_S:
                return before.answer
            asked = self._asked[device_id] = _LookedUp(time.monotonic(), before.answer if before else None)
        thread = threading.Thread(target=self._ask, args=(asked, ids), name="last-known", daemon=True)
        thread.start()
        if before is None and self._patience_s:
            thread.join(self._patience_s)
        return asked.answer

    def _ask(self, asked: _LookedUp, ids: Callable[[], Sequence[str]]) -> None:
        try:
            found = next(iter(self._history.look().checkups(ids(), limit=1)), None)
        except HistoryTrouble as exc:
            log.error("The history does not say when a board was checked: %s", exc)
            return
        if found is not None and found != asked.answer:
            asked.answer = found
            if time.monotonic() - asked.at >= self._patience_s:
                self._tell()
