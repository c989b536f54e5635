"""Sessions of people at a hub. They end when nothing was asked for long, and after half a day.

They live in memory and end with the program; only a hash of their name is kept. No Flask here.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

IDLE_S = 2 * 3600.0
LONGEST_S = 12 * 3600.0
_MOST = 500


@dataclass(frozen=True)
class LoginSession:
    """stamp: the person's at the login; another one by now ends it. used: when a person last asked."""

    person: str
    stamp: str
    begun: float
    used: float


class Sessions:
    """Of one program. Thread-safe. now: a monotonic clock, in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._open: dict[bytes, LoginSession] = {}
        self._lock = threading.Lock()

    def begin(self, person: str, stamp: str) -> str:
        """A new session's name, for the cookie."""
        name, now = secrets.token_urlsafe(32), self._now()
        with self._lock:
            self._open = {key: each for key, each in self._open.items() if self._counts(each)}
            while len(self._open) >= _MOST:
                del self._open[next(iter(self._open))]
            self._open[_digest(name)] = LoginSession(person, stamp, now, now)
        return name

    def find(self, name: str, *, used: bool = False) -> LoginSession | None:
        """The session while it counts. used: a person asks, so it is not idle."""
        key = _digest(name)
        with self._lock:
            found = self._open.get(key)
            if found is None or not self._counts(found):
                self._open.pop(key, None)
                return None
            if used:
                self._open[key] = replace(found, used=self._now())
            return found

    def end(self, name: str) -> None:
        """Log out."""
        with self._lock:
            self._open.pop(_digest(name), None)

    def _counts(self, session: LoginSession) -> bool:
        now = self._now()
        return now - session.used < IDLE_S and now - session.begun < LONGEST_S


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
