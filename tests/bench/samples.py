"""Times and what to say about them: median, p95, interleaved measuring. Pure, except for the clock."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass
class Samples:
    """Times of one measure, in seconds."""

    values: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        self.values.append(seconds)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def quantile(self, share: float) -> float:
        """The value that so large a share of the samples does not pass (nearest rank)."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def p95(self) -> float:
        return self.quantile(0.95)


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def interleaved(
    calls: Mapping[str, Callable[[], object]], rounds: int, rare: frozenset[str] = frozenset(), every: int = 5
) -> dict[str, Samples]:
    """Each call once a round, in turn, so that a busy moment of the machine meets all alike.

    rare: names that are called only every so many rounds, since they take long.
    """
    found = {name: Samples() for name in calls}
    names = list(calls)
    gc.collect()
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            if name not in rare or number % every == 0:
                found[name].add(timed(calls[name]))
    return found
