"""The samples of one device, as long as they are kept, and what is counted in them. No I/O, no clock.

A sample: {"seq", "at" (ms since 1970, the laptop's clock), "values": {key: number}, "counts": {key: number}}.
A gap is a sample without values: "gap" says why in words, "gap_code" by code (Gap). Counts grow from 0, the
first sample. A reboot, at which the device's own counters begin at 0, does not make them fall.

Kept as columns of plain numbers: an hour at five samples a second takes some megabytes.
"""

from __future__ import annotations

import collections
import math
from array import array
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from utils.clock import new_id
from utils.live.samples.codes import Gap
from utils.live.samples.series import CHARTS, MOST_COUNTERS, MOST_SERIES, Counter, Series

if TYPE_CHECKING:
    from utils.live.samples.measures import Measured

KEPT_MS = 3_600_000
MOST_SAMPLES = 20_000
MOST_MARKERS = 500
_SPARE = 500  # samples dropped at once, so that it is not done for each
_NOT_SAID = math.nan

Sample = dict[str, Any]


class CounterSums:
    """Counters of a device added up over its reboots."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._sums: dict[str, int] = {}

    def restarted(self) -> None:
        """The device's own counters began at 0 again: what they say now came since."""
        self._last = dict.fromkeys(self._last, 0)

    def add(self, found: Measured) -> dict[str, int]:
        """The counts of a sample, counted from the first one on; gauges as they are."""
        for key, value in found.counts.items():
            if key not in self._sums and len(self._sums) >= 4 * MOST_COUNTERS:
                continue
            if found.counters[key].gauge:
                self._sums[key] = value
                continue
            last = self._last.get(key, value)
            self._sums[key] = self._sums.get(key, 0) + (value - last if value >= last else value)
            self._last[key] = value
        for key, rise in found.rises.items():
            self._sums[key] = self._sums.get(key, 0) + rise
        return {key: self._sums[key] for key in found.counters if key in self._sums}


@dataclass(frozen=True)
class Marker:
    """What a person noted at a moment."""

    id: int
    at: int
    note: str


class _Columns:
    """Numbers by key, each column as long as all others."""

    def __init__(self) -> None:
        self._columns: dict[str, array[float]] = {}

    def append(self, row: Mapping[str, float], had: int) -> None:
        """had: rows before this one."""
        for key in row.keys() - self._columns.keys():
            self._columns[key] = array("d", [_NOT_SAID]) * had
        for key, column in self._columns.items():
            column.append(row.get(key, _NOT_SAID))

    def drop(self, count: int) -> set[str]:
        """The keys that nothing is left of."""
        for column in self._columns.values():
            del column[:count]
        gone = {key for key, column in self._columns.items() if all(value != value for value in column)}
        for key in gone:
            del self._columns[key]
        return gone

    def since(self, place: int) -> dict[str, list[float | None]]:
        """JSON-ready; whole numbers without a point."""
        return {key: [_json(value) for value in column[place:]] for key, column in self._columns.items()}

    def newest(self) -> dict[str, int]:
        """The last number of each column; those that are whole numbers."""
        last = {
            key: next((value for value in reversed(column) if value == value), None)
            for key, column in self._columns.items()
        }
        return {key: int(value) for key, value in last.items() if value is not None}


def _json(value: float) -> float | None:
    if value != value:
        return None
    return int(value) if value.is_integer() else value


