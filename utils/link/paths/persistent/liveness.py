"""An answered probe: notices a peer that is gone although its socket still looks alive.

Begins when the first session serves: before that a device may be at work for long without a word (PAM). After
PERIOD_S of silence the transport's own thread sends a global request that every SSH server must answer. It
wakes for that every TICK_S. A device that owes an answer (to the probe, in a key exchange) and is silent for
DEAD_S is gone. The connection is then ended from outside, which wakes every call that waits on it. Any byte
is life. The transport's thread may block in a stalled socket; the watcher (one for all connections) never
does. Beyond a hundred connections each is probed more rarely.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from utils.laptop.cable import CABLE_OUT, carrier_of, has_carrier
from utils.link.transport.large_packets import LOST, lost_large
from utils.link.transport.transport import Transport, discard
from utils.link.watcher import WATCHER

TICK_S = Transport._active_check_timeout
PERIOD_S = 2.0
DEAD_S = 5.0
KEYS_S = 30.0  # a key exchange that drips is not waited for longer
STEP_S = 1.0  # a pause of this program itself (suspend, SIGSTOP) is at most so much of a device's silence


class Liveness:
    """Watches one connection. on_lost(cause) is called once, from a thread of its own."""

    def __init__(self, transport: Transport, on_lost: Callable[[str], None]) -> None:
        self._transport = transport
        self._sock: Any = transport.sock
        self._on_lost = on_lost
        self._asked_at: float | None = None
        self._next_at = 0.0
        self._tick_s = TICK_S
        self._looked_at = time.monotonic()
        self._heard_at = transport.heard_at
        self._silent_s = self._keys_s = 0.0
        self._carrier = carrier_of(transport.sock)
        self.round_trip_ms: float | None = None
        self.when_measured: Callable[[], None] | None = None  # once, from a thread of its own
        self.cause = ""  # once it is lost
        transport.on_answer = self._answered
        transport.packetizer.on_idle = self._ask  # type: ignore[attr-defined]
        transport.when_serving.append(self._ask)
        WATCHER.add(self)

    def stop(self) -> None:
        WATCHER.remove(self)

    def _ask(self) -> None:
        now = time.monotonic()
        if self._asked_at is None and now >= self._next_at and self._transport.serving.is_set():
            self._next_at = now + (PERIOD_S - 0.1) * WATCHER.stretch
            self._asked_at = now  # before it is sent: the answer may come at once
            if not self._transport.send_probe():
                self._asked_at = None

    def _answered(self) -> None:
        asked_at, self._asked_at = self._asked_at, None
        if asked_at is not None:
            self.round_trip_ms = round((time.monotonic() - asked_at) * 1000, 2)

    def look(self) -> bool:
        """False once the connection is lost, which is dealt with then."""
        self._count_silence()
        if self.round_trip_ms is not None and (tell := self.when_measured) is not None:
            self.when_measured = None
            threading.Thread(target=tell, name="v3-measured", daemon=True).start()
        cause = self._cause()
        tick_s = TICK_S * WATCHER.stretch
        if not cause and tick_s != self._tick_s:
            self._tick_s = tick_s
            self._transport.sock.settimeout(tick_s)  # its next wait is so long; data wakes it as ever
        if cause:
            self.cause = cause  # before it ends: who is woken by that asks why
            threading.Thread(target=self._lose, args=(cause,), name="v3-lost", daemon=True).start()
        return not cause

    def _lose(self, cause: str) -> None:
        discard(self._transport)
        self._on_lost(cause)

    def _count_silence(self) -> None:
        """Add up the time in which an answer was owed and nothing came."""
        now, heard_at = time.monotonic(), self._transport.heard_at
        step_s, self._looked_at = min(now - self._looked_at, STEP_S), now
        heard, self._heard_at = heard_at != self._heard_at, heard_at
        self._keys_s = self._keys_s + step_s if self._exchanging_keys else 0.0
        owed = self._asked_at is not None or self._exchanging_keys
        self._silent_s = self._silent_s + step_s if owed and not heard else 0.0

    @property
    def _exchanging_keys(self) -> bool:
        return not self._transport.clear_to_send.is_set()

    def _cause(self) -> str:
        if not self._transport.is_active():
            return "the device closed the connection"
        if self._carrier is not None and not has_carrier(self._carrier):
            return CABLE_OUT
        if self._silent_s > DEAD_S:
            if lost_large(self._sock):
                return LOST
            return f"no answer for {DEAD_S:g} s{' in a key exchange' * self._exchanging_keys}"
        if self._keys_s > KEYS_S:
            return f"a key exchange did not end within {KEYS_S:g} s"
        return ""
