"""What came of a soak of a lab, as figures and as text."""

from __future__ import annotations

import collections
import itertools
from dataclasses import dataclass, field

KINDS = (
    "hub killed", "nats killed", "database killed", "station killed", "network cut", "network half-cut",
    "clock moved", "boards swapped",
)  # fmt: skip
KNOWN_S = 6.0


@dataclass
class Report:
    """What came of it. knew: seconds until the page knew of each fault; over: of its end.
    anew: how often a later fault hid it first, and the time was taken from that one."""

    seconds: float = 0.0
    faults: collections.Counter[str] = field(default_factory=collections.Counter)
    answers: collections.Counter[str] = field(default_factory=collections.Counter)
    effects: int = 0
    records: int = 0
    twice: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    knew: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    anew: int = 0
    over: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    missed: list[str] = field(default_factory=list)

    @property
    def slowest_s(self) -> float:
        return max(itertools.chain([0.0], *self.knew.values(), *self.over.values()))

    @property
    def faulty(self) -> list[str]:
        late = [
            f"{kind}{what}: known after {max(times):.1f} s"
            for what, all_times in (("", self.knew), (", over", self.over))
            for kind, times in all_times.items()
            if max(times, default=0.0) > KNOWN_S
        ]
        return [*self.twice, *self.wrong, *self.lost, *self.untrue, *self.missed, *late]

    def text(self) -> str:
        rows = [f"{'fault':<18}{'times':>6}  seconds until the page knew it, and its end: median, most"]
        for kind in KINDS:
            rows.append(
                f"{kind:<18}{self.faults[kind]:>6}  {_spread(self.knew[kind])}  {_spread(self.over[kind])}"
            )
        rows += [
            f"{sum(self.faults.values())} faults in {self.seconds:.0f} s; {self.effects} effects, "
            f"{self.records} check-ups kept; calls: {_counted(self.answers)}",
            f"double effects {len(self.twice)}, effects on a wrong serial {len(self.wrong)}, lost finished "
            f"results {len(self.lost)}, untrue answers {len(self.untrue)}, seconds until the page knows at "
            f"most {self.slowest_s:.1f} ({self.anew} times from a later fault that hid the first)",
            *(f"MISSED: {each}" for each in self.faulty),
        ]
        return "\n".join(rows)


def _spread(times: list[float]) -> str:
    return f"{sorted(times)[len(times) // 2]:4.1f} {max(times):4.1f}" if times else "   -    -"


def _counted(counter: collections.Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())
