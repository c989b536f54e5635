"""Whether the history answers now: asked at most once a second, and never waited for longer than a second."""

from __future__ import annotations

import threading
import time

from utils.errors import HistorySlow, HistoryTrouble
from utils.store.history import History

_FRESH_S = 1.0
_PATIENCE_S = 1.0


class Readiness:
    """Of one history. Thread-safe."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._lock = threading.Lock()
        self._looking: threading.Thread | None = None
        self._found: HistoryTrouble | None = None
        self._at = float("-inf")

    def trouble(self) -> HistoryTrouble | None:
        """Why it does not; None while it does."""
        with self._lock:
            if self._looking is None and time.monotonic() - self._at < _FRESH_S:
                return self._found
            if self._looking is None:
                self._looking = threading.Thread(target=self._look, name="v3-ready", daemon=True)
                self._looking.start()
            looking = self._looking
        looking.join(_PATIENCE_S)
        return HistorySlow() if looking.is_alive() else self._found

    def _look(self) -> None:
        found: HistoryTrouble | None = HistoryTrouble()
        try:
            if self._history.keeps:
                self._history.exchange().counts()
            found = None
        except HistoryTrouble as exc:
            found = exc
        finally:
            with self._lock:
                self._found, self._at, self._looking = found, time.monotonic(), None
