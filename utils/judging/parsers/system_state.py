"""`systemctl is-system-running` -> {state}: one word of systemd ("running", "degraded", ...).

The exit status is not 0 for every state but "running"; that is no error. "offline" means that this
system does not run systemd.
"""

from __future__ import annotations

from utils.errors import NotApplicable
from utils.judging.parsers._systemd import require_systemd
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_STATES = {"initializing", "starting", "running", "degraded", "maintenance", "stopping", "unknown"}
READS = "state"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    require_systemd(stdout, stderr)
    state = plain(stdout).strip()
    if state == "offline":
        raise NotApplicable("This system does not run systemd (offline).")
    if state not in _STATES or (state == "running" and exit_status != 0):
        raise refuse(stdout, stderr, exit_status)
    return {"state": state}
