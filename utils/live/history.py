"""The samples of one device, as long as they are kept, and what is counted in them. No I/O, no clock.

A sample: {"seq", "at" (ms since 1970, the laptop's clock), "values": {key: number}, "counts": {key: number}}.
A gap is a sample without values whose "gap" says why. Counts grow from 0, the first sample; a reboot, at
which the device's own counters begin anew, does not make them fall.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from utils.live.measures import Measured
from utils.live.series import CHARTS, Counter, Series

KEPT_MS = 3_600_000
MOST_SAMPLES = 20_000
MOST_MARKERS = 500

Sample = dict[str, Any]


class Tally:
    """Counters of a device added up over its reboots."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._sums: dict[str, int] = {}

    def add(self, found: Measured) -> dict[str, int]:
        """The counts of a sample, counted from the first one on; gauges as they are."""
        for key, value in found.counts.items():
            if found.counters[key].gauge:
                self._sums[key] = value
                continue
            last = self._last.get(key, value)
            self._sums[key] = self._sums.get(key, 0) + (value - last if value >= last else value)
            self._last[key] = value
        for key, rise in found.rises.items():
            self._sums[key] = self._sums.get(key, 0) + rise
        return {key: self._sums[key] for key in found.counters}


@dataclass(frozen=True)
class Marker:
    """What a person noted at a moment."""

    id: int
    at: int
    note: str


class History:
    """Samples, markers, and what the charts need to know about them. Not locked: its owner does that."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=MOST_SAMPLES)
        self._tally = Tally()
        self.series: dict[str, Series] = {}
        self.counters: dict[str, Counter] = {}
        self.markers: deque[Marker] = deque(maxlen=MOST_MARKERS)
        self.last_seq = 0

    def add(self, at: int, found: Measured) -> tuple[Sample, bool]:
        """Keeps a sample. True: there are series or counters that were not known before."""
        before = len(self.series) + len(self.counters)
        self.series |= found.series
        self.counters |= found.counters
        sample = self._keep({"at": at, "values": found.values, "counts": self._tally.add(found)})
        return sample, len(self.series) + len(self.counters) > before

    def gap(self, at: int, why: str) -> Sample | None:
        """Marks that nothing is known from now on; None where that stands there already or nothing does."""
        if not self._samples or "gap" in self._samples[-1]:
            return None
        return self._keep({"at": at, "values": {}, "counts": {}, "gap": why})

    def _keep(self, sample: Sample) -> Sample:
        self.last_seq += 1
        sample = {"seq": self.last_seq, **sample}
        self._samples.append(sample)
        while self._samples[0]["at"] < sample["at"] - KEPT_MS:
            self._samples.popleft()
        return sample

    def mark(self, at: int, note: str) -> Marker:
        """Notes something."""
        marker = Marker((self.markers[-1].id if self.markers else 0) + 1, at, note)
        self.markers.append(marker)
        return marker

    def after(self, seq: int, most: int = MOST_SAMPLES) -> list[Sample]:
        """The samples after this number, the oldest first."""
        newest = []
        for sample in reversed(self._samples):
            if sample["seq"] <= seq:
                break
            newest.append(sample)
        return newest[::-1][:most]

    def described(self) -> dict[str, Any]:
        """Charts with their series, counters, markers: JSON-ready."""
        return {
            "charts": [
                {**asdict(chart), "series": self._of(chart.id)} for chart in CHARTS if self._of(chart.id)
            ],
            "counters": [asdict(counter) for counter in self.counters.values()],
            "markers": [asdict(marker) for marker in self.markers],
        }

    def _of(self, chart: str) -> list[dict[str, Any]]:
        return [asdict(series) for series in self.series.values() if series.chart == chart]


def columns(samples: Iterable[Sample]) -> dict[str, Any]:
    """Samples as columns, a tenth of the size: {"seq": [], "at": [], "gaps": {seq: why}, "values": {key: []},
    "counts": {key: []}}; null where one was not said."""
    rows = list(samples)
    found: dict[str, Any] = {
        "seq": [row["seq"] for row in rows],
        "at": [row["at"] for row in rows],
        "gaps": {str(row["seq"]): row["gap"] for row in rows if "gap" in row},
    }
    for kind in ("values", "counts"):
        keys = dict.fromkeys(key for row in rows for key in row[kind])
        found[kind] = {key: [row[kind].get(key) for row in rows] for key in keys}
    return found
