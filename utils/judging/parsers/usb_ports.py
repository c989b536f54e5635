"""Lines "usb1-port1 0" (over_current_count of sysfs) -> {port_count, ports: [{port, over_current_count}]}."""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of usb ports"
_LINE = re.compile(r"^(?P<port>[\w.:-]+-port\d+) (?P<count>\d+)$")
READS = "port_count ports[port over_current_count]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    ports = [
        {"port": match["port"], "over_current_count": int(match["count"])}
        for match in map(_LINE.match, lines)
        if match
    ]
    if len(ports) < len(lines):
        raise Undecided("Lines of the list of USB ports cannot be read.", Cause.GARBAGE)
    return {"port_count": len(ports), "ports": ports}
