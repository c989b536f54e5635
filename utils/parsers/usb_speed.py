"""Lines "1-2 0bda:5411 speed=480 version= 2.10 name=USB2.1 Hub" from sysfs -> devices with their speed.

{device_count, slow_count, fastest_mbps, devices: [{port, id, speed_mbps, version, name, slow}]}. slow:
the device calls itself USB 3 or later and runs at 480 Mbit/s or less; None where the speed is unknown.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Undecided
from utils.parsers._listing import listed
from utils.result import Reading

END = "end of usb speeds"
_LINE = re.compile(
    r"^(?P<port>\S+) (?P<id>[0-9a-f]{4}:[0-9a-f]{4}) speed=(?P<speed>\d+(?:\.\d+)?|unknown)"
    r" version=\s*(?P<version>\d+\.\d\d) name=\s*(?P<name>.*)$"
)
_USB3 = 3.0
_HIGH_SPEED_MBPS = 480


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    devices = [_device(match) for match in map(_LINE.match, lines) if match]
    if len(devices) < len(lines):
        raise Undecided("Lines of the list of USB devices cannot be read.")
    speeds = [item["speed_mbps"] for item in devices if item["speed_mbps"] is not None]
    return {
        "device_count": len(devices),
        "slow_count": sum(bool(item["slow"]) for item in devices),
        "fastest_mbps": max(speeds, default=None),
        "devices": devices,
    }


def _device(match: re.Match[str]) -> dict[str, Any]:
    speed = None if match["speed"] == "unknown" else float(match["speed"])
    version = match["version"]
    return {
        "port": match["port"],
        "id": match["id"],
        "speed_mbps": int(speed) if speed is not None and speed.is_integer() else speed,
        "version": version,
        "name": match["name"].strip() or "USB device",
        "slow": None if speed is None else float(version) >= _USB3 and speed <= _HIGH_SPEED_MBPS,
    }
