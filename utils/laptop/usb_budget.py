"""How full the laptop's USB host controllers are, from sysfs.

A controller serves so many endpoints over all of its ports. A board's gadget (RNDIS, NCM, console, disk)
takes about 12 of them. So a controller carries some five to eight boards. Intel's xHCI has 96, others have 64
or more. No file tells it, so `possible` is what is usual for the maker.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from utils.laptop import usb

INTEL, INTEL_ENDPOINTS, USUAL_ENDPOINTS = "0x8086", 96, 64
ENDPOINTS_PER_BOARD = 12


@dataclass(frozen=True)
class Controller:
    """One host controller. used: endpoints in use over all its ports; possible: about how many it has."""

    name: str
    used: int
    possible: int

    @property
    def is_full(self) -> bool:
        """Whether one more board may not fit."""
        return self.used + ENDPOINTS_PER_BOARD > self.possible

    def __str__(self) -> str:
        return f"USB controller {self.name}: {self.used} of about {self.possible} endpoints used"


_FRESH_S = 2.0
_seen: dict[Path, tuple[float, list[str], Controller | None]] = {}
"""By hub: when it was looked at, with which devices, and what came of it."""


def controller_of(port: str, sysfs: Path | None = None) -> Controller | None:
    """The controller behind this port ("usb-1-2.3"); None where nobody can tell.

    A page with forty boards asks forty times at once, so the answer holds while no device comes or goes.
    """
    folder = (sysfs or usb.SYSFS) / "bus/usb/devices"
    hub = folder / f"usb{port.removeprefix('usb-').partition('-')[0]}"
    if not hub.exists():
        return None
    now, devices = time.monotonic(), os.listdir(folder)
    at, before, found = _seen.get(hub, (0.0, [], None))
    if before != devices or now - at > _FRESH_S:
        found = _look(folder, hub)
        _seen[hub] = (now, devices, found)
    return found


def _look(folder: Path, hub: Path) -> Controller:
    home = hub.resolve().parent
    on_it = [each.name for each in folder.glob("usb*") if each.resolve().parent == home]
    buses = {name.removeprefix("usb") for name in on_it} if home != folder.resolve() else {hub.name[3:]}
    used = sum(_endpoints(each) for each in folder.iterdir() if _bus(each) in buses)
    intel = _read(home / "vendor") == INTEL
    name = home.name if home != folder.resolve() else hub.name
    return Controller(name, used, INTEL_ENDPOINTS if intel else USUAL_ENDPOINTS)


def _bus(device: Path) -> str:
    """The bus of a device's folder ("1-2.3" -> "1"); "" for a hub of the controller and for interfaces."""
    return device.name.partition("-")[0] if "-" in device.name and ":" not in device.name else ""


def _endpoints(device: Path) -> int:
    """The one for control, and those of each function."""
    counts = (_read(path) for path in device.glob("*:*/bNumEndpoints"))
    return 1 + sum(int(count, 16) for count in counts if count)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
