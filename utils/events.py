"""The in-process event bus: bounded, numbered, replayable. The runner publishes, the web streams read.

All subscribers share one ring of events. A subscriber is only a position in it, so a reader that stopped
costs nothing and delays nobody. A reader that fell behind the ring, or has a number of another ring, gets one
event of kind "reset". It reloads the state, then goes on from here.

A feed is a separate ring for samples, log lines and terminals. So they push no run out of the bus and wake
only who watches them. `Joined` reads a bus and some feeds as one.

Numbers grow by one and keep growing over restarts, since they start at the clock. So a page that reconnects
after a restart is never taken for one that has seen everything. This file knows no diagnostics and no HTTP.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from utils.model.results import CheckupEvent

MAX_EVENTS = 2000
MAX_BYTES = 16 << 20
_ANYHOW = 256  # each so many events all who wait are woken, so that none falls behind the ring
_PER_SECOND = 1000  # numbers reserved a second of run time; far more than are ever published

Filter = Callable[[CheckupEvent], bool]
_as_text = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make one each time


class EventBus:
    """Publishes to any number of subscribers. Every method may be called from any thread.

    bay: whose events they are, where all are of one; each then carries it.
    """

    def __init__(self, *, max_events: int = MAX_EVENTS, max_bytes: int = MAX_BYTES, bay: str = "") -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._stamp = {"bay": bay} if bay else {}
        self._ring: deque[tuple[CheckupEvent, str]] = deque()
        self._bytes = 0
        self._dropped = False
        self._changed = threading.Condition()
        self._bells: dict[threading.Event, Filter | None] = {}  # of each that reads several rings
        self._waiting: list[Filter | None] = []  # what each that waits lets through
        self._last_id = int(time.time()) * _PER_SECOND
        self._first_id = self._last_id + 1
        self.closed = False

    @property
    def last_id(self) -> int:
        """Number of the newest event; subscribing with it gives only what comes after now."""
        with self._changed:
            return self._last_id

    def publish(self, kind: str, data: Mapping[str, Any]) -> CheckupEvent:
        """Number the event, keep it, wake the subscribers. `data` is JSON-ready."""
        data = {**data, **self._stamp} if self._stamp else data
        text = _as_text(data)
        with self._changed:
            self._last_id += 1
            event = CheckupEvent(self._last_id, kind, data)
            self._ring.append((event, text))
            self._bytes += len(text)
            while len(self._ring) > 1 and (
                len(self._ring) > self._max_events or self._bytes > self._max_bytes
            ):
                self._bytes -= len(self._ring.popleft()[1])
                self._dropped = True
            anyhow = event.id % _ANYHOW == 0
            if anyhow or any(only is None or only(event) for only in self._waiting):
                self._changed.notify_all()
            for bell, only in self._bells.items():
                if anyhow or only is None or only(event):
                    bell.set()
        return event

    def _wake(self) -> None:
        """Call with the lock held."""
        self._changed.notify_all()
        for bell in self._bells:
            bell.set()

    @contextmanager
    def subscribe(self, last_id: int | None = None, only: Filter | None = None) -> Iterator[Subscription]:
        """Events after `last_id` (None: from now on; 0: all that is kept), those that `only` lets through."""
        yield Subscription(self, last_id, only)

    def close(self) -> None:
        """Wake all subscribers; their `get` returns None at once from now on."""
        with self._changed:
            self.closed = True
            self._wake()

    def text(self, event: CheckupEvent) -> str:
        """The event's data as JSON; made once for all streams while the ring holds it."""
        with self._changed:
            index = event.id - self._last_id + len(self._ring) - 1
            if 0 <= index < len(self._ring) and self._ring[index][0] is event:
                return self._ring[index][1]
        return _as_text(event.data)

    def _lost(self, last_id: int) -> bool:
        """Whether events after this number are not all in the ring. Call with the lock held."""
        if last_id == 0:
            return self._dropped
        oldest = self._ring[0][0].id if self._ring else self._last_id + 1
        return not oldest - 1 <= last_id <= self._last_id


class Subscription:
    """A reader's place in the ring. Used by one thread."""

    def __init__(self, bus: EventBus, last_id: int | None, only: Filter | None) -> None:
        self._bus = bus
        self._only = only
        self._seen = bus.last_id if last_id is None else last_id

    def get(self, timeout: float) -> CheckupEvent | None:
        """The next event, waiting up to `timeout` seconds; None when none came or the bus is closed."""
        until = time.monotonic() + timeout
        bus = self._bus
        with bus._changed:
            while not bus.closed:
                event = self._next()
                if event is not None:
                    return event
                remaining = until - time.monotonic()
                if remaining <= 0:
                    return None
                bus._waiting.append(self._only)
                bus._changed.wait(remaining)
                bus._waiting.remove(self._only)
        return None

    def take(self) -> CheckupEvent | None:
        """The next event that is there already; None when there is none."""
        with self._bus._changed:
            return self._next()

    def _next(self) -> CheckupEvent | None:
        bus = self._bus
        if bus._lost(self._seen):
            self._seen = bus._last_id
            return CheckupEvent(bus._last_id, "reset", {"reason": "events were missed; reload the state"})
        if self._seen == 0:
            self._seen = bus._first_id - 1
        while self._seen < bus._last_id:
            self._seen += 1
            event = bus._ring[self._seen - bus._last_id - 1][0]
            if self._only is None or self._only(event):
                return event
        return None


class Joined:
    """A bus and some feeds read as one, by one thread. `ring`: which of them the last event was of.

    Use it as a context: until it is left, the rings know it.
    """

    def __init__(
        self, bus: EventBus, last_id: int | None, only: Filter | None, feeds: Sequence[EventBus]
    ) -> None:
        self.ring = bus
        self._bus = bus
        self._bell = threading.Event()
        self._roused = False
        self._parts = [Subscription(bus, last_id, only), *(Subscription(feed, None, None) for feed in feeds)]

    def __enter__(self) -> Joined:
        for part in self._parts:
            with part._bus._changed:
                part._bus._bells[self._bell] = part._only
        return self

    def __exit__(self, *_: object) -> None:
        for part in self._parts:
            with part._bus._changed:
                part._bus._bells.pop(self._bell, None)

    def rouse(self) -> None:
        """Have the reader look around: what waits in `get` gets None unless there is an event."""
        self._roused = True
        self._bell.set()

    def get(self, timeout: float) -> CheckupEvent | None:
        """The next event of any, waiting up to `timeout` seconds.

        None when none came, the bus closed or somebody roused the reader.
        """
        until = time.monotonic() + timeout
        while not self._bus.closed:
            self._bell.clear()  # before looking: what comes after it rings again
            for part in self._parts:
                event = part.take()
                if event is not None:
                    self.ring = part._bus
                    return event
            if self._roused:
                self._roused = False
                return None
            if not self._bell.wait(max(0.0, until - time.monotonic())):
                return None
        return None
