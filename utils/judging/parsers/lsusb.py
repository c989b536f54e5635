"""`lsusb` (also -v, also busybox) -> {count, hub_count, devices: [{bus, device, id, name}], complete}.

count: all devices, root hubs too. complete: False when the last line is cut off. The tree of `lsusb -t`
is another layout: it shows interfaces, not devices, and is refused.
"""

from __future__ import annotations

import re

from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(
    r"(?m)^[ \t]*Bus (?P<bus>\d{1,3}) Device (?P<device>\d{1,3}): ID (?P<id>[0-9a-fA-F]{4}:[0-9a-fA-F]{4})"
    r"(?:[ \t]++(?P<name>.*[^ \t\n]))?[ \t]*$"
)
_ROOT_HUB = "1d6b:"
READS = "count hub_count devices[bus device id name] complete"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    devices = [
        {
            "bus": int(match["bus"]),
            "device": int(match["device"]),
            "id": match["id"].lower(),
            "name": match["name"] or "",
        }
        for match in _LINE.finditer(text)
    ]
    if not devices:
        raise refuse(stdout, stderr, exit_status)
    last = text.rstrip().splitlines()[-1]
    return {
        "count": len(devices),
        "hub_count": sum(str(item["id"]).startswith(_ROOT_HUB) for item in devices),
        "devices": devices,
        "complete": not last.lstrip().startswith("Bus") or bool(_LINE.match(last)),
    }
