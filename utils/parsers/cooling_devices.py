"""Cooling devices of sysfs -> who slows the chip down at this moment.

    devices[]: name kind (cpu gpu alert surface other fan) state max_state percent (state of max_state)
    active[]: names of those, fans apart, whose state is above 0

alert: NVIDIA's "...-throttle-alert", set when a passive trip is reached. surface: the hot-surface alert,
a warning for fingers, no throttling. A state that the kernel does not tell (-1) is null.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable, Undecided
from utils.parsers._sysfs import number, wanted
from utils.parsers._text import percent
from utils.result import Reading

_PATH = r"/sys/class/thermal/cooling_device(\d{1,4})/(type|cur_state|max_state)"
_KINDS = (
    ("fan", re.compile(r"(?i)fan")),
    ("surface", re.compile(r"(?i)hot-surface")),
    ("alert", re.compile(r"(?i)throttle-alert")),
    ("cpu", re.compile(r"(?i)cpu|^processor$")),
    ("gpu", re.compile(r"(?i)gpu|gk20a|ga10b|gv11b|gp10b|gr3d")),
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    raw: dict[int, dict[str, str]] = {}
    for hit, value in wanted(stdout, stderr, exit_status, _PATH):
        raw.setdefault(int(hit.group(1)), {})[hit.group(2)] = value
    devices = [_device(files) for _, files in sorted(raw.items()) if "type" in files]
    if not any(device["state"] is not None for device in devices):
        raise Undecided("No cooling device tells its state.")
    if all(device["kind"] == "fan" for device in devices):
        raise NotApplicable("The only cooling device is a fan.")
    active = [device["name"] for device in devices if device["kind"] != "fan" and device["state"]]
    return {"devices": devices, "active": active}


def _device(files: dict[str, str]) -> Reading:
    state, highest = number(files.get("cur_state")), number(files.get("max_state"))
    state = state if state is not None and state >= 0 else None
    name = files["type"]
    kind = next((kind for kind, pattern in _KINDS if pattern.search(name)), "other")
    return {
        "name": name,
        "kind": kind,
        "state": state,
        "max_state": highest,
        "percent": percent(state, highest) if state is not None and highest and highest > 0 else None,
    }