class SampleHistory:
    """Samples, markers, and what the charts need to know about them. Not locked: its owner does that."""

    def __init__(self) -> None:
        self.id = new_id()
        self.series: dict[str, Series] = {}
        self.counters: dict[str, Counter] = {}
        self.markers: deque[Marker] = deque(maxlen=MOST_MARKERS)
        self.last_seq = 0
        self._at: array[int] = array("q")
        self._gaps: dict[int, tuple[str, Gap]] = {}
        self._values, self._counts = _Columns(), _Columns()
        self._tally = CounterSums()
        self._left_out: dict[str, int] = {}

    @property
    def last_at(self) -> int | None:
        """When the newest sample or gap was, in ms since 1970."""
        return self._at[-1] if self._at else None

    def add(self, at: int, found: Measured) -> tuple[Sample, bool]:
        """Keep a sample. True: there are series or counters that were not known before."""
        before = len(self.series) + len(self.counters)
        refused = self._admit(found)
        counts = {key: count for key, count in self._tally.add(found).items() if key not in refused}
        values = {key: value for key, value in found.values.items() if key not in refused}
        sample = self._keep(at, values, counts)
        return sample, len(self.series) + len(self.counters) > before

    def _admit(self, found: Measured) -> set[str]:
        """Take what is new, as long as there is room: names that come and go would fill the memory.
        The keys that there is no room for."""
        refused: set[str] = set()
        used = collections.Counter(series.chart for series in self.series.values())
        left_out = dict(found.left_out)
        for key, series in found.series.items():
            if key not in self.series:
                used[series.chart] += 1
                if used[series.chart] > 2 * MOST_SERIES:
                    left_out[series.chart] = left_out.get(series.chart, 0) + 1
                    refused.add(key)
                    continue
            self.series[key] = series
        for key, counter in found.counters.items():
            if key in self.counters or len(self.counters) < 2 * MOST_COUNTERS:
                self.counters[key] = counter
            else:
                refused.add(key)
        for chart, count in left_out.items():
            self._left_out[chart] = max(count, self._left_out.get(chart, 0))
        return refused

    def gap(self, at: int, why: str, code: Gap = Gap.LOST) -> Sample | None:
        """Start a gap. None if one is open already, or if there is no sample yet."""
        if not self._at or self.last_seq in self._gaps:
            return None
        self._gaps[self.last_seq + 1] = (why, code)
        return {**self._keep(at, {}, {}), "gap": why, "gap_code": code.value}

    def _keep(self, at: int, values: Mapping[str, float], counts: Mapping[str, int]) -> Sample:
        at = max(at, (self.last_at or 0) + 1)  # the laptop's clock may be set back; time in a chart may not
        self._values.append(values, len(self._at))
        self._counts.append(counts, len(self._at))
        self._at.append(at)
        self.last_seq += 1
        self._shorten(at)
        return {"seq": self.last_seq, "at": at, "values": dict(values), "counts": dict(counts)}

    def _shorten(self, now: int) -> None:
        old = next((place for place, at in enumerate(self._at) if at >= now - KEPT_MS), 0)
        count = max(old, len(self._at) - MOST_SAMPLES)
        if count < _SPARE and count < len(self._at) // 2:
            return
        del self._at[:count]
        for key in self._values.drop(count):
            self.series.pop(key, None)
        for key in self._counts.drop(count):
            self.counters.pop(key, None)
        first = self.last_seq - len(self._at) + 1
        self._gaps = {seq: gap for seq, gap in self._gaps.items() if seq >= first}

    def restarted(self) -> None:
        """The device restarted, and so did its counters."""
        self._tally.restarted()

    def mark(self, at: int, note: str) -> Marker:
        """Note something."""
        marker = Marker((self.markers[-1].id if self.markers else 0) + 1, at, note)
        self.markers.append(marker)
        return marker

    def after(self, seq: int) -> dict[str, Any]:
        """The samples after this number as columns, a tenth of the size: {"history", "seq": [], "at": [],
        "gaps": {seq: why}, "gap_codes": {seq: code}, "values": {key: []}, "counts": {key: []}}; null where
        one was not said."""
        first = self.last_seq - len(self._at) + 1
        place = min(max(0, seq + 1 - first), len(self._at))
        gaps = {str(number): gap for number, gap in self._gaps.items() if number >= first + place}
        return {
            "history": self.id,
            "seq": list(range(first + place, self.last_seq + 1)),
            "at": list(self._at[place:]),
            "gaps": {number: why for number, (why, _) in gaps.items()},
            "gap_codes": {number: code.value for number, (_, code) in gaps.items()},
            "values": self._values.since(place),
            "counts": self._counts.since(place),
        }

    def newest_counts(self) -> dict[str, int]:
        """Each counter as it was said last."""
        return self._counts.newest()

    def described(self) -> dict[str, Any]:
        """Charts with their series, counters, markers: JSON-ready."""
        return {
            "history": self.id,
            "last_seq": self.last_seq,
            "charts": [
                {**asdict(chart), "series": series, "left_out": self._left_out.get(chart.id, 0)}
                for chart in CHARTS
                if (series := self._of(chart.id))
            ],
            "counters": [asdict(counter) for counter in self.counters.values()],
            "markers": [asdict(marker) for marker in self.markers],
        }

    def _of(self, chart: str) -> list[dict[str, Any]]:
        return [asdict(series) for series in self.series.values() if series.chart == chart]
