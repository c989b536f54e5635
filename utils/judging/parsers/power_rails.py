"""Power monitors (INA3221, INA238 ...) of sysfs -> rails with voltage, current, power and alarms.

    rails[]: rail millivolts milliamps milliwatts critical_alarm maximum_alarm (0 or 1)
    total_mw, total_w: power of the input rail (VDD_IN, VIN, POM_5V_IN), null where none is named so

hwmon of today and the old driver's iio files. Shunt voltages, sums and unconnected channels (NC) are no
rails.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._sysfs import number, wanted
from utils.model.results import Reading

_PATH = (
    r"(?P<device>/sys/\S+/(?:hwmon|iio:device)\d+)/(?:"
    r"(?P<kind>in|curr|power)(?P<channel>\d+)_(?P<what>label|input|crit_alarm|max_alarm)"
    r"|(?P<old>rail_name|in_voltage|in_current|in_power)_?(?P<old_channel>\d)(?:_input)?)"
)
_INPUT = re.compile(r"VDD_IN|VIN|POM_5V_IN")
READS = "rails[rail millivolts milliamps milliwatts critical_alarm maximum_alarm] total_mw total_w"
NEVER_ZERO = "rails.millivolts"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    channels: dict[tuple[str, str], dict[str, str]] = {}
    for hit, value in wanted(stdout, stderr, exit_status, _PATH):
        key = (hit["device"], hit["channel"] or hit["old_channel"])
        channels.setdefault(key, {})[_field(hit)] = value
    rails = [_rail(fields) for fields in channels.values() if _is_rail(fields)]
    if not any(rail["millivolts"] is not None for rail in rails):
        raise Undecided("The power monitors name no rail with a voltage.", Cause.NOT_SAID)
    total = next((rail["milliwatts"] for rail in rails if _INPUT.fullmatch(rail["rail"])), None)
    return {"rails": rails, "total_mw": total, "total_w": None if total is None else round(total / 1000, 1)}


def _field(hit: re.Match[str]) -> str:
    names = {"rail_name": "label", "in_voltage": "in", "in_current": "curr", "in_power": "milliwatts"}
    if hit["old"]:
        return names[hit["old"]]
    if hit["what"] == "label":
        return "label"
    if hit["what"] == "input":
        return "microwatts" if hit["kind"] == "power" else str(hit["kind"])
    return f"{hit['kind']}_{hit['what']}"


def _is_rail(fields: dict[str, str]) -> bool:
    label = fields.get("label", "")
    return bool(label) and label != "NC" and "shunt" not in label.lower()


def _rail(fields: dict[str, str]) -> dict[str, Any]:
    volts, amps = number(fields.get("in")), number(fields.get("curr"))
    return {
        "rail": fields["label"],
        "millivolts": volts,
        "milliamps": amps,
        "milliwatts": _milliwatts(fields, volts, amps),
        "critical_alarm": number(fields.get("curr_crit_alarm")),
        "maximum_alarm": number(fields.get("curr_max_alarm")),
    }


def _milliwatts(fields: dict[str, str], volts: int | None, amps: int | None) -> int | None:
    """As measured (hwmon: microwatts, iio: milliwatts), else volts times amps."""
    micro = number(fields.get("microwatts"))
    if micro is not None:
        return round(micro / 1000)
    product = round(volts * amps / 1000) if volts is not None and amps is not None else None
    return number(fields.get("milliwatts")) or product
