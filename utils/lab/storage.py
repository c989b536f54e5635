"""Whether the hub's history takes records at the moment: asked once a second, beside everything else."""

from __future__ import annotations

import logging
import threading

from utils.clock import new_id
from utils.errors import HistoryTrouble
from utils.lab.verdicts import KeptVerdicts
from utils.store.history import History

log = logging.getLogger(__name__)

_LOOK_S = 1.0


class Storage:
    """Of one hub. trouble: why it takes none; None while it does. opening: another one after each start of
    the hub and each trouble. The database may be another one by then, from a back-up. verdicts: those
    that it has, looked up with it."""

    def __init__(self, history: History) -> None:
        self.trouble: HistoryTrouble | None = None
        self.opening = new_id()
        self.verdicts = KeptVerdicts(history)
        self._history = history
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="v3-hub-history", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except Exception:  # a bug of ours must not end this for good
                log.exception("Looking at the hub's history failed inside this program")
            self._stopping.wait(_LOOK_S)

    def _look(self) -> None:
        before = self.trouble
        try:
            self._history.exchange().counts()
            if before is not None:
                self.opening = new_id()
                self.verdicts.forget()
            self.verdicts.look()
            self.trouble = None
        except HistoryTrouble as exc:
            self.trouble = exc
        if (before is None) != (self.trouble is None):
            log.warning("The hub's history: %s", self.trouble or "it takes records again.")
