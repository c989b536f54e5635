"""What the hub's history has as the newest verdict of a board: its bench may have been started since then.

Pages ask each second and must not wait for a database. So whoever wants to know says so. The thread that
looks at the history once a second asks for all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from utils.store.exchange import KeptVerdict
from utils.store.history import History


class KeptVerdicts:
    """Of one hub. Thread-safe."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._lock = threading.Lock()
        self._known: dict[str, KeptVerdict] = {}
        self._asked: set[str] = set()
        self._due: set[str] = set()

    def want(self, device_ids: Iterable[str]) -> None:
        """Somebody wants to know of these from now on."""
        with self._lock:
            new = set(device_ids) - self._asked
            self._asked |= new
            self._due |= new

    def of(self, device_id: str) -> KeptVerdict | None:
        """What is kept of this board; None while nobody has looked."""
        self.want([device_id])
        with self._lock:
            return self._known.get(device_id)

    def came(self, device_id: str) -> None:
        """A check-up of it was kept: what was known of it is told until the next look."""
        with self._lock:
            self._due |= {device_id} & self._asked

    def forget(self) -> None:
        """The database may be another one by now."""
        with self._lock:
            self._known.clear()
            self._due |= self._asked

    def look(self) -> None:
        """Ask the history for all that is due. HistoryTrouble."""
        with self._lock:
            due, self._due = self._due, set()
        if not due:
            return
        try:
            found = self._history.exchange().newest_verdicts(due)
        except BaseException:
            with self._lock:
                self._due |= due
            raise
        with self._lock:
            self._known |= found
