"""What is to be said once a record is kept: beside who made it, in order, half a second later at most.

teller.after(keeping, patience_s, say, then)    # at once where nothing is to be waited for
teller.catch_up(0.5)                            # waits until all of it that was handed in has been said
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from itertools import takewhile

from utils.later import later
from utils.store.writer import Keeping

log = logging.getLogger(__name__)

_Say = Callable[[], None]
_ToTell = tuple[Keeping, float, _Say, _Say]


class Teller:
    """One thread, begun when it is needed. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._waiting: list[_ToTell] = []
        self._said = threading.Condition()
        self._open = 0  # what waits or is being said
        self._asleep = False  # until somebody wakes it
        self._thread: threading.Thread | None = None

    def after(self, keeping: Keeping, patience_s: float, say: _Say, then: _Say) -> None:
        """Say it once the record is kept, cannot be, or is late. then: once after all that is said then."""
        with self._said:
            self._open += 1
            self._waiting.append((keeping, time.monotonic() + patience_s, say, then))
            wake = self._asleep  # else its thread waits for the first one alone
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="v3-telling", daemon=True)
                self._thread.start()
        if wake:
            later(self._wake)

    def _wake(self) -> None:
        with self._said:
            self._said.notify_all()

    def catch_up(self, seconds: float) -> None:
        """Wait until nothing is left to say, for that long."""
        if self._open and threading.current_thread() is not self._thread:
            with self._said:
                self._said.notify_all()
                self._said.wait_for(lambda: not self._open, seconds)

    def _work(self) -> None:
        while True:
            burst = self._burst()
            for each in (*(say for _, _, say, _ in burst), *dict.fromkeys(then for *_, then in burst)):
                try:
                    each()
                except Exception:  # a bug of ours must not silence what comes after
                    log.exception("What is kept could not be told")
            with self._said:
                self._open -= len(burst)
                self._said.notify_all()

    def _burst(self) -> list[_ToTell]:
        """The next one, once its record is kept or late, and what after it is kept by then too."""
        with self._said:
            self._asleep = True
            self._said.wait_for(lambda: self._waiting)
            self._asleep = False
            keeping, by, *_ = self._waiting[0]
        keeping.wait(max(0.0, by - time.monotonic()))
        with self._said:
            count = 1 + sum(1 for _ in takewhile(lambda item: item[0].settled, self._waiting[1:]))
            burst, self._waiting = self._waiting[:count], self._waiting[count:]
            return burst
