"""The device side of the USB link, from sysfs -> {state, speed, controller, roles, host_role,
address}.

Lines `udc NAME state=configured speed=super-speed`, `role NAME device`, `bridge ADDRESS/PREFIX`; each
kind prints "none" where there is nothing. state as the kernel words it ("configured", "not attached").
host_role: every USB role switch of the board is set to host, so that no laptop can see it.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_UDC = re.compile(r"(?m)^udc (\S+) state=([a-zA-Z ]*?) speed=([\w-]*)[ \t]*$")
_ROLE = re.compile(r"(?m)^role (\S+) (host|device|none)[ \t]*$")
_BRIDGE = re.compile(r"(?m)^bridge (none|[0-9a-fA-F.:]+(?:/\d+)?)[ \t]*$")
READS = "controller state speed roles[port role] host_role address"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    controllers, bridge = _UDC.findall(text), _BRIDGE.search(text)
    if not controllers and re.search(r"(?m)^udc none[ \t]*$", text):
        raise NotApplicable("The board has no USB device controller (or its driver is not loaded).")
    if not controllers:
        raise refuse(stdout, stderr, exit_status)
    configured = [row for row in controllers if row[1] == "configured"]
    name, state, speed = (configured or controllers)[0]
    roles = dict(_ROLE.findall(text))
    return {
        "controller": name,
        "state": state or None,
        "speed": speed if speed not in ("", "UNKNOWN") else None,
        "roles": [{"port": port, "role": role} for port, role in roles.items()],
        "host_role": bool(roles) and set(roles.values()) == {"host"},
        "address": bridge.group(1) if bridge else None,
    }
