"""The feed of a wiggle test: it carries nothing. While a page watches it, samples come fast.

So the interval goes back by itself when the test ends, and when its page closes or its browser dies. No page
has to remember to do that.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from utils.events import EventBus
from utils.live.samples.sampler import Sampler

FAST_S = 0.5


class Hurry:
    """A Feed (feed.py)."""

    def __init__(self, sampler: Sampler) -> None:
        self.ring = EventBus(max_events=1)
        self._sampler = sampler

    def viewer(self) -> AbstractContextManager[None]:
        """Held for as long as one wiggle test runs."""
        return self._sampler.hurried(FAST_S)
