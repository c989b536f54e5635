"""One thread that looks at every connection of this process, however many there are.

Looking must not block: what is found is dealt with in a thread of its own.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Protocol

LOOK_S = 0.25
MANY = 100


class Watchable(Protocol):
    """What can be looked at."""

    def look(self) -> bool:
        """Quickly; False: look no more."""


class Watcher:
    """Starts its thread with the first connection and ends it with the last."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._watched: dict[Watchable, object] = {}
        self._last_left = threading.Event()
        self._working = False

    def add(self, each: Watchable) -> None:
        """Look at it from now on."""
        if self._pid != os.getpid():  # after a fork: neither the thread nor the connections are ours
            self._forget()
        with self._lock:
            self._watched[each] = object()
            self._last_left.clear()
            start, self._working = not self._working, True
        if start:
            self._start(each)

    def _start(self, first: Watchable) -> None:
        try:
            threading.Thread(target=self._work, name="v3-watch", daemon=True).start()
        except RuntimeError:  # no thread left on this laptop: a link that nobody watches is none
            with self._lock:
                self._working = False
                self._watched.pop(first, None)
            raise

    def remove(self, each: Watchable, added: object = None) -> None:
        """Look at it no more. added: unless it was added again since then."""
        with self._lock:
            if added in (None, self._watched.get(each)):
                self._watched.pop(each, None)
            if not self._watched:
                self._last_left.set()

    @property
    def stretch(self) -> float:
        """How many times rarer each connection is probed, so that hundreds cost what MANY do."""
        return max(1.0, len(self._watched) / MANY)

    def _work(self) -> None:
        while True:
            self._last_left.wait(LOOK_S)
            with self._lock:
                current = list(self._watched.items())
                if not current:
                    self._working = False
                    return
            for each, added in current:
                going_on = True
                with contextlib.suppress(Exception):  # one connection's trouble is not the others'
                    going_on = each.look()
                if not going_on:
                    self.remove(each, added)


WATCHER = Watcher()
