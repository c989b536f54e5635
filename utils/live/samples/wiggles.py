"""The wiggle tests of a bay. They run in the program, so that a reload of the page loses nothing of them.

Each change goes out on the sampler's feed as an event "wiggle". Samples come fast only while a page watches
the feed of a test (hurry.py).
"""

from __future__ import annotations

import threading
from typing import Any

from utils.clock import new_id
from utils.errors import UnknownWiggle
from utils.live.samples.sampler import Sampler
from utils.live.samples.wiggle import Wiggle

MOST = 16
"""Tests that are remembered; the oldest goes first."""


class Wiggles:
    """Every method may be called from any thread."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._lock = threading.Lock()
        self._tests: dict[str, Wiggle] = {}
        self._told: dict[str, dict[str, Any]] = {}
        sampler.listen(self._heard)

    def begin(self) -> dict[str, Any]:
        """Start a test; what changes counts from now on."""
        about, counts = self._sampler.described(), self._sampler.newest_counts()
        test = Wiggle(new_id(), self._sampler.now_ms(), about, counts)
        with self._lock:
            self._tests[test.id] = test
            for old in list(self._tests)[:-MOST]:
                del self._tests[old]
                self._told.pop(old, None)
            return test.described()

    def get(self, name: str) -> dict[str, Any]:
        """A test as it stands; UnknownWiggle."""
        with self._lock:
            return self._test(name).described()

    def mark(self, name: str, note: str) -> dict[str, Any]:
        """Note something in the test and in the charts."""
        marker = self._sampler.mark(note)
        with self._lock:
            test = self._test(name)
            test.mark(marker.at, note)
            return test.described()

    def end(self, name: str) -> dict[str, Any]:
        """End a test; one that has ended stays as it is."""
        with self._lock:
            test = self._test(name)
            test.end(self._sampler.now_ms())
            return test.described()

    def _test(self, name: str) -> Wiggle:
        if name not in self._tests:
            raise UnknownWiggle
        return self._tests[name]

    def _heard(self, kind: str, data: dict[str, Any]) -> None:
        """An event of the sampler, from its thread."""
        if kind not in ("sample", "live"):
            return
        with self._lock:
            news = [facts for test in self._tests.values() if (facts := self._news(test, kind, data))]
        for each in news:
            self._sampler.ring.publish("wiggle", each)

    def _news(self, test: Wiggle, kind: str, data: dict[str, Any]) -> dict[str, Any] | None:
        """Hand the event to the test; what a page then has to show, None if that is nothing new."""
        if test.ended is not None:
            return None
        if kind == "live":
            test.meet(data, self._sampler.now_ms())
        else:
            test.see(data)
        facts = test.described()
        told, self._told[test.id] = self._told.get(test.id, {}), facts
        return facts if {**facts, "samples": 0} != {**told, "samples": 0} else None
