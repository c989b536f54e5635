"""What the hub's pages ask of boards through their stations, while somebody looks.

    view = looking.begin("bench-3", instance, look)     # StationAway, NoAnswer, LookRefused
    view.status, view.stream
    for data in view: …                                 # ends with the look, or with the bench
    view.close()                                        # the station stops

What was taken is told to the station as it is taken, so that nothing piles up here.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from utils.errors import Busy, LabTrouble, LookRefused, NoAnswer, WireTrouble
from utils.lab.link import NatsConnection
from utils.lab.look import RENEW_S, WINDOW, Began, Head, Look, More, unpacked
from utils.lab.subjects import looks, more, of_whom
from utils.lab.wire import decode, encode

_BEGIN_S = 2.0
_ANSWER_S = 60.0  # a login may be on its way
_LOOK_S = 0.5  # how often it looks whether the bench is still there
_REFUSED = {
    "expired": "The bench heard this too late. Nothing was done.",
    "busy": "Too many pages look at the boards of this bench.",
    "not-allowed": "The bench does not let this through the lab. Nothing was done.",
}


class LookStream:
    """What comes back of one look. One thread takes it; the connection's thread gives it.

    tell: sends a More. here: whether the station is. abandoned: called when the station gave up because
    nobody took what it sent.
    """

    def __init__(self, name: str, tell: Callable[[More], None], here: Callable[[], bool]) -> None:
        self.abandoned: Callable[[], None] = lambda: None
        self.name, self._tell, self._here = name, tell, here
        self._changed = threading.Condition()
        self._pieces: deque[bytes] = deque()
        self._waiting = self._next = self._taken = self._told = 0
        self._renewed = time.monotonic()
        self._head: Head | None = None
        self._over = self._done = False

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return self._head.status if self._head else 504

    @property
    def stream(self) -> bool:
        """Whether the answer goes on until somebody ends it."""
        return self._head is not None and self._head.stream

    @property
    def done(self) -> bool:
        """Whether the answer came to its end."""
        return self._done

    def give(self, piece: bytes) -> None:
        """A piece came. One is missing, or the station sends beyond its window: that ends it."""
        head, data = unpacked(piece)
        with self._changed:
            self._waiting += len(data)
            if head.n != self._next or self._waiting > WINDOW or head.end == "failed":
                self._over = True
            elif data:
                self._pieces.append(data)
            self._next += 1
            if not self._over:
                self._head = self._head or head
                self._over, self._done = bool(head.end), head.end == "done"
            self._changed.notify()
        if head.end == "abandoned":
            self.abandoned()

    def lose(self) -> None:
        """The connection is gone."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def await_head(self) -> None:
        """Wait until the answer begins. NoAnswer: the look may have been carried out."""
        until = time.monotonic() + _ANSWER_S
        while self._head is None:
            if self._over or time.monotonic() > until or not self._here():
                raise NoAnswer("The bench was lost before it answered. It may have done what was asked.")
            self._wait()

    def __iter__(self) -> Iterator[bytes]:
        """All bytes as they come. b"" where none came for a moment."""
        while True:
            with self._changed:
                data = self._pieces.popleft() if self._pieces else b""
                if not data and self._over:
                    return
            yield data
            if data:
                self._took(len(data))
            elif not self._here():
                return
            else:
                self._wait()

    def close(self) -> None:
        """Nobody looks any more."""
        if not self._over:
            self._over = True
            self._say(stop=True)

    def _wait(self) -> None:
        with self._changed:
            if not self._pieces and not self._over:
                self._changed.wait(_LOOK_S)
        if time.monotonic() - self._renewed > RENEW_S:
            self._say()

    def _took(self, size: int) -> None:
        with self._changed:
            self._waiting -= size
        self._taken += size
        if self._taken - self._told >= WINDOW // 4 or time.monotonic() - self._renewed > RENEW_S:
            self._say()

    def _say(self, *, stop: bool = False) -> None:
        self._renewed, self._told = time.monotonic(), self._taken
        with contextlib.suppress(LabTrouble):  # whoever looks sees that by itself
            self._tell(More(id=self.name, taken=self._taken, stop=stop))


class Looking:
    """Of one hub. here: whether this run of a station's program is."""

    def __init__(self, here: Callable[[str, str], bool]) -> None:
        self._here = here
        self._views: dict[tuple[str, str], LookStream] = {}

    @property
    def count(self) -> int:
        """How many looks are open."""
        return len(self._views)

    def begin(self, link: NatsConnection, station: str, instance: str, look: Look) -> LookStream:
        """Ask it of this run of a station. NoAnswer: it may have been done. StationAway, Busy, LookRefused:
        nothing was."""
        view = LookStream(
            look.id,
            tell=lambda told: link.send(more(station, instance), encode(told)),
            here=lambda: self._here(station, instance),
        )
        self._views[station, look.id] = view
        try:
            began = decode(Began, link.request(looks(station, instance), encode(look), _BEGIN_S))
            if began.word != "began":
                raise (Busy if began.word == "busy" else LookRefused)(_REFUSED[began.word])
            view.await_head()
        except BaseException:
            self.end(station, look.id)
            raise
        return view

    def end(self, station: str, name: str) -> None:
        """Nobody takes this one any more."""
        view = self._views.pop((station, name), None)
        if view is not None:
            view.close()

    def seen(self, subject: str, data: bytes) -> None:
        """A piece came. Quick: the connection's own thread calls it."""
        view = self._views.get(of_whom(subject))
        if view is None:
            return
        try:
            view.give(data)
        except WireTrouble:
            view.lose()
            raise

    def lost(self) -> None:
        """The connection is gone, and with it all that was on its way."""
        for view in list(self._views.values()):
            view.lose()
