"""A recording's samples -> what happened in it, as lines with verdicts. Pure.

Limits are the catalogue's: each line's verdict is that of the diagnostic's own checks on the worst that was
recorded. What was not recorded never makes a line pass. Gaps and an early end are said. A recording without a
fault that is not whole is undecided.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from utils.judging.catalogue.models import Diagnostic
from utils.judging.parsers import cooling_devices, input_voltage, over_current, thermal_zones
from utils.judging.verdict import evaluate
from utils.live.samples.history import Sample
from utils.model.results import Reading, Verdict, worst
from utils.model.words import number, span

if TYPE_CHECKING:
    from utils.live.samples.measures import FindDiagnostic

Describing = Mapping[str, Any]
"""Sampler.described(): charts with their series and limits, counters."""

_WHOLE = 0.9
"""A recording with less than this share of its time is not whole. Our own default."""

_AGAIN = "Record again to the end: what is missing was not seen."
_RESTARTED = "Look at “What started the board last” and at the log of the boot before, then at the supply."
_GAPS = "Check the cable and its plugs, then record again. Live says why each gap is there."
_LOOSE = "Check the plugs and cables of this part, then record again."


@dataclass(frozen=True)
class OutcomeLine:
    """label: what; value: what was seen ("+2", "71.3 °C"); limit: in words, with whose it is; next_step: of
    a fault or a warning."""

    label: str
    value: str
    verdict: Verdict
    limit: str = ""
    next_step: str = ""


@dataclass(frozen=True)
class SoakOutcome:
    """The verdict of a recording. recorded_s: time with samples; missed_s: of the planned time, without."""

    verdict: Verdict
    sentence: str
    lines: tuple[OutcomeLine, ...]
    recorded_s: float
    missed_s: float
    samples: int


def judge_soak(
    samples: Sequence[Sample],
    described: Describing,
    judging: FindDiagnostic,
    *,
    planned_s: float,
    reboots: int = 0,
    ended_at: int | None = None,
) -> SoakOutcome:
    """The outcome of these samples of one device. ended_at: when the recording ended, as their "at"."""
    real = [sample for sample in samples if "gap" not in sample]
    recorded_s, losses = _times(samples, ended_at)
    columns = {key: _column(real, "values", key) for key in _keys(real)}
    lines = [
        *_reboots(reboots),
        *_losses(losses),
        *_slowed(real, samples, judging),
        *_voltage(columns, judging),
        *_counts(real, described, judging),
        *_hottest(columns, described, judging),
        *_power(columns),
    ]
    whole = recorded_s >= _WHOLE * planned_s
    if not whole:
        missing = f"{span(recorded_s)} of {span(planned_s)}"
        lines.insert(0, OutcomeLine("Recorded", missing, Verdict.UNKNOWN, "all of it", _AGAIN))
    verdict = worst(line.verdict for line in lines) if real else Verdict.UNKNOWN
    return SoakOutcome(
        verdict, _sentence(lines), tuple(lines), recorded_s, max(0.0, planned_s - recorded_s), len(real)
    )


def _keys(samples: Iterable[Sample]) -> dict[str, None]:
    return dict.fromkeys(key for sample in samples for key in sample["values"])


def _column(samples: Iterable[Sample], kind: str, key: str) -> list[float]:
    return [sample[kind][key] for sample in samples if key in sample[kind]]


def _times(samples: Sequence[Sample], ended_at: int | None) -> tuple[float, list[float]]:
    """Seconds with samples, and how long each gap lasted: from the last sample before it, since a loss is
    noticed late, to the next one or the recording's end."""
    recorded, losses = 0.0, []
    for this, following in itertools.pairwise(samples):
        seconds = (following["at"] - this["at"]) / 1000
        if "gap" in following:
            losses.append(seconds)
        elif "gap" in this:
            losses[-1:] = [sum(losses[-1:]) + seconds]
        else:
            recorded += seconds
    if samples and ended_at is not None and "gap" in samples[-1]:
        losses[-1:] = [sum(losses[-1:]) + max(0.0, (ended_at - samples[-1]["at"]) / 1000)]
    return recorded, losses


def _reboots(count: int) -> Iterable[OutcomeLine]:
    if count:
        yield OutcomeLine("Restarts", str(count), Verdict.FAIL, "no restart", _RESTARTED)


def _losses(losses: Sequence[float]) -> Iterable[OutcomeLine]:
    if losses:
        value = f"{len(losses)}, {span(sum(losses))} without data"
        yield OutcomeLine("Gaps", value, Verdict.WARN, "no gap", _GAPS)


