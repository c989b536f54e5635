"""An answered probe: notices a peer that is gone although its socket still looks alive.

After PERIOD_S of silence from us a global request that every SSH server must answer, sent by the
transport's own thread, which wakes for that every TICK_S. Nothing heard for DEAD_S since, and the
connection is ended from outside, which wakes every call that waits on it. The transport's thread may
block in a stalled socket; the watcher (one for all connections) never does. Beyond a hundred
connections each is probed more rarely.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from utils.ssh.carrier import carrier_of, has_carrier
from utils.ssh.transport import Transport, discard
from utils.ssh.watcher import WATCHER

TICK_S = Transport._active_check_timeout
PERIOD_S = 2.0
DEAD_S = 5.0


class Liveness:
    """Watches one connection. on_lost(cause) is called once, from a thread of its own."""

    def __init__(self, transport: Transport, on_lost: Callable[[str], None]) -> None:
        self._transport = transport
        self._on_lost = on_lost
        self._asked_at: float | None = None
        self._next_at = 0.0
        self._tick_s = TICK_S
        self._carrier = carrier_of(transport.sock)
        self.round_trip_ms: float | None = None
        transport.on_answer = self._answered
        with contextlib.suppress(Exception):  # whatever broke, the watcher decides by is_active and by time
            self._ask()
        transport.packetizer.set_keepalive(PERIOD_S, self._ask)
        WATCHER.add(self)

    def stop(self) -> None:
        WATCHER.remove(self)

    def _ask(self) -> None:
        if self._asked_at is None and time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + (PERIOD_S - 0.1) * WATCHER.stretch
            self._asked_at = time.monotonic()  # before it is sent: the answer may come at once
            if not self._transport.send_probe():
                self._asked_at = None

    def _answered(self) -> None:
        asked_at, self._asked_at = self._asked_at, None
        if asked_at is not None:
            self.round_trip_ms = round((time.monotonic() - asked_at) * 1000, 2)

    def look(self) -> bool:
        """False once the connection is lost, which is dealt with then."""
        cause = self._cause()
        tick_s = TICK_S * WATCHER.stretch
        if not cause and tick_s != self._tick_s:
            self._tick_s = tick_s
            self._transport.sock.settimeout(tick_s)  # its next wait is so long; data wakes it as ever
        if cause:
            threading.Thread(target=self._lose, args=(cause,), name="v3-lost", daemon=True).start()
        return not cause

    def _lose(self, cause: str) -> None:
        discard(self._transport)
        self._on_lost(cause)

    def _cause(self) -> str:
        if not self._transport.is_active():
            return "the device closed the connection"
        asked_at = self._asked_at
        heard_at = getattr(self._transport.sock, "heard_at", 0.0)  # bulk output may be ahead of the answer
        if asked_at is not None and time.monotonic() - max(asked_at, heard_at) > DEAD_S:
            return f"no answer for {DEAD_S:g} s"
        if self._carrier is not None and not has_carrier(self._carrier):
            return "the cable was unplugged or the interface went down"
        return ""
