"""A link that is made and lost again at once is made again after a pause, longer each time.

Each attempt is a login on the device, with its lines in the device's log. A link that stood for some
seconds ends that, and so does another device. A cable that was pulled is a person's doing and no fault.
"""

from __future__ import annotations

import time

from utils.laptop.cable import CABLE_OUT

STOOD_S = 3.0
PAUSES_S = (0.0, 0.5, 1.0, 2.0, 4.0)  # a link may be lost at once for once


class Flapping:
    """Counts links that did not last."""

    def __init__(self) -> None:
        self._short_lives = 0
        self._made_at = 0.0
        self._lost_at = 0.0
        self._device = ""

    def made(self, device: str) -> None:
        """The device with this key took a login."""
        self._made_at = time.monotonic()
        if device != self._device:
            self._device, self._short_lives = device, 0

    def lost(self, cause: str = "") -> None:
        """What came of it is gone, not by our wish."""
        if cause == CABLE_OUT:
            return
        self._lost_at = time.monotonic()
        stood = self._lost_at - self._made_at >= STOOD_S
        self._short_lives = 0 if stood else self._short_lives + 1

    def forgive(self) -> None:
        """A person asked for a fresh start."""
        self._short_lives = 0

    @property
    def pause_s(self) -> float:
        """Seconds to wait before the next attempt."""
        if not self._short_lives:
            return 0.0
        pause_s = PAUSES_S[min(self._short_lives, len(PAUSES_S)) - 1]
        return max(0.0, self._lost_at + pause_s - time.monotonic())
