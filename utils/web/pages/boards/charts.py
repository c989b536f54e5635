"""Values over time as small pictures: of check-ups, the points and the path of an SVG. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from utils.judging.catalogue.loader import Catalogue
from utils.judging.track import name_of
from utils.model.records import CheckupRecord

WIDTH, HEIGHT = 300, 72
_ROOM = 0.15  # above the highest and below the lowest, as a share of the range


@dataclass(frozen=True)
class Point:
    """A check-up's value. x, y: in the picture's units."""

    x: float
    y: float
    value: float
    checkup: str
    at: str


@dataclass(frozen=True)
class TrendChart:
    """points: oldest first. low, high: of the values. worse: up or down."""

    label: str
    unit: str
    worse: str
    points: tuple[Point, ...]

    @property
    def newest(self) -> float:
        """The value of the newest check-up that has one."""
        return self.points[-1].value

    @property
    def low(self) -> float:
        """The lowest value."""
        return min(each.value for each in self.points)

    @property
    def high(self) -> float:
        """The highest value."""
        return max(each.value for each in self.points)

    @property
    def path(self) -> str:
        """The d of the line's SVG path."""
        return "M" + "L".join(f"{each.x:g} {each.y:g}" for each in self.points)


def charts(catalogue: Catalogue, checkups: Iterable[CheckupRecord]) -> list[TrendChart]:
    """A chart of each value that the catalogue tracks and a check-up has."""
    oldest_first = sorted(checkups, key=lambda each: each.started_at)
    found = []
    for diagnostic in catalogue:
        for track in diagnostic.track:
            name = name_of(diagnostic, track)
            have = [each for each in oldest_first if name in each.measured]
            if have:
                found.append(TrendChart(track.label, track.unit, track.worse, _points(have, name)))
    return found


def _points(checkups: Sequence[CheckupRecord], name: str) -> tuple[Point, ...]:
    values = [each.measured[name] for each in checkups]
    times = [datetime.fromisoformat(each.started_at).timestamp() for each in checkups]
    low, high = min(values), max(values)
    room = (high - low) * _ROOM or abs(high) * _ROOM or 1.0
    span = times[-1] - times[0]

    def x(at: float) -> float:
        return round((at - times[0]) / span * WIDTH if span else WIDTH / 2, 1)

    def y(value: float) -> float:
        return round(HEIGHT - (value - low + room) / (high - low + 2 * room) * HEIGHT, 1)

    return tuple(
        Point(x(at), y(value), value, each.id, each.started_at)
        for at, value, each in zip(times, values, checkups, strict=True)
    )
