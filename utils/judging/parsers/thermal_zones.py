"""Thermal zones of sysfs with their trip points -> what each sensor reads and where the board throttles.

    zones[]: zone (number) sensor (its type) celsius passive_celsius critical_celsius
    hottest: {sensor, celsius}      switched_off[]: sensors without a value now
    beyond[]: {sensor, celsius} of sensors hotter than anything that still works
    colder[]: {sensor, celsius} of sensors in deep frost while another one on the board is warm
    whole[]: {sensor, celsius} of sensors whose driver counts whole degrees, not thousandths

passive: the highest trip at which the kernel slows the chip down; lower passive trips only raise the
hot-surface alert. Trips that are switched off (0 or below) are null. PMIC zones are constants and are
left out.
Null celsius is never a pass: such zones stand in switched_off only.
"""

from __future__ import annotations

from collections.abc import Sequence

from utils.errors import Cause, Undecided
from utils.judging.parsers._sysfs import number, wanted
from utils.model.results import Reading

_PATH = r"/sys/class/thermal/thermal_zone(\d{1,4})/(type|temp|trip_point_\d+_(?:type|temp))"
_BELIEVABLE_CELSIUS = (-60, 200)
_FROST_CELSIUS, _APART_CELSIUS = -20, 50
_WHOLE_DEGREES = range(1, 200)  # as thousandths they would all be 0 degrees
_NO_READING = -1  # millidegrees: a driver's error, not a frost
READS = (
    "zones[zone sensor celsius passive_celsius critical_celsius] hottest[sensor celsius] switched_off "
    "beyond[sensor celsius] colder[sensor celsius] whole[sensor celsius]"
)
NEVER_ZERO = "zones.celsius"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    raw: dict[int, dict[str, str]] = {}
    for hit, value in wanted(stdout, stderr, exit_status, _PATH):
        raw.setdefault(int(hit.group(1)), {})[hit.group(2)] = value
    zones, off, beyond, whole = [], [], [], []
    for zone, files in sorted(raw.items()):
        name = files.get("type", f"zone {zone}")
        if name.lower().startswith("pmic"):
            continue
        read, celsius = number(files.get("temp")), _celsius(files.get("temp"))
        if read in _WHOLE_DEGREES:
            whole.append({"sensor": name, "celsius": read})
            continue
        if celsius is None:
            if read is not None and read > _BELIEVABLE_CELSIUS[1] * 1000:
                beyond.append({"sensor": name, "celsius": read / 1000})
            else:
                off.append(name)
            continue
        critical = max(_trips(files, "critical"), default=None)
        passive = [trip for trip in _trips(files, "passive") if critical is None or trip < critical]
        zones.append(of_zone(zone, name, celsius, max(passive, default=None), critical))
    if not zones and not whole:
        raise Undecided("No thermal zone gives a temperature.", Cause.NOT_SAID)
    if not zones:
        raise Undecided(
            "No thermal zone counts thousandths of a degree, as the kernel should.", Cause.NOT_SAID
        )
    return {**of_zones(zones, off, beyond), "whole": whole}


def of_zone(zone: int, sensor: str, celsius: float, passive: float | None, critical: float | None) -> Reading:
    """One zone that gives a temperature, with the trips at which the board slows down and shuts down."""
    return {
        "zone": zone,
        "sensor": sensor,
        "celsius": celsius,
        "passive_celsius": passive,
        "critical_celsius": critical,
    }


def of_zones(zones: Sequence[Reading], off: Sequence[str] = (), beyond: Sequence[Reading] = ()) -> Reading:
    """The reading of these zones, one at least. off, beyond: sensors without a value that can be."""
    hottest = max(zones, key=lambda item: float(item["celsius"]))
    frost = min(_FROST_CELSIUS, hottest["celsius"] - _APART_CELSIUS)
    return {
        "zones": list(zones),
        "hottest": {"sensor": hottest["sensor"], "celsius": hottest["celsius"]},
        "switched_off": list(off),
        "beyond": list(beyond),
        "colder": [
            {"sensor": zone["sensor"], "celsius": zone["celsius"]}
            for zone in zones
            if zone["celsius"] < frost
        ],
    }


def _celsius(text: str | None) -> float | None:
    value = number(text)
    low, high = _BELIEVABLE_CELSIUS
    if value == _NO_READING or value is None or not low <= value / 1000 <= high:
        return None
    return value / 1000


def _trips(files: dict[str, str], kind: str) -> list[float]:
    names = [name for name, value in files.items() if name.endswith("_type") and value == kind]
    temps = (_celsius(files.get(name.removesuffix("type") + "temp")) for name in names)
    return [celsius for celsius in temps if celsius is not None and celsius > 0]
