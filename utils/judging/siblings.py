"""A value against those of its siblings: boards of the same model and release that were good. Pure.

The band is that of Tukey's fences around the middle half. What lies beyond it is told with the count that it
stands on. It is an information, far beyond the band a warning, never a fault. With fewer than FEWEST values
nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from utils.judging.catalogue.models import Diagnostic, Track
from utils.judging.track import name_of, tracked
from utils.model.results import Finding, Result, Verdict, severity_rank, worst

FEWEST = 20
"""Good check-ups of siblings."""
SOURCE = "the siblings of this board"

_INNER, _OUTER = 1.5, 3.0  # fences, in heights of the middle half
_SMALLEST = 0.05  # of the middle value: siblings that all say the same are no reason to be strict

SiblingValues = Mapping[str, Sequence[float]]
"""The siblings' values by name (track.py)."""


def beside(result: Result, diagnostic: Diagnostic, siblings: SiblingValues) -> Result:
    """The result, with a finding for each value that lies beyond the siblings' band."""
    own = tracked(diagnostic, result.reading)
    found = [
        finding
        for track in diagnostic.track
        if (name := name_of(diagnostic, track)) in own
        and (finding := _finding(track, own[name], siblings.get(name, ())))
    ]
    return joined(result, found)


def joined(result: Result, found: Sequence[Finding]) -> Result:
    """The result with these findings too."""
    if not found:
        return result
    findings = sorted((*result.findings, *found), key=lambda each: severity_rank(each.verdict))
    verdict = worst((result.verdict, *(each.verdict for each in found)))
    summary = result.summary if verdict is result.verdict else findings[0].reason
    return replace(result, findings=tuple(findings), verdict=verdict, summary=summary)


def _finding(track: Track, value: float, others: Sequence[float]) -> Finding | None:
    if len(others) < FEWEST:
        return None
    from statistics import quantiles  # which loads random numbers and more

    up = track.worse == "up"
    low, middle, high = quantiles(others, n=4)
    height = max(high - low, abs(middle) * _SMALLEST)
    edge, away = (high, value - high) if up else (low, low - value)
    if away <= _INNER * height:
        return None
    better = sum(each < value if up else each > value for each in others)
    unit = f" {track.unit}" if track.unit else ""
    fence = edge + _INNER * height * (1 if up else -1)
    return Finding(
        label=f"{track.label} beside its siblings",
        verdict=Verdict.WARN if away > _OUTER * height else Verdict.INFO,
        reason=f"{track.label} is {value:g}{unit}: {'more' if up else 'less'} than "
        f"{_share(better, len(others))} good check-ups of this model and release.",
        limit=f"{'at most' if up else 'at least'} {fence:.3g}{unit}",
        limit_source=SOURCE,
        evidence=f"siblings: {min(others):g} to {max(others):g}{unit}, the middle one {middle:.3g}{unit}",
        next_step="Compare it with a board of its kind that is as it should be.",
    )


def _share(some: int, count: int) -> str:
    """ "96 % of 212", or "all 21"."""
    return f"all {count}" if some == count else f"{some * 100 // count} % of {count}"
