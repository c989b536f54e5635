"""`systemctl show` of all services -> {service_count, restarted, complete}.

restarted: [{unit, restarts, result, active, sub, calm, steady_hours}], most restarts first. calm: it has
been active for a day or more since (the command adds UptimeSeconds=N). steady_hours: for how long; None
under an hour and where it is not said. systemd counts only its own restarts, from the last start by hand
on. complete: False when a block does not say its count. The line "end of services" of our own command must
close the list. systemd before 235 does not count restarts: then there is no reading.
"""

from __future__ import annotations

from utils.errors import NotApplicable
from utils.judging.parsers._systemd import ended_blocks
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

END = "end of services"
_DAY_S = 86_400
READS = "service_count restarted[unit restarts result active sub calm steady_hours] complete"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    shown = ended_blocks(stdout, stderr, exit_status, end=END)
    uptime = next((block["UptimeSeconds"] for block in shown if "UptimeSeconds" in block), "")
    shown = [block for block in shown if block.keys() != {"UptimeSeconds"}]
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
            **_steady(block, uptime),
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


def _steady(block: dict[str, str], uptime: str) -> Reading:
    since = block.get("ActiveEnterTimestampMonotonic", "")
    known = block.get("ActiveState") == "active" and since.isdecimal() and uptime.isdecimal()
    seconds = max(int(uptime) - int(since) // 1_000_000, 0) if known else 0
    return {"calm": seconds >= _DAY_S, "steady_hours": seconds // 3600 or None}
