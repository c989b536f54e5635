"""Keeps the link connected while somebody looks: reconnects in the background, with backoff.

The pause before a link that did not last is the link's own (flapping.py). This file has the one after a
failed attempt.

A cable that is put in, or an address that the laptop gets, ends the pause at once.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Protocol

from utils import errors
from utils.laptop.cable import way_to
from utils.link.request import Deadline, Request
from utils.model.target import Target

BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)
ATTEMPT_S = 25.0
LOOK_S = 0.5  # a cable that was put in is noticed within this


class Reconnectable(Protocol):
    """What is kept connected: the link."""

    otherwise: Callable[[], bool]
    settle: Callable[[], None]
    shut: Callable[[], bool]

    @property
    def target(self) -> Target:
        """Where it leads."""

    @property
    def connected_now(self) -> bool:
        """Whether it stands."""

    @property
    def closed(self) -> bool:
        """Whether it has ended for good."""

    def connected(self, request: Request) -> object:
        """Make it stand; V3Error."""


class Keeper:
    """Counts who looks; one thread works while there is anybody."""

    def __init__(self, link: Reconnectable) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._lookers = 0
        self._working = False
        self._event = threading.Event()

    def keep(self) -> None:
        """Somebody looks, until release()."""
        with self._lock:
            self._lookers += 1
            start, self._working = not self._working, True
        if not start:
            return
        try:
            threading.Thread(target=self._work, name="v3-keep", daemon=True).start()
        except RuntimeError:  # no thread left on this laptop: the next who looks tries again
            self._working = False

    def release(self) -> None:
        """One looks no more."""
        with self._lock:
            self._lookers -= 1
        self.wake()

    def wake(self) -> None:
        """Something changed: look again now."""
        self._event.set()

    def _work(self) -> None:
        failures = 0
        while self._wanted():
            self._event.clear()
            if self._link.connected_now:
                failures = 0
                self._event.wait(1.0)
                continue
            if self._connect():
                failures = 0
                continue
            pause_s = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
            cable = self._rest(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
            failures = 0 if cable else failures + 1

    def _connect(self) -> bool:
        """Make it stand, or another path where this one is shut or cannot talk to the device."""
        try:
            self._link.settle()
            if not self._link.shut():
                self._link.connected(Request("true", timeout=ATTEMPT_S))
                return True
        except errors.Incompatible:
            pass
        except errors.V3Error:
            return False
        stands = self._link.otherwise()
        if stands:
            self._event.wait(1.0)
        return stands

    def _rest(self, pause_s: float) -> bool:
        """Wait until it is time, somebody wakes us, or the way to the device changes. True: it changed."""
        target = self._link.target
        before = way_to(target)
        deadline = Deadline(pause_s)
        while not deadline.passed and not self._event.wait(deadline.at_most(LOOK_S)):
            if way_to(target) != before:
                return True
        return False

    def _wanted(self) -> bool:
        with self._lock:
            self._working = self._lookers > 0 and not self._link.closed
            return self._working
