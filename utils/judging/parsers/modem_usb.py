"""The modem's control and data ports in sysfs -> {count, ports: [{port, driver, usb_id, speed_mbps, name}]}.

Lines `port NAME key=value ...` (key usb, driver, speed, name; the last may hold spaces), or the one
line "port none". None for what sysfs does not say (a modem on PCIe has no USB id and speed).
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(
    r"(?m)^port ([a-z][\w-]*\d) driver=([\w-]*)"
    r" usb=([0-9a-f]{4}:[0-9a-f]{4}|) speed=([\d.]*) name=(.*[^ \t\n]|)[ \t]*$"
)
READS = "ports[port driver usb_id speed_mbps name] count"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    ports = [
        {
            "port": port,
            "driver": driver or None,
            "usb_id": usb or None,
            "speed_mbps": float(speed) if re.fullmatch(r"\d+(\.\d+)?", speed) else None,
            "name": name or None,
        }
        for port, driver, usb, speed, name in _LINE.findall(text)
    ]
    if ports:
        return {"ports": ports, "count": len(ports)}
    if re.search(r"(?m)^port none[ \t]*$", text):
        raise NotApplicable(
            "No modem port (cdc-wdm or wwan) exists: no modem is plugged in or its driver is not loaded."
        )
    raise refuse(stdout, stderr, exit_status)
