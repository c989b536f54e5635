"""nvbootctrl dump-slots-info, for the boot loader and then the root file system -> the slots' states.

{current, active, current_is_active, capsule_status, version, slot_count, rootfs_told, current_good,
slots[{target, slot, state, status, retry_count, boot_successful}]}. target: bootloader or rootfs; slot: A or
B; state: normal, unbootable or unknown; status: as printed. retry_count is None where it is not printed or
means nothing. R32's boot loader counts from 7, and only before a first good boot. current and active are the
boot loader's. current_good: the running slot was marked as booted well (R32 prints it). rootfs_told: False
where the command says that the root file system has no slots. None where the answer ends before that.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_SECTION = re.compile(r"^(Current|Active) (bootloader|rootfs) slot:\s*([AB])\s*$")
_COUNT = re.compile(r"\bnum_slots:\s*(\d)")
_SLOT = re.compile(r"^slot:\s*([01]),\s*(.*)$")
_CAPSULE = re.compile(r"(?m)^Capsule update status:\s*(\d+)\s*$")
_NOT_TOLD = re.compile(r"(?m)^rootfs slots: not told[ \t\r]*$")
_VERSION = re.compile(r"(?m)^Current version:\s*(\S+)")
READS = (
    "current active current_is_active capsule_status version slot_count rootfs_told current_good "
    "slots[target slot state status retry_count boot_successful]"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    heads: dict[tuple[str, str], str] = {}
    slots: list[dict[str, Any]] = []
    target, expected = "bootloader", 0
    for line in stdout.splitlines():
        head, row, count = _SECTION.match(line.strip()), _SLOT.match(line.strip()), _COUNT.search(line)
        if head:
            target = head[2]
            heads[head[1], target] = head[3]
        elif count:
            expected += int(count[1])
        elif row and heads:
            slots.append(_slot(target, row[1], _fields(row[2])))
    current, active = heads.get(("Current", "bootloader")), heads.get(("Active", "bootloader"))
    if not current or not slots:
        raise refuse(stdout, stderr, exit_status)
    if expected and len(slots) < expected:
        raise Undecided(f"The list of slots was cut: {len(slots)} of {expected} are there.", Cause.CUT_OFF)
    capsule, version = _CAPSULE.search(stdout), _VERSION.search(stdout)
    return {
        "current": current,
        "active": active,
        "current_is_active": current == active if active else None,
        "capsule_status": int(capsule[1]) if capsule else None,
        "version": version[1] if version else None,
        "slot_count": len(slots),
        "rootfs_told": _rootfs_told(slots, stdout),
        "current_good": _current_good(slots, current),
        "slots": slots,
    }


def _current_good(slots: list[dict[str, Any]], current: str) -> bool | None:
    """Whether the running slot was marked as booted well; None where that is not printed."""
    own = (slot for slot in slots if slot["target"] == "bootloader" and slot["slot"] == current)
    return next((slot["boot_successful"] for slot in own), None)


def _rootfs_told(slots: list[dict[str, Any]], stdout: str) -> bool | None:
    if any(slot["target"] == "rootfs" for slot in slots):
        return True
    return False if _NOT_TOLD.search(stdout) else None


def _fields(row: str) -> dict[str, str]:
    """ "priority: 14, suffix: _a" by name."""
    pairs = (part.partition(":") for part in row.split(","))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _slot(target: str, number: str, fields: dict[str, str]) -> dict[str, Any]:
    status = fields.get("status")
    retries = int(fields["retry_count"]) if fields.get("retry_count", "").isdecimal() else None
    booted = fields.get("boot_successful")
    if status is None:  # R32: no word, but whether it ever booted and how many attempts are left
        unbootable = booted == "0" and retries == 0
        state = "unknown" if booted is None else "unbootable" if unbootable else "normal"
    else:
        state = status if status in ("normal", "unbootable") else "unknown"
    return {
        "target": target,
        "slot": "AB"[int(number)],
        "state": state,
        "status": status,
        "retry_count": retries if target == "rootfs" or booted == "0" else None,
        "boot_successful": booted == "1" if booted in ("0", "1") else None,
    }