def _slowed(
    real: Sequence[Sample], samples: Sequence[Sample], judging: FindDiagnostic
) -> Iterable[OutcomeLine]:
    keys = [key for key in _keys(real) if key.startswith("slowed.")]
    if not keys:
        return
    seconds = 0.0
    for this, following in itertools.pairwise(samples):
        if "gap" not in following and any(this["values"].get(key, 0) > 0 for key in keys):
            seconds += (following["at"] - this["at"]) / 1000
    most = {key: max(_column(real, "values", key)) for key in keys}
    reading = cooling_devices.of_devices(
        (key.partition(".")[2], round(state), None) for key, state in most.items()
    )
    yield OutcomeLine("Throttling", span(seconds), *_told(judging("throttling-now"), reading))


def _voltage(columns: Mapping[str, Sequence[float]], judging: FindDiagnostic) -> Iterable[OutcomeLine]:
    for key, volts in columns.items():
        if not key.startswith("voltage.") or not volts:
            continue
        reading = input_voltage.of_millivolts(key.partition(".")[2], [round(each * 1000) for each in volts])
        told = _told(judging("input-voltage"), reading)
        yield OutcomeLine(f"Lowest input voltage ({reading['rail']})", f"{min(volts):.2f} V", *told)


def _counts(real: Sequence[Sample], described: Describing, judging: FindDiagnostic) -> Iterable[OutcomeLine]:
    for counter in described["counters"]:
        column = _column(real, "counts", counter["key"])
        if not column:
            continue
        rise = round(column[-1] - column[0])
        if counter["gauge"]:
            changes = sum(one != two for one, two in itertools.pairwise(column))
            if changes:
                yield OutcomeLine(
                    counter["label"], f"changed {number(changes, 'time')}", Verdict.WARN, "0 changes", _LOOSE
                )
        elif counter["key"].startswith("oc"):
            reading = over_current.of_events({int(counter["key"].removeprefix("oc")): rise}, {})
            yield OutcomeLine(counter["label"], f"+{rise}", *_of_counter(judging, counter["key"], reading))
        elif rise:
            verdict = Verdict.WARN if counter["alarm"] else Verdict.INFO
            yield OutcomeLine(counter["label"], f"+{rise}", verdict, "0", _LOOSE if counter["alarm"] else "")


def _of_counter(judging: FindDiagnostic, key: str, reading: Reading) -> tuple[Verdict, str, str]:
    """What the one check that looks at this counter tells."""
    diagnostic = judging("over-current")
    checks = [check for check in diagnostic.check if check.value == f"{key}_events"] if diagnostic else []
    if not diagnostic or not checks:
        return Verdict.INFO, "", ""
    return _told(diagnostic.model_copy(update={"check": tuple(checks)}), reading)


def _hottest(
    columns: Mapping[str, Sequence[float]], described: Describing, judging: FindDiagnostic
) -> Iterable[OutcomeLine]:
    series = [
        each for chart in described["charts"] if chart["id"] == "temperature" for each in chart["series"]
    ]
    zones = []
    for place, each in enumerate(series):
        if column := columns.get(each["key"]):
            limits = {limit["verdict"]: limit["value"] for limit in each["limits"]}
            passive, critical = limits.get(Verdict.WARN), limits.get(Verdict.FAIL)
            zones.append(thermal_zones.of_zone(place, each["label"], max(column), passive, critical))
    if zones:
        reading = thermal_zones.of_zones(zones)
        hottest = reading["hottest"]
        told = _told(judging("temperatures"), reading)
        value = f"{hottest['celsius']:.1f} °C ({hottest['sensor']})"
        left_out = sum(
            chart.get("left_out", 0) for chart in described["charts"] if chart["id"] == "temperature"
        )
        yield OutcomeLine("Hottest", f"{value}, {left_out} sensors not watched" if left_out else value, *told)


def _power(columns: Mapping[str, Sequence[float]]) -> Iterable[OutcomeLine]:
    for key, watts in columns.items():
        if key in ("power.VDD_IN", "power.VIN", "power.POM_5V_IN") and watts:
            value = f"{sum(watts) / len(watts):.1f} W mean, {max(watts):.1f} W at most"
            yield OutcomeLine("Power", value, Verdict.INFO)


def _told(diagnostic: Diagnostic | None, reading: Reading) -> tuple[Verdict, str, str]:
    """(verdict, limit with whose it is, next step of a fault or a warning)."""
    if diagnostic is None:
        return Verdict.UNKNOWN, "", ""
    findings, verdict, _ = evaluate(diagnostic, reading)
    limits = [
        f"{each.limit} ({each.limit_source})" if each.limit_source else each.limit
        for each in findings
        if each.limit
    ]
    step = findings[0].next_step if verdict in (Verdict.FAIL, Verdict.WARN) else ""
    return verdict, limits[0] if limits else "", step


def _sentence(lines: Sequence[OutcomeLine]) -> str:
    """ "Throttling 0 s; Lowest input voltage (VDD_IN) 4.86 V; OC1 under-voltage +0; Hottest 71.0 °C" """
    said = "; ".join(f"{line.label} {line.value}" for line in lines)
    return f"{said[:1].upper()}{said[1:]}." if said else "Nothing was recorded."
