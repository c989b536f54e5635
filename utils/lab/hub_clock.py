"""The hub's clock as a station knows it: never behind the hub's own. No clock of day is involved.

A call names until when it counts, by the monotonic clock of the hub. A station that is ahead may refuse a
call that it could have taken. It never takes one that is over.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

from utils.clock import since_boot

_FRESH_S = 60.0  # two clocks drift apart by some milliseconds in that time


@cache
def boot_id() -> str:
    """This start of the computer, as far as it tells: "" where it does not."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


class HubClock:
    """Learns from answers of the hub. Thread-safe."""

    def __init__(self, now: Callable[[], float] = since_boot) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._session = ""
        self._ahead_ms = 0.0  # the hub's clock less ours, at most
        self._spread_s = 0.0
        self._learned = 0.0
        self._newest_ms = 0
        self.heard_ms: int | None = None
        """What the newest answer of that run told."""

    @property
    def session(self) -> str:
        """The run of the hub that answered last; "" while none did."""
        return self._session

    def heard(self, session: str, time_ms: int, asked_at: float) -> None:
        """The hub answered a question that was asked at this moment of ours."""
        with self._lock:
            self.heard_ms = time_ms
            now = self.now()
            spread = now - asked_at
            if session != self._session:
                self._session, self._newest_ms = session, 0
            elif spread > self._spread_s and now - self._learned < _FRESH_S:
                return
            self._ahead_ms = time_ms - asked_at * 1000
            self._spread_s, self._learned = spread, now

    def now_ms(self, session: str) -> int | None:
        """The time of this run of the hub, never less than before; None where nobody here knows it.

        The hub tells whole milliseconds, and this gives whole ones: two are added.
        """
        with self._lock:
            if not session or session != self._session:
                return None
            self._newest_ms = max(self._newest_ms, int(self.now() * 1000 + self._ahead_ms) + 2)
            return self._newest_ms
