"""What a hub or a station counts for whoever watches it. What boards and benches say is bounded here.

    tally.note("bench-3", "Jetson Orin NX", record.outcome)
    tally.models("bench-3", "anything that a board tells")      # a word for a label

A board tells its model, and a bench tells its boards. Both may say anything, and as much as they like.
"""

from __future__ import annotations

import threading
from collections import Counter

from utils.model.outcome import Outcome

MOST_MODELS = 100
MOST_OF_A_BENCH = 10
LONGEST = 64
OTHER, UNKNOWN = "other", "unknown"


class Models:
    """Words for models of boards: the first hundred, ten new ones of each bench, printable and short."""

    def __init__(self) -> None:
        self._bench_of: dict[str, str] = {}
        self._lock = threading.Lock()

    def __call__(self, bench: str, told: str) -> str:
        """The word for it: what was told, or "other", or "unknown" where nothing was."""
        printable = (each if each.isprintable() else "?" for each in told[: 4 * LONGEST])
        word = "".join(printable).strip()[:LONGEST]
        with self._lock:
            if not word or word in self._bench_of:
                return word or UNKNOWN
            of_this = sum(each == bench for each in self._bench_of.values())
            if len(self._bench_of) >= MOST_MODELS or of_this >= MOST_OF_A_BENCH:
                return OTHER
            self._bench_of[word] = bench
            return word


class Tally:
    """Check-ups that ended since this program started. Thread-safe."""

    def __init__(self) -> None:
        self.models = Models()
        self._lock = threading.Lock()
        self._ended: Counter[str] = Counter()
        self._verdicts: Counter[tuple[str, str]] = Counter()

    def note(self, bench: str, model: str, outcome: Outcome) -> None:
        """One ended so."""
        word = self.models(bench, model)
        with self._lock:
            self._ended[outcome.code] += 1
            self._verdicts[word, outcome.verdict.value] += 1

    def ended(self) -> dict[str, int]:
        """How many, by how they ended."""
        with self._lock:
            return dict(self._ended)

    def verdicts(self) -> dict[tuple[str, str], int]:
        """How many, by the board's model and the verdict over all."""
        with self._lock:
            return dict(self._verdicts)
