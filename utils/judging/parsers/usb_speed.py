"""Lines "1-2 0bda:5411 speed=480 version= 2.10 class=09 bos=none name=USB2.1 Hub" from sysfs -> devices.

{device_count, slow_count, doubtful_count, fastest_mbps, devices: [{port, id, speed_mbps, version, name,
slow}]}. slow is "yes" where the device can do USB 3 and runs at 480 Mbit/s or less. It is "maybe" where the
device calls itself USB 2.10 there and does not show its capabilities. A USB 3 device on a USB 2 link does so
(USB 3.2 specification, 9.6.1). It is "no" otherwise, and None where the speed is unknown. bos: "ss" where its
capabilities (BOS) name SuperSpeed, "none" where they do not; empty where the kernel (before 6.9) does not
show them. Hubs are not judged by 2.10: a USB 3 hub shows its USB 2 half as a separate device. class and bos
may be missing.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of usb speeds"
_LINE = re.compile(
    r"^(?P<port>\S+) (?P<id>[0-9a-f]{4}:[0-9a-f]{4}) speed=(?P<speed>\d+(?:\.\d+)?|unknown)"
    r" version=\s*(?P<version>\d+\.\d\d)(?: class=\s*(?P<class>[0-9a-f]{0,2}) bos=(?P<bos>ss|none|))?"
    r" name=\s*(?P<name>.*)$"
)
_USB3 = 3.0
_FALLEN_BACK = 2.1  # "2.10"; a USB 2 device with link power management is to say 2.01
_HIGH_SPEED_MBPS = 480
READS = "device_count slow_count doubtful_count fastest_mbps devices[port id speed_mbps version name slow]"
NEVER_ZERO = "devices.speed_mbps"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    devices = [_device(match) for match in map(_LINE.match, lines) if match]
    if len(devices) < len(lines):
        raise Undecided("Lines of the list of USB devices cannot be read.", Cause.GARBAGE)
    speeds = [item["speed_mbps"] for item in devices if item["speed_mbps"] is not None]
    return {
        "device_count": len(devices),
        "slow_count": sum(item["slow"] == "yes" for item in devices),
        "doubtful_count": sum(item["slow"] == "maybe" for item in devices),
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
        "slow": _slow(match, speed),
    }


def _slow(match: re.Match[str], speed: float | None) -> str | None:
    if speed is None:
        return None
    version = float(match["version"])
    if speed > _HIGH_SPEED_MBPS:
        return "no"
    if version >= _USB3 or (match["bos"] == "ss" and not _is_hub(match)):
        return "yes"
    fallen = version == _FALLEN_BACK and match["bos"] != "none" and not _is_hub(match)
    return "maybe" if fallen else "no"


def _is_hub(match: re.Match[str]) -> bool:
    return match["class"] == "09" or match["id"].startswith("1d6b:") or "hub" in match["name"].lower()
