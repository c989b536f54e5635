"""Cooling devices of sysfs -> who slows the chip down at this moment.

    devices[]: name kind (cpu gpu alert surface other fan unknown) state max_state percent (of max_state)
    active[]: names of those, fans apart, whose state is above 0
    untold[]: names of those that could slow the chip down, and whose state could not be read

alert: NVIDIA's "...-throttle-alert" and the balanced throttling of older releases, set when a trip is
reached. gpu: each device of devfreq, as "thermal-devfreq-0" was the GPU's name before kernel 5.13. surface:
the hot-surface alert, a warning for fingers, no throttling. other: what slows no core down (charger, Wi-Fi,
display, firmware setting). unknown: a name that no table here knows. A state that the kernel does not
tell (-1) is null.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._sysfs import number, wanted
from utils.judging.parsers._text import percent
from utils.model.results import Reading

_PATH = r"/sys/class/thermal/cooling_device(\d{1,4})/(type|cur_state|max_state)"
_KINDS = (
    ("fan", re.compile(r"(?i)fan")),
    ("surface", re.compile(r"(?i)hot-surface")),
    ("alert", re.compile(r"(?i)throttle-alert|balanced|heavy|throttle|emergency|oc-?alarm")),
    ("cpu", re.compile(r"(?i)cpu|^processor\b|idle_?inject|powerclamp")),
    ("gpu", re.compile(r"(?i)gpu|devfreq|gk20a|ga10b|gv11b|gp10b|gm20b|gb10b|gr3d|mali|emc|dmc|\bddr")),
    (
        "other",
        re.compile(r"(?i)smbb|charger|battery|fcc|tcc offset|iwlwifi|ath\d{1,2}k|mt76|phy\d|wlan|wifi|modem"),
    ),
    ("other", re.compile(r"(?i)display|panel|lcd|backlight|brightness|led")),
)
_SLOWING = {"cpu", "gpu", "alert"}
READS = "devices[name kind state max_state percent] active untold"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    raw: dict[int, dict[str, str]] = {}
    for hit, value in wanted(stdout, stderr, exit_status, _PATH):
        raw.setdefault(int(hit.group(1)), {})[hit.group(2)] = value
    reading = of_devices(
        (files["type"], number(files.get("cur_state")), number(files.get("max_state")))
        for _, files in sorted(raw.items())
        if "type" in files
    )
    devices = reading["devices"]
    if not any(device["state"] is not None for device in devices):
        raise Undecided("No cooling device tells its state.", Cause.NOT_SAID)
    if all(device["kind"] == "fan" for device in devices):
        raise NotApplicable("The only cooling device is a fan.")
    silent = {files["type"] for files in raw.values() if "type" in files and "cur_state" not in files}
    untold = [each["name"] for each in devices if each["kind"] in _SLOWING and each["name"] in silent]
    return {**reading, "untold": untold}


def of_devices(states: Iterable[tuple[str, int | None, int | None]]) -> Reading:
    """The reading of these devices: name, state, highest state."""
    devices = [_device(*each) for each in states]
    active = [device["name"] for device in devices if device["kind"] != "fan" and device["state"]]
    return {"devices": devices, "active": active}


def _device(name: str, state: int | None, highest: int | None) -> Reading:
    state = state if state is not None and state >= 0 else None
    kind = next((kind for kind, pattern in _KINDS if pattern.search(name)), "unknown")
    return {
        "name": name,
        "kind": kind,
        "state": state,
        "max_state": highest,
        "percent": percent(state, highest) if state is not None and highest and highest > 0 else None,
    }
