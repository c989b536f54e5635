"""What is to be said once a record is kept: beside who made it, in order, half a second later at most.

teller.after(keeping, patience_s, say)    # at once where nothing is to be waited for
teller.catch_up(0.5)                      # waits until all of it that was handed in has been said
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from utils.store.writer import Keeping

log = logging.getLogger(__name__)

_Item = tuple[Keeping, float, Callable[[], None]]


class Teller:
    """One thread, begun when it is needed. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._said = threading.Condition()
        self._open = 0  # what waits or is being said
        self._thread: threading.Thread | None = None

    def after(self, keeping: Keeping, patience_s: float, say: Callable[[], None]) -> None:
        """Say it once the record is kept, or cannot be, or is late."""
        with self._said:
            self._open += 1
            self._queue.put((keeping, time.monotonic() + patience_s, say))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="v3-telling", daemon=True)
                self._thread.start()

    def catch_up(self, seconds: float) -> None:
        """Wait until nothing is left to say, for that long."""
        if self._open and threading.current_thread() is not self._thread:
            with self._said:
                self._said.wait_for(lambda: not self._open, seconds)

    def _work(self) -> None:
        while True:
            keeping, by, say = self._queue.get()
            keeping.wait(max(0.0, by - time.monotonic()))
            try:
                say()
            except Exception:  # a bug of ours must not silence what comes after
                log.exception("What is kept could not be told")
            with self._said:
                self._open -= 1
                self._said.notify_all()
