"""Lines about the ttyTHS ports -> {port_count, taken_count, ports: [{port, taken_by, users}]}.

Lines: "port ttyTHS1", "console=ttyTCU0,115200" (kernel command line), "getty UNIT", "holder ttyTHS1
agetty" (a program that has the port open), "hidden" (without root no other user's program was seen).
taken_by: "nobody", or who spoils the port for others (kernel console, login prompt); users: other programs
that have it open, or "nobody".
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of serial ports"
_LINE = re.compile(r"^(?:port \S+|console=\S*|getty \S+|holder \S+ .+|hidden)$")
_LOGIN = re.compile(r"^(?:agetty|getty|login|bash|sh|nvgetty\S*)$")
READS = "port_count taken_count ports[port taken_by users]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    if not all(_LINE.match(line) for line in lines):
        raise Undecided("Lines about the serial ports cannot be read.", Cause.GARBAGE)
    ports = [_port(line.split()[1], lines) for line in lines if line.startswith("port ")]
    taken = sum(port["taken_by"] != "nobody" for port in ports)
    return {"port_count": len(ports), "taken_count": taken, "ports": ports}


def _port(port: str, lines: list[str]) -> dict[str, str]:
    said = [line.split(None, 2)[2] for line in lines if line.startswith(f"holder {port} ")]
    holders = list(dict.fromkeys(said))  # ps and fuser may both name one
    taken = [f"login prompt ({name})" for name in holders if _LOGIN.match(name)]
    if any(line.startswith(f"getty serial-getty@{port}.") for line in lines):
        taken.append(f"serial-getty@{port}")
    if any(re.match(rf"console={re.escape(port)}(?:,|$)", line) for line in lines):
        taken.append("kernel console")
    users = [name for name in holders if not _LOGIN.match(name)]
    nobody = "nobody that this user sees" if "hidden" in lines else "nobody"
    return {"port": port, "taken_by": ", ".join(taken) or "nobody", "users": ", ".join(users) or nobody}
