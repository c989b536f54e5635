"""ss -tln, or netstat -tln where ss is missing -> {sockets: [{address, port}], ports,
reachable_ports, count, listed}.

reachable_ports: those that listen on more than loopback. With and without header lines.
"""

from __future__ import annotations

import re

from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_ADDRESS = r"(\S*[^\s:]|\S*\])(?:%[\w.-]+)?:(\d{1,5})"
_SS = re.compile(
    rf"(?m)^(?:tcp[ \t]+)?LISTEN[ \t]+\d+[ \t]+\d+[ \t]+{_ADDRESS}[ \t]+\S+:(?:\*|\d+)(?:[ \t].*)?$"
)
_NETSTAT = re.compile(rf"(?m)^tcp6?[ \t]+\d+[ \t]+\d+[ \t]+{_ADDRESS}[ \t]+\S+:(?:\*|\d+)[ \t]+LISTEN\b.*$")
READS = "sockets[address port] ports reachable_ports count listed"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout).replace(" :::", " [::]:")
    found = [(address, int(port)) for address, port in (*_SS.findall(text), *_NETSTAT.findall(text))]
    found = [(address, port) for address, port in found if 0 < port < 65536]
    if not found:
        raise refuse(stdout, stderr, exit_status)
    reachable = sorted({port for address, port in found if not _is_loopback(address)})
    return {
        "sockets": [{"address": address, "port": port} for address, port in found],
        "ports": sorted({port for _, port in found}),
        "reachable_ports": reachable,
        "count": len(reachable),
        "listed": ", ".join(str(port) for port in reachable) or "none",
    }


def _is_loopback(address: str) -> bool:
    return address.startswith(("127.", "[::1]", "[::ffff:127.", "::1"))
