"""A profile's expectations as checks of the diagnostics they concern. Pure: builds checks, judges nothing.

What cannot be told (a list that was cut off, a missing tool) stays undecided. Only what was looked for and is
not there is a fault.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from typing import Any

from utils.judging.catalogue.models import Check, Diagnostic
from utils.judging.catalogue.parts import part_checks
from utils.judging.catalogue.profile import Profile

Changed = dict[str, Any]
UNITS_END = " && echo 'end of vital services'"


def changes(diagnostic: Diagnostic, profile: Profile) -> Changed:
    """What the profile changes of this diagnostic: the fields of a copy; empty where it says nothing."""
    make = _MAKERS.get(diagnostic.id)
    made = make(diagnostic, profile) if make else {}
    known = profile.expect.parts.get(diagnostic.id, ())
    if not known or diagnostic.part is None:
        return made
    checks = part_checks(diagnostic, diagnostic.part, known, profile.source)
    stated = made.get("check", diagnostic.check)
    names = tuple(each.name for each in known if not each.optional and diagnostic.part.each)
    absent = {"expected": profile.source, "expected_parts": names} if names else {}
    return {**made, "check": (*checks, *stated), **absent}


def with_units(diagnostic: Diagnostic, units: Iterable[str]) -> Diagnostic:
    """`critical-units` asking for these units too. Boards whose profile does not name them ignore them."""
    asked = diagnostic.command.split()
    extra = [unit for unit in dict.fromkeys(units) if unit not in asked]
    if not extra or UNITS_END not in diagnostic.command:
        return diagnostic
    names = " ".join(shlex.quote(unit) for unit in extra)
    return diagnostic.model_copy(
        update={
            "command": diagnostic.command.replace(UNITS_END, f" {names}{UNITS_END}"),
            "check": _ignoring(diagnostic.check, extra),
        }
    )


def _ignoring(checks: Iterable[Check], units: list[str]) -> tuple[Check, ...]:
    mine = _check(label="-", value="unit", ignore={"value": "unit", "one_of": units}, otherwise="info").ignore
    return tuple(
        check.model_copy(update={"ignore": (*check.ignore, *mine)}) if check.each == "units" else check
        for check in checks
    )


def _check(**fields: Any) -> Check:
    return Check.model_validate(fields)


def _expected(profile: Profile, diagnostic: Diagnostic, *checks: Check) -> Changed:
    return {"check": (*checks, *diagnostic.check), "expected": profile.source}


def _cameras(diagnostic: Diagnostic, profile: Profile) -> Changed:
    count = profile.expect.cameras
    if count is None:
        return {}
    short = {"below": count}
    own = _check(
        label="Cameras",
        value="camera_count",
        fail={
            "all": [short, {"value": "complete", "not_equals": False}],
            "reason": f"{{camera_count}} of {count} expected cameras are listed.",
        },
        unknown={
            "all": [short, {"value": "complete", "equals": False}],
            "reason": f"{{camera_count}} of {count} expected cameras are listed; the list is cut off.",
        },
        info={"above": count, "reason": f"{{camera_count}} cameras are listed, {count} are expected."},
        reason=f"All {count} expected cameras are listed.",
        source=profile.source,
    )
    changed = _expected(profile, diagnostic.model_copy(update={"check": ()}), own)
    return changed if count else {"check": changed["check"]}


def _usb(diagnostic: Diagnostic, profile: Profile) -> Changed:
    checks = [
        _check(
            label=f"USB device {device}",
            value="devices.id",
            fail={
                "all": [{"lacks": device}, {"value": "complete", "not_equals": False}],
                "reason": f"The expected USB device {device} is not there.",
            },
            unknown={"lacks": device, "reason": f"{device} is not in the list, which is cut off."},
            reason=f"The expected USB device {device} is there.",
            source=profile.source,
            next_step="Plug it in again, try another port and cable, then look for it in the kernel log.",
        )
        for device in profile.expect.usb_devices
    ]
    return _expected(profile, diagnostic, *checks) if checks else {}


def _can(diagnostic: Diagnostic, profile: Profile) -> Changed:
    checks = [
        _check(
            label=f"CAN interface {name}",
            value="interfaces.name",
            fail={"lacks": name, "reason": f"The expected CAN interface {name} is not there."},
            reason=f"The expected CAN interface {name} is there.",
            source=profile.source,
            next_step="Check that its driver is loaded (lsmod | grep can) and its pins are set up.",
        )
        for name in profile.expect.can_interfaces
    ]
    if not checks:
        return {}
    up = _check(
        label="CAN interface up",
        each="interfaces",
        name="{name} up",
        value="link_up",
        warn={"equals": False, "reason": "{name} is down; this board is expected to use it."},
        ignore={"value": "name", "not_one_of": profile.expect.can_interfaces},
        reason="{name} is up.",
        source=profile.source,
        next_step="Bring it up: sudo ip link set {name} up type can bitrate 500000 (or the bus's own).",
        empty="ignore",
    )
    return _expected(profile, diagnostic, *checks, up)


def _units(diagnostic: Diagnostic, profile: Profile) -> Changed:
    units = list(profile.expect.critical_units)
    if not units:
        return {}
    plain = diagnostic.model_copy(update={"check": _ignoring(diagnostic.check, units)})
    told = [
        _check(
            label=unit,
            value="units.unit",
            unknown={"lacks": unit, "reason": f"systemctl did not answer about {unit}."},
            ignore={"matches": f"'{re.escape(unit)}'"},
            source=profile.source,
        )
        for unit in units
    ]
    running = _check(
        label="Expected services",
        each="units",
        name="{unit}",
        value="state",
        fail={
            "one_of": ["failed", "stopped", "off", "absent"],
            "reason": "{unit} is expected to run, but is {state}.",
        },
        warn={"equals": "changing", "reason": "{unit} is {active} ({sub}): look again in a few seconds."},
        ignore={"value": "unit", "not_one_of": units},
        reason="{unit} runs, as expected.",
        source=profile.source,
        next_step="See why: systemctl status and journalctl -b -u with its name.",
        empty="unknown",
    )
    return _expected(profile, plain, running, *told)


def _power_mode(diagnostic: Diagnostic, profile: Profile) -> Changed:
    mode = profile.expect.power_mode
    if not mode:
        return {}
    own = _check(
        label="Power mode",
        value="mode_name",
        warn={
            "not_equals": mode,
            "reason": f"The board runs in power mode {{mode_name}}; expected is {mode}.",
        },
        reason="The board runs in the expected power mode {mode_name}.",
        source=profile.source,
        next_step="Set it: sudo nvpmodel -m with the number of that mode (they are in /etc/nvpmodel.conf).",
    )
    return _expected(profile, diagnostic.model_copy(update={"check": ()}), own)


def _model(diagnostic: Diagnostic, profile: Profile) -> Changed:
    model = profile.expect.model
    if not model:
        return {}
    own = _check(
        label="Expected model",
        value="model",
        fail={
            "not_matches": f"(?i){model}",
            "reason": "This board is a {model}: not the one that is expected.",
        },
        reason="This board is the expected model: {model}.",
        source=profile.source,
        next_step="Check which board is plugged in, or correct the profile.",
    )
    return {"check": (own, *diagnostic.check)}


_MAKERS: dict[str, Callable[[Diagnostic, Profile], Changed]] = {
    "cameras": _cameras,
    "usb-devices": _usb,
    "can-bus": _can,
    "critical-units": _units,
    "power-mode": _power_mode,
    "identity": _model,
}
