"""The kernel's power supplies -> the board's batteries and what feeds it.

    batteries[]: name answers present status health capacity_percent volts amps celsius cycle_count
                 full_percent
    supplies[]:  name type online      lowest_percent: charge of the emptiest battery

capacity_percent: as the gauge says it, else the charge of the full charge; null where it cannot be (250).
full_percent: what a full charge holds now, of the design. answers: False where every value is zero or
cannot be, as of a gauge that was never read; its values are null then. Batteries of mice and the like
(scope Device) are left out; a board without a battery is not applicable. Null is what the driver does not
tell.
"""

from __future__ import annotations

from typing import Any

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._sysfs import number, wanted
from utils.judging.parsers._text import percent
from utils.model.results import Reading

_MOST_PERCENT = 110  # some gauges go a little above 100 right after charging
_ZERO_KELVIN = -2731  # tenths of a degree
_PATH = r"/sys/class/power_supply/([^/]+)/([a-z_]+)"
READS = (
    "batteries[name present status health capacity_percent volts amps celsius cycle_count full_percent "
    "answers] supplies[name type online] lowest_percent"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    raw: dict[str, dict[str, str]] = {}
    for hit, value in wanted(stdout, stderr, exit_status, _PATH):
        raw.setdefault(hit.group(1), {})[hit.group(2)] = value
    typed = {name: files for name, files in sorted(raw.items()) if files.get("type")}
    if not typed:
        raise Undecided("The power supplies do not tell what they are.", Cause.NOT_SAID)
    own = {name: files for name, files in typed.items() if files.get("scope") != "Device"}
    batteries = [_battery(name, files) for name, files in own.items() if files["type"] == "Battery"]
    if not batteries:
        raise NotApplicable("This board has no battery that the kernel knows.")
    supplies = [
        {"name": name, "type": files["type"], "online": _flag(files.get("online"))}
        for name, files in own.items()
        if files["type"] != "Battery"
    ]
    charges = [item["capacity_percent"] for item in batteries if item["capacity_percent"] is not None]
    return {"batteries": batteries, "supplies": supplies, "lowest_percent": min(charges, default=None)}


def _battery(name: str, files: dict[str, str]) -> dict[str, Any]:
    tenths = number(files.get("temp"))
    if not _answers(files):
        files, tenths = {key: files[key] for key in ("type", "present") if key in files}, None
        return {**_told(name, files, tenths), "answers": False}
    return {**_told(name, files, tenths), "answers": True}


def _answers(files: dict[str, str]) -> bool:
    """Whether one value speaks for a gauge that was read: a battery that is there has a voltage."""
    volts, kelvins, level = (number(files.get(key)) for key in ("voltage_now", "temp", "capacity"))
    if level is not None and not 0 <= level <= _MOST_PERCENT:
        return False
    return volts != 0 and not (volts is None and not level and kelvins in (0, _ZERO_KELVIN))


def _told(name: str, files: dict[str, str], tenths: int | None) -> dict[str, Any]:
    return {
        "name": name,
        "present": _flag(files.get("present")),
        "status": files.get("status"),
        "health": files.get("health"),
        "capacity_percent": _level(files),
        "volts": _micro(files.get("voltage_now")),
        "amps": _micro(files.get("current_now")),
        "celsius": tenths / 10 if tenths is not None else None,
        "cycle_count": number(files.get("cycle_count")),
        "full_percent": _full(files),
    }


def _level(files: dict[str, str]) -> float | None:
    said = number(files.get("capacity"))
    if said is not None:
        return said
    for kind in ("charge", "energy"):
        now, full = number(files.get(f"{kind}_now")), number(files.get(f"{kind}_full"))
        if now is not None and full:
            return percent(now, full)
    return None


def _full(files: dict[str, str]) -> float | None:
    for kind in ("charge", "energy"):
        full, design = number(files.get(f"{kind}_full")), number(files.get(f"{kind}_full_design"))
        if full is not None and design:
            return percent(full, design)
    return None


def _micro(text: str | None) -> float | None:
    value = number(text)
    return value / 1_000_000 if value is not None else None


def _flag(text: str | None) -> bool | None:
    value = number(text)
    return None if value is None else value > 0
