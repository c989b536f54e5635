"""`systemctl show` of the vital services -> {units, installed_count, running_count}.

units: [{unit, load, active, sub, file_state, state}]. state is one of these, or None where a block does not
say enough:
- "running", "failed", "changing"
- "done": a one-shot unit that ended well and does not stay active
- "stopped": set to start at boot, but not running
- "off": not set to start, or its condition for a start does not hold on this board
- "absent": not installed
The line "end of vital services" closes the list.
"""

from __future__ import annotations

from utils.judging.parsers._systemd import ended_blocks
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

END = "end of vital services"

_CHANGING = {"activating", "deactivating", "reloading", "refreshing", "maintenance"}
# Those of stock L4T images, for answers that do not name the type.
_ONE_SHOTS = {"nvpmodel.service", "nvfb.service", "nvfb-early.service", "nv.service", "nvmemwarning.service"}
_ENABLED = {"enabled", "enabled-runtime", "static", "generated", "alias", "linked"}
READS = "units[unit load active sub file_state state] installed_count running_count"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    blocks = [b for b in ended_blocks(stdout, stderr, exit_status, end=END) if "Id" in b]
    units = [
        {
            "unit": block["Id"],
            "load": block.get("LoadState"),
            "active": block.get("ActiveState"),
            "sub": block.get("SubState"),
            "file_state": block.get("UnitFileState") or "not said",
            "state": _state(block),
        }
        for block in blocks
    ]
    states = [unit["state"] for unit in units]
    if not any(block.keys() >= {"LoadState", "ActiveState"} for block in blocks):
        raise refuse(stdout, stderr, exit_status)
    return {
        "units": units,
        "installed_count": len(states) - states.count("absent"),
        "running_count": states.count("running"),
    }


def _state(block: dict[str, str]) -> str | None:
    load, active, file_state = block.get("LoadState"), block.get("ActiveState"), block.get("UnitFileState")
    if load is None or active is None or file_state is None:
        return None
    if load == "not-found":
        return "absent"
    if active == "active":
        return "running"
    if active == "failed":
        return "failed"
    if active in _CHANGING:
        return "changing"
    if active != "inactive":
        return None
    if _is_one_shot(block) and block.get("Result", "success") == "success":
        return "done"
    if block.get("ConditionResult") == "no" and block.get("ConditionTimestampMonotonic", "0") != "0":
        return "off"
    # a static unit is started by others when they need it: not running is normal for it
    return "stopped" if file_state in _ENABLED - {"static", "alias"} else "off"


def _is_one_shot(block: dict[str, str]) -> bool:
    said = block.get("Type")
    return said == "oneshot" if said else block["Id"] in _ONE_SHOTS
