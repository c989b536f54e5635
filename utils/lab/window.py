"""A station's window: the hub's pages look at its boards through it. The bench's own pages answer.

    window = Window("bench-3", app, clock, link.send)
    window.look(data)       # Began, at once; the answer follows in pieces

A look works on while somebody takes what it sends. It is carried out once, and never late.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from utils.errors import LabTrouble
from utils.lab.hub_clock import HubClock
from utils.lab.look import LEASE_S, MOST_LOOKS, PIECE, WINDOW, Began, Head, Look, More, packed, passes
from utils.lab.subjects import THROUGH_LAB, seen
from utils.lab.wire import decode, encode

log = logging.getLogger(__name__)

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
"""A WSGI application."""


class Over(Exception):
    """Nobody takes more of this."""


class Pane:
    """One look. Written by one thread; told by another what was taken."""

    def __init__(self, look: Look, send: Callable[[bytes], None]) -> None:
        self.look = look
        self._send = send
        self._changed = threading.Condition()
        self._sent = self._taken = self._next = 0
        self._until = time.monotonic() + LEASE_S
        self._stopped = False
        self._head: dict[str, Any] = {}

    def begin(self, status: int, *, stream: bool) -> None:
        """What is told with the first piece. A stream's first piece goes at once."""
        self._head = {"status": status, "stream": stream}
        if stream:
            self._piece()

    def write(self, data: bytes) -> None:
        """Send it as room comes. Over."""
        for at in range(0, len(data), PIECE):
            cut = data[at : at + PIECE]
            self._await_room(len(cut))
            self._piece(cut)
            self._sent += len(cut)

    def end(self, why: str = "done") -> None:
        """The last piece."""
        self._piece(end="abandoned" if self.is_over() and not self._stopped else why)

    def more(self, told: More) -> None:
        """The hub took so many bytes, and lives."""
        with self._changed:
            self._taken = max(self._taken, min(told.taken, self._sent))
            self._until = time.monotonic() + LEASE_S
            self._stopped = self._stopped or told.stop
            self._changed.notify()

    def stop(self) -> None:
        """The connection is gone, and so is whoever looked."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def is_over(self) -> bool:
        """Whether nobody takes more."""
        return self._stopped or time.monotonic() > self._until

    def _await_room(self, size: int) -> None:
        with self._changed:
            while self._sent + size - self._taken > WINDOW and not self.is_over():
                self._changed.wait(max(0.0, self._until - time.monotonic()) + 0.01)
        if self.is_over():
            raise Over

    def _piece(self, data: bytes = b"", *, end: str = "") -> None:
        try:
            self._send(packed(Head.model_validate({**self._head, "n": self._next, "end": end}), data))
        except LabTrouble as exc:
            raise Over from exc
        self._next += 1


class Window:
    """Of one station. send: to a subject, without waiting, in order; LabTrouble without a connection."""

    def __init__(
        self, station: str, app: App | None, clock: HubClock, send: Callable[[str, bytes], None]
    ) -> None:
        self._station, self._app, self._clock, self._send = station, app, clock, send
        self._panes: dict[str, Pane] = {}
        self._pool = ThreadPoolExecutor(MOST_LOOKS, thread_name_prefix="v3-look")

    @property
    def looks(self) -> int:
        """How many are open."""
        return len(self._panes)

    def look(self, data: bytes) -> bytes:
        """Begin a look, or say why not. Quick: the connection's own thread calls it. WireTrouble."""
        look = decode(Look, data)
        word = self._refusal(look)
        if word == "began":
            pane = Pane(look, lambda piece: self._send(seen(self._station, look.id), piece))
            self._panes[look.id] = pane
            self._pool.submit(self._carry_out, pane)
        return encode(Began.model_validate({"word": word}))

    def more(self, data: bytes) -> None:
        """What was taken of a look. WireTrouble."""
        told = decode(More, data)
        pane = self._panes.get(told.id)
        if pane is not None:
            pane.more(told)

    def close(self) -> None:
        """The connection is gone: end all looks."""
        for pane in list(self._panes.values()):
            pane.stop()

    def _refusal(self, look: Look) -> str:
        now = self._clock.now_ms(look.session)
        if now is None or now > look.not_after_ms or look.id in self._panes:
            return "expired"
        if self._app is None or not passes(look.method, look.path):
            return "not-allowed"
        return "busy" if len(self._panes) >= MOST_LOOKS else "began"

    def _carry_out(self, pane: Pane) -> None:
        why = "done"
        try:
            self._answer(pane)
        except Over:
            pass
        except Exception:  # a bug of ours must not leave the hub waiting
            log.exception("Answering a page of the hub failed inside this program")
            why = "failed"
        try:
            pane.end(why)
        except Over:
            log.info("A page of the hub was not answered: the connection is gone")
        finally:
            self._panes.pop(pane.look.id, None)

    def _answer(self, pane: Pane) -> None:
        def start(status: str, headers: list[tuple[str, str]], _trouble: object = None) -> None:
            kinds = [value for name, value in headers if name.lower() == "content-type"]
            pane.begin(int(status[:3]), stream=kinds[:1] == ["text/event-stream; charset=utf-8"])

        assert self._app is not None
        answer = self._app(_environ(pane), start)
        try:
            for piece in answer:
                pane.write(piece)
        finally:
            getattr(answer, "close", lambda: None)()


def _environ(pane: Pane) -> dict[str, Any]:
    """The request as the bench's own pages read it (PEP 3333)."""
    look, body = pane.look, pane.look.body.encode()
    told = {
        "REQUEST_METHOD": look.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": f"/api/v1/bays/{look.bay}/{look.path}",
        "QUERY_STRING": look.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "0",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "waitress.client_disconnected": pane.is_over,
        THROUGH_LAB: look.who,
    }
    return told | ({"HTTP_LAST_EVENT_ID": look.last_event} if look.last_event else {})
