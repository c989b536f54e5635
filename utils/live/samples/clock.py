"""The time of samples: the laptop's, but steady. No I/O but the clocks.

A laptop's clock is set while it samples: by the network's time, by a person, after an empty battery. A chart
would have an hour's hole or an hour pressed into a moment. A recording would count time that did not pass. So
time goes on as it passed since the first look; small corrections are followed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from utils.clock import since_boot

_FOLLOWED_S = 2.0


def _wall_s() -> float:
    """Tell the laptop's own time, in seconds since 1970."""
    return time.time()


class Clock:
    """wall_s, steady_s: the two clocks it is made of."""

    def __init__(
        self, wall_s: Callable[[], float] = _wall_s, steady_s: Callable[[], float] = since_boot
    ) -> None:
        self._wall_s, self._steady_s = wall_s, steady_s
        self._between_s = wall_s() - steady_s()

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        steady_s = self._steady_s()
        set_s = self._wall_s() - steady_s - self._between_s
        if abs(set_s) <= _FOLLOWED_S:
            self._between_s += set_s
        return int((steady_s + self._between_s) * 1000)

    def begin(self, not_before_ms: int) -> None:
        """Take the laptop's clock as it is now, unless that would go back behind what is kept."""
        if self._wall_s() * 1000 > not_before_ms:
            self._between_s = self._wall_s() - self._steady_s()
