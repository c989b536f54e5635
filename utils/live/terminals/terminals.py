"""All terminals: a limit, their feed, and who looks. The pages' stream carries one feed for all of them.

A terminal lives in the program, not in a page: reloads, other tabs and a closed lid leave it alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from utils.audit import Audit
from utils.errors import TerminalsFull, UnknownTerminal
from utils.events import EventBus
from utils.live.terminals.session import House, Session
from utils.model.doors import Shells

MOST = 6
"""sshd lets 10 sessions be on one connection (MaxSessions); the checks, charts and logs need theirs."""

RING_EVENTS = 4000
RING_BYTES = 8 << 20


class Terminals:
    """A feed of the pages' stream."""

    def __init__(self, door: Shells, audit: Audit, *, bay: str = "") -> None:
        self.ring = EventBus(max_events=RING_EVENTS, max_bytes=RING_BYTES, bay=bay)
        self._viewers = 0
        self._lock = threading.Lock()
        self._house = House(door, audit, bay, self.ring, lambda: self._viewers)
        self._sessions: dict[str, Session] = {}

    @contextmanager
    def viewer(self) -> Iterator[None]:
        """Held while a page looks."""
        with self._lock:
            self._viewers += 1
        try:
            yield
        finally:
            with self._lock:
                self._viewers -= 1

    def all(self) -> list[Session]:
        """Those that have had a shell, by number."""
        with self._lock:
            return sorted(
                (each for each in self._sessions.values() if each.facts()["shell"]), key=lambda s: s.number
            )

    def get(self, terminal_id: str) -> Session:
        """UnknownTerminal when it is not there, or not any more."""
        with self._lock:
            found = self._sessions.get(terminal_id)
        if found is None:
            raise UnknownTerminal
        return found

    def open(self, cols: int, rows: int, *, who: str) -> Session:
        """One more, with a shell in it; connects if need be. TerminalsFull, or why there is no shell."""
        with self._lock:
            if len(self._sessions) >= MOST:
                raise TerminalsFull(f"{MOST} terminals are open (the maximum).")
            taken = {each.number for each in self._sessions.values()}
            number = next(free for free in range(1, MOST + 1) if free not in taken)
            session = Session(self._house, number, cols, rows)
            self._sessions[session.id] = session
        try:
            session.open(who)
        except BaseException:
            with self._lock:
                self._sessions.pop(session.id, None)
            raise
        return session

    def close(self, terminal_id: str) -> None:
        """End it and forget it, on all pages."""
        session = self.get(terminal_id)
        session.close()
        with self._lock:
            self._sessions.pop(terminal_id, None)
        self.ring.publish("term-closed", {"id": terminal_id})

    def close_all(self) -> None:
        """The program ends: so do all shells."""
        with self._lock:
            sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            session.close("program ended")
