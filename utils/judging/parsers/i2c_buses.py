"""Lines "1-0040 driver=ina3221 name=ina3221" and "i2c-1 driver= name=3180000.i2c" -> what is on I2C.

{bus_count, device_count, bound_count, unbound, buses: [{bus, name}], devices: [{address, name, driver}]}.
driver is None where none is bound; unbound names those devices in one line.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of i2c devices"
_LINE = re.compile(r"^(?P<at>i2c-\d+|\d+-[0-9a-f]{4}|i2c-\S+) driver=(?P<driver>\S*) name=\s*(?P<name>.*)$")
READS = "bus_count device_count bound_count unbound buses[bus name] devices[address name driver]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    found = [match for match in map(_LINE.match, lines) if match]
    if len(found) < len(lines):
        raise Undecided("Lines of the list of I2C devices cannot be read.", Cause.GARBAGE)
    buses = [{"bus": m["at"], "name": m["name"]} for m in found if re.fullmatch(r"i2c-\d+", m["at"])]
    devices = [
        {"address": m["at"], "name": m["name"], "driver": m["driver"] or None}
        for m in found
        if not re.fullmatch(r"i2c-\d+", m["at"])
    ]
    unbound = [f"{item['name']} at {item['address']}" for item in devices if not item["driver"]]
    return {
        "bus_count": len(buses),
        "device_count": len(devices),
        "bound_count": len(devices) - len(unbound),
        "unbound": ", ".join(unbound) or "none",
        "buses": buses,
        "devices": devices,
    }
