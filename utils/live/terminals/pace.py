"""How far a terminal's output may run ahead of its pages, so that ^C on a flood acts at once.

Pages tell how much they have drawn. Once the fastest is too far behind, reading rests. The device's own flow
control then fills up, and the program there waits. A page that tells nothing (a hidden tab, a sleeping
laptop) slows the program down, but never stops it. Without pages nothing slows or stops it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

AHEAD_BYTES = 256 << 10
PATIENCE_S = 2.0
_LOOK_S = 0.25


class Pace:
    """viewers: how many pages look at the moment."""

    def __init__(
        self, viewers: Callable[[], int], *, ahead: int = AHEAD_BYTES, patience_s: float = PATIENCE_S
    ) -> None:
        self._viewers = viewers
        self._ahead = ahead
        self._patience_s = patience_s
        self._drawn = 0
        self._changed = threading.Condition()

    def drawn(self, place: int) -> None:
        """A page has drawn everything before this place."""
        with self._changed:
            self._drawn = max(self._drawn, place)
            self._changed.notify_all()

    def rest(self, end: int, over: Callable[[], bool]) -> None:
        """Return once reading may go on: `end` bytes have been read. over: no reason to wait any more."""
        with self._changed:
            known, since = self._drawn, time.monotonic()
            while end - self._drawn > self._ahead and self._viewers() and not over():
                if self._drawn != known:
                    known, since = self._drawn, time.monotonic()
                elif time.monotonic() - since > self._patience_s:
                    self._drawn = end
                    return
                self._changed.wait(_LOOK_S)
            if not self._viewers():
                self._drawn = max(self._drawn, end)
