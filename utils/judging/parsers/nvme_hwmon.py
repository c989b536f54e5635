"""`hwmonN/tempN_x value` lines of hwmon's nvme sensors -> {sensors[]}.

sensors[]: {sensor, celsius, max_celsius, critical_celsius}; the limits are the drive's own, None where
it states none (drives print 65261 or -273 degrees for "no limit"). Sensors that read -273 are off.
The last line is "end of sensors".
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^(hwmon\d+)/temp(\d+)_(input|max|crit|label)[ \t]++(\S(?:[^\n]*[^ \t\n])?)[ \t]*$")
_LIMIT_RANGE = (20, 150)
READS = "sensors[sensor celsius max_celsius critical_celsius]"
LOOKS_AT_EACH = True
NEVER_ZERO = "sensors.celsius"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    found: dict[tuple[str, int], dict[str, str]] = {}
    for chip, number, name, value in _LINE.findall(text):
        found.setdefault((chip, int(number)), {})[name] = value
    sensors = [_sensor(chip, number, values) for (chip, number), values in sorted(found.items())]
    known = [sensor for sensor in sensors if sensor["celsius"] is not None]
    if not known and re.search(r"(?m)^no NVMe sensor$", text):
        raise NotApplicable("No NVMe drive shows its temperature (kernel before 5.5, or no drive).")
    if not known:
        raise refuse(stdout, stderr, exit_status)
    if not re.search(r"(?m)^end of sensors$", text):
        raise Undecided("The list of sensors is cut off.", Cause.CUT_OFF)
    return {"sensors": known}


def _sensor(chip: str, number: int, values: dict[str, str]) -> Reading:
    low, high = _LIMIT_RANGE
    limits = [_celsius(values.get(name)) for name in ("max", "crit")]
    now = _celsius(values.get("input"))
    return {
        "sensor": f"{chip} {values.get('label', f'temp{number}')}",
        "celsius": now if now is not None and -100 < now < 200 else None,
        "max_celsius": limits[0] if limits[0] is not None and low < limits[0] < high else None,
        "critical_celsius": limits[1] if limits[1] is not None and low < limits[1] < high else None,
    }


def _celsius(text: str | None) -> float | None:
    """Millidegrees as sysfs prints them; fewer than four digits are a cut number."""
    return int(text) / 1000 if text and re.fullmatch(r"-?\d{4,7}|0", text) else None
