"""Server-Sent Events: one server thread a stream, and the care that each is given back.

A stream ends when its client is gone or logged out, or its page stopped giving beats. It also ends when
nobody takes what is written, or when its subject is done. Clients that never give beats (curl) are cut after
a while and come back with Last-Event-ID. Nothing is lost, and a dead client's slot is free again.

A stream may carry feeds beside the bus (samples, log lines). Their frames have no number, since a page that
was away asks their owner for what it missed. So a page needs one stream, whatever it shows.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from utils.clock import new_id
from utils.events import EventBus, Joined
from utils.model.results import CheckupEvent
from utils.web.slots import Slots

RETRY_MS = 2000


@dataclass(frozen=True)
class Times:
    """Seconds. beat: between heartbeats. poll: to notice that a client is gone. stalled: nobody takes
    what is written. missed: since a page's last beat. unbeaten: life of a stream that never had one."""

    beat: float = 5.0
    poll: float = 1.0
    stalled: float = 30.0
    missed: float = 90.0
    unbeaten: float = 600.0


class EventStream:
    """One client's stream. Iterated by one server thread; `end` may come from any."""

    def __init__(
        self,
        bus: EventBus,
        subscription: Joined,
        environ: Mapping[str, Any],
        times: Times,
        done: Callable[[], bool],
        welcome: Callable[[], bool],
    ) -> None:
        self.id = new_id()
        self.held = contextlib.ExitStack()
        self._bus = bus
        self._subscription = subscription
        self._gone: Callable[[], bool] | None = environ.get("waitress.client_disconnected")
        self._times = times
        self._done = done
        self._welcome = welcome
        self._ended = False
        self._closed = threading.Lock()
        self._opened = self._moved = time.monotonic()
        self._beaten: float | None = None

    def frames(self, greeting: Callable[[], list[str]]) -> Iterator[str]:
        """The stream's text, until it ends. greeting: made once the stream really begins."""
        yield f"retry: {RETRY_MS}\n\n"
        yield from greeting()
        # many that were opened at once do not beat at once: that would hold up everything else
        next_beat = time.monotonic() + random.uniform(0, self._times.beat)  # noqa: S311 - no secret
        while not self._left() and self._welcome():
            self._moved = time.monotonic()
            done = self._done()  # before looking: what came until then is told first
            event = self._subscription.get(0 if done else max(0.0, next_beat - self._moved))
            if event is not None:
                yield self._framed(event, self._subscription.ring)
            elif done:
                return
            if time.monotonic() >= next_beat:
                next_beat = time.monotonic() + self._times.beat
                yield ": hb\n\n" + frame("beat", json.dumps({"stream": self.id}))

    def _framed(self, event: CheckupEvent, source: EventBus) -> str:
        """A feed's frame has no number, and what it lost is not to reload the whole page's state."""
        if source is self._bus:
            return frame(event.kind, source.text(event), event.id)
        return frame("feed-reset" if event.kind == "reset" else event.kind, source.text(event))

    def _left(self) -> bool:
        """Whether its client is gone, or the program ends."""
        return self._ended or self._bus.closed or (self._gone is not None and self._gone())

    def look(self, now: float) -> None:
        """End it, or have its thread do so, where there is a reason to. Its thread sleeps between events."""
        if self.overdue(now):
            self.end()
        elif self._left() or self._done():
            self._subscription.rouse()

    def beat(self) -> None:
        """Its page lives."""
        self._beaten = time.monotonic()

    def overdue(self, now: float) -> bool:
        """Whether nobody seems to be there any more, or nobody who may be."""
        times = self._times
        if not self._welcome():
            return True
        if now - self._moved > times.stalled:
            return True
        if self._beaten is not None:
            return now - self._beaten > times.missed
        return now - self._opened > times.unbeaten

    def end(self) -> None:
        """Stop the stream, also where its thread is stuck in a write that nobody takes."""
        self._ended = True
        channel = getattr(self._gone, "__self__", None)  # waitress's own connection object
        with contextlib.suppress(OSError, AttributeError):
            channel.socket.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
        self._subscription.rouse()

    def close(self) -> None:
        """Give everything back, once."""
        self._ended = True
        if self._closed.acquire(blocking=False):
            self.held.close()


class EventStreams:
    """All open streams; a watcher ends those whose client is dead."""

    def __init__(self, bus: EventBus, slots: Slots, times: Times | None = None) -> None:
        self._bus = bus
        self._slots = slots
        self._times = times or Times()
        self._open: dict[str, EventStream] = {}
        self._lock = threading.Lock()
        self._watching = False

    def respond(
        self,
        environ: Mapping[str, Any],
        *,
        last_id: int | None,
        only: Callable[[CheckupEvent], bool] | None = None,
        done: Callable[[], bool] = lambda: False,
        welcome: Callable[[], bool] = lambda: True,
        greeting: Callable[[], list[tuple[str, Any]]] = list,
        holds: Sequence[contextlib.AbstractContextManager[None]] = (),
        feeds: Sequence[EventBus] = (),
    ) -> Response:
        """A streaming answer; Busy when no slot is free.

        greeting: (kind, data) that open it, without numbers. holds: contexts kept while it is open.
        feeds: rings beside the bus whose events from now on it carries too. welcome: the stream ends when
        this turns false.
        """
        self._slots.take_stream()
        subscription = Joined(self._bus, last_id, only, feeds)  # before the greeting: no gap between
        stream = EventStream(self._bus, subscription, environ, self._times, done, welcome)
        stream.held.callback(self._slots.release_stream)
        try:
            stream.held.enter_context(subscription)
            for hold in holds:
                stream.held.enter_context(hold)
            self._add(stream)
        except BaseException:
            stream.close()
            raise
        response = Response(
            stream.frames(lambda: self._greet(stream, greeting())), mimetype="text/event-stream"
        )
        response.call_on_close(stream.close)
        response.headers["X-Accel-Buffering"] = "no"
        return response

    def _greet(self, stream: EventStream, more: list[tuple[str, Any]]) -> list[str]:
        hello = {"stream": stream.id, "beat_s": self._times.beat, "last_id": self._bus.last_id}
        return [frame(kind, json.dumps(data)) for kind, data in [("hello", hello), *more]]

    def beat(self, stream_id: str) -> bool:
        """Its page lives; False when there is no such stream."""
        with self._lock:
            stream = self._open.get(stream_id)
        if stream is not None:
            stream.beat()
        return stream is not None

    def _add(self, stream: EventStream) -> None:
        with self._lock:
            self._open[stream.id] = stream
            stream.held.callback(self._forget, stream.id)
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, name="sse-watch", daemon=True).start()

    def _forget(self, stream_id: str) -> None:
        with self._lock:
            self._open.pop(stream_id, None)

    def _watch(self) -> None:
        while True:
            time.sleep(self._times.poll)
            with self._lock:
                streams = list(self._open.values())
                if not streams:
                    self._watching = False
                    return
            now = time.monotonic()
            for stream in streams:
                stream.look(now)


def frame(kind: str, text: str, number: int | None = None) -> str:
    """One event on the wire; `text` is JSON, so it has no line breaks."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {kind}\ndata: {text}\n\n"
