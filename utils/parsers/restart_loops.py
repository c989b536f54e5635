"""`systemctl show` of all services -> {service_count, restarted, complete}.

restarted: [{unit, restarts, result, active, sub}], most restarts first. systemd counts only its own
restarts, from the last start by hand on. complete: False when a block does not say its count.
The line "end of services" of our own command must close the list. systemd before
235 does not count restarts: then there is no reading.
"""

from __future__ import annotations

from utils.errors import NotApplicable
from utils.parsers._systemd import ended_blocks
from utils.parsers._text import refuse
from utils.result import Reading

END = "end of services"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    shown = ended_blocks(stdout, stderr, exit_status, end=END)
    blocks = [block for block in shown if block.get("Id", "").endswith(".service")]
    counted = [block for block in blocks if block.get("NRestarts", "").isdecimal()]
    if not counted:
        if len(blocks) > 1 and all({"ActiveState", "Result"} <= block.keys() for block in blocks):
            raise NotApplicable("This systemd does not count restarts (it is older than 235).")
        raise refuse(stdout, stderr, exit_status)
    restarted = [
        {
            "unit": block["Id"],
            "restarts": int(block["NRestarts"]),
            "result": block.get("Result"),
            "active": block.get("ActiveState"),
            "sub": block.get("SubState"),
        }
        for block in counted
        if int(block["NRestarts"]) > 0
    ]
    restarted.sort(key=lambda item: -int(str(item["restarts"])))
    return {
        "service_count": len(counted),
        "restarted": restarted,
        "complete": len(counted) == len(shown),
    }
