"""The kernel's power supplies -> the board's batteries and what feeds it.

    batteries[]: name present status health capacity_percent volts amps celsius cycle_count full_percent
    supplies[]:  name type online      lowest_percent: charge of the emptiest battery

full_percent: what a full charge holds now, of the design. Batteries of mice and the like (scope Device) are
left out; a board without a battery is not applicable. Null is what the driver does not tell.
"""

from __future__ import annotations

from typing import Any

from utils.errors import NotApplicable, Undecided
from utils.parsers._sysfs import number, wanted
from utils.parsers._text import percent
from utils.result import Reading

_PATH = r"/sys/class/power_supply/([^/]+)/([a-z_]+)"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    raw: dict[str, dict[str, str]] = {}
    for hit, value in wanted(stdout, stderr, exit_status, _PATH):
        raw.setdefault(hit.group(1), {})[hit.group(2)] = value
    typed = {name: files for name, files in sorted(raw.items()) if files.get("type")}
    if not typed:
        raise Undecided("The power supplies do not tell what they are.")
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
    return {
        "name": name,
        "present": _flag(files.get("present")),
        "status": files.get("status"),
        "health": files.get("health"),
        "capacity_percent": number(files.get("capacity")),
        "volts": _micro(files.get("voltage_now")),
        "amps": _micro(files.get("current_now")),
        "celsius": tenths / 10 if tenths is not None else None,
        "cycle_count": number(files.get("cycle_count")),
        "full_percent": _full(files),
    }


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
