"""What can be watched: charts, their series and limits, counters. Data only.

A value's key is "chart.name" ("cpu.0", "temperature.CPU-therm"); a counter's is a name of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from utils.judging.catalogue.models import Diagnostic, Limit
from utils.model.results import Verdict

MOST_SERIES = 24
"""Of one chart: more are left out, whatever a device makes up."""
MOST_COUNTERS = 96


@dataclass(frozen=True, slots=True)
class Chart:
    """id: first part of its values' keys. most: end of the scale where it is fixed."""

    id: str
    title: str
    unit: str
    most: float | None = None
    decimals: int = 1


CHARTS = (
    Chart("cpu", "CPU load", "%", 100, 0),
    Chart("memory", "Memory and swap in use", "%", 100),
    Chart("temperature", "Temperatures", "°C"),
    Chart("power", "Power", "W", decimals=2),
    Chart("voltage", "Input voltage", "V", decimals=3),
    Chart("gpu", "GPU and memory controller load", "%", 100, 0),
    Chart("clock", "Clocks", "MHz", decimals=0),
    Chart("slowed", "Throttling (cooling level)", "", decimals=0),
    Chart("disk", "Disks", "MB/s", decimals=2),
    Chart("network", "Network", "kB/s"),
)


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A limit to draw: value in the chart's unit, what reaching it means, whose it is."""

    value: float
    verdict: Verdict
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart."""

    key: str
    label: str
    limits: tuple[LimitLine, ...] = ()

    @property
    def chart(self) -> str:
        """The chart it belongs to."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Counter:
    """Something that is counted. gauge: it may fall too (how many cameras there are). alarm: a change of it
    is bad news; else it happens on healthy boards too. words: what a gauge's numbers mean, from 0 on."""

    key: str
    label: str
    group: str
    gauge: bool = False
    alarm: bool = True
    words: tuple[str, ...] = ()


def fixed_limits(diagnostic: Diagnostic | None, value: str, scale: float) -> tuple[LimitLine, ...]:
    """The plain numbers that a diagnostic's check on `value` compares with, worst first; times scale."""
    found: list[LimitLine] = []
    for check in diagnostic.check if diagnostic else ():
        if check.value != value:
            continue
        for verdict in (Verdict.FAIL, Verdict.WARN):
            for condition in getattr(check, verdict.value):
                bounds = (condition.below, condition.at_most, condition.above, condition.at_least)
                found += [
                    LimitLine(bound * scale, verdict, check.source)
                    for bound in _numbers(bounds)
                    if condition.value in ("", value)
                ]
    return tuple(found)


def _numbers(bounds: Iterable[float | Limit | None]) -> list[float]:
    return [float(bound) for bound in bounds if isinstance(bound, int | float)]
