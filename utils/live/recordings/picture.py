"""A chart of a recording as SVG paths: for a file that needs no script. Pure.

The picture is WIDTH by HEIGHT units; a gap ends a path. Of many samples only the lowest and highest of each
column of the picture are drawn. So no peak is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from utils.live.samples.history import Sample

WIDTH, HEIGHT = 720, 150
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 2 * 3600, 4 * 3600, 12 * 3600, 86400)
_MOST_STEPS = 8


@dataclass(frozen=True)
class Curve:
    """One series: d is the attribute of an SVG path. low, mean, high in the chart's unit."""

    label: str
    d: str
    low: float
    mean: float
    high: float


@dataclass(frozen=True)
class Picture:
    """bottom, top: ends of the scale. limits: (y, verdict, the value). gaps: (x, width, code). marks: x."""

    title: str
    unit: str
    decimals: int
    bottom: float
    top: float
    paths: tuple[Curve, ...]
    limits: tuple[tuple[float, str, float], ...]
    gaps: tuple[tuple[float, float, str], ...]
    marks: tuple[float, ...]


def draw(
    chart: dict[str, Any], samples: Sequence[Sample], markers: Sequence[dict[str, Any]]
) -> Picture | None:
    """The chart's picture; None where nothing of it was recorded."""
    series = [each for each in chart["series"] if any(each["key"] in sample["values"] for sample in samples)]
    if not series or len(samples) < 2:
        return None
    values = [
        sample["values"][each["key"]]
        for each in series
        for sample in samples
        if each["key"] in sample["values"]
    ]
    limits = sorted({(limit["value"], limit["verdict"]) for each in series for limit in each["limits"]})
    bottom, top = scale(chart["most"], values, [value for value, _ in limits])
    begin, span = samples[0]["at"], max(1, samples[-1]["at"] - samples[0]["at"])

    def x(at: float) -> float:
        return _tenths((at - begin) * WIDTH / span)

    def y(value: float) -> float:
        return _tenths(HEIGHT - (value - bottom) * HEIGHT / (top - bottom))

    return Picture(
        chart["title"],
        chart["unit"],
        chart["decimals"],
        bottom,
        top,
        tuple(_path(each, samples, x, y) for each in series),
        tuple((y(value), verdict, value) for value, verdict in limits),
        tuple(
            (x(this["at"]), max(1.0, x(following["at"]) - x(this["at"])), this.get("gap_code", ""))
            for this, following in zip(samples, [*samples[1:], samples[-1]], strict=True)
            if "gap" in this
        ),
        tuple(x(marker["at"]) for marker in markers if begin <= marker["at"] <= begin + span),
    )


def ticks(samples: Sequence[Sample]) -> list[tuple[float, str]]:
    """Where the time axis has its words, and those: the time since the start in steps of a clock."""
    lasted_s = max(1, samples[-1]["at"] - samples[0]["at"]) / 1000 if samples else 1.0
    step_s = next((step for step in _STEPS_S if lasted_s / step <= _MOST_STEPS), _STEPS_S[-1])
    size, unit = (1, "s") if step_s < 60 else (60, "min") if step_s < 3600 else (3600, "h")
    places = range(0, int(lasted_s) + 1, step_s)
    return [(_tenths(WIDTH * at / lasted_s), f"{at // size} {unit}") for at in places]


def _tenths(value: float) -> float:
    return round(value, 1)


def scale(most: float | None, values: Sequence[float], limits: Sequence[float]) -> tuple[float, float]:
    """Tell where the vertical axis begins and ends: the rule of the page (static/live/scale.js).

    It holds the values and the limits, so that the room to a limit is seen.
    """
    if most is not None:
        return 0.0, float(most)
    low, high = float(min([*values, *limits])), float(max([*values, *limits]))
    room = (high - low) * 0.08 if high > low else max(1.0, abs(high) * 0.1)
    return (0.0 if low >= 0 and not limits else low - room), high + room


def _path(each: dict[str, Any], samples: Sequence[Sample], x: Any, y: Any) -> Curve:
    key = each["key"]
    said = [sample["values"][key] for sample in samples if key in sample["values"]]
    pieces: list[str] = []
    drawing = False
    step = max(1, len(samples) // WIDTH)
    for start in range(0, len(samples), step):
        column = samples[start : start + step]
        if any(key not in sample["values"] for sample in column):  # a gap, or a value that was not said
            drawing = False
        for sample in _extremes([sample for sample in column if key in sample["values"]], key):
            place = f"{x(sample['at']):g} {y(sample['values'][key]):g}"
            pieces.append(f"L{place}" if drawing else f"M{place}h0")  # h0: a sample alone is a dot
            drawing = True
        drawing = drawing and key in column[-1]["values"]
    return Curve(each["label"], "".join(pieces), min(said), sum(said) / len(said), max(said))


def _extremes(column: Sequence[Sample], key: str) -> list[Sample]:
    if len(column) < 3:
        return list(column)
    both = {
        id(sample): sample
        for sample in (
            min(column, key=lambda s: s["values"][key]),
            max(column, key=lambda s: s["values"][key]),
        )
    }
    return sorted(both.values(), key=lambda sample: int(sample["at"]))
