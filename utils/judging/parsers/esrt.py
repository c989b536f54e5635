"""The firmware's own table of what can be updated (ESRT), and capsules that wait -> {entries[], pending[]}.

Text: `grep -rH "" /sys/firmware/efi/esrt/entries` ("PATH:VALUE"), and `pending FILE` for each capsule in the
EFI partition. entries[]: {name, class, type, version, lowest, attempted, tried_version, status, meaning}.
type: "system", "device", "driver" or None. status: the last attempt's, 0 for success; attempted: false where
no update was ever tried. version as the number that the firmware gives.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_LINE = re.compile(r"^/sys/firmware/efi/esrt/entries/(entry\d{1,3})/(\w{1,40}):(\S{1,60})$")
_PENDING = re.compile(r"^pending (/\S.{0,200})$")
_TYPES = {1: "system", 2: "device", 3: "driver"}
# UEFI specification, EFI_SYSTEM_RESOURCE_ENTRY.
_STATUS = {
    0: "success",
    1: "it did not work",
    2: "too little memory or space",
    3: "an older version than the firmware allows",
    4: "the file is no such firmware",
    5: "its signature is not trusted",
    6: "no mains power",
    7: "too little battery charge",
    8: "other firmware has to be updated first",
}
_NUMBERS = (
    "fw_type", "fw_version", "lowest_supported_fw_version", "last_attempt_version", "last_attempt_status",
)  # fmt: skip
READS = "entries[name class type version lowest attempted tried_version status meaning] pending"
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    fields: dict[str, dict[str, str]] = {}
    pending: list[str] = []
    for line in between(stdout, stderr, exit_status, of="esrt"):
        if entry := _LINE.match(line):
            fields.setdefault(entry[1], {})[entry[2]] = entry[3]
        elif waits := _PENDING.match(line):
            pending.append(waits[1])
        else:
            raise unread(line)
    if not fields:
        raise Undecided("Not permitted: the firmware's table can only be read as root.", Cause.NOT_PERMITTED)
    return {"entries": [_entry(name, values) for name, values in sorted(fields.items())], "pending": pending}


def _entry(name: str, values: dict[str, str]) -> Reading:
    numbers = {field: _number(values.get(field)) for field in _NUMBERS}
    version, status = numbers["fw_version"], numbers["last_attempt_status"]
    if version is None or status is None:
        raise Undecided(f"The output is cut off: {name} lacks its version or its last status.", Cause.CUT_OFF)
    lowest, tried = numbers["lowest_supported_fw_version"], numbers["last_attempt_version"]
    if 0xFFFFFFFF in (version, status) or (lowest is not None and version < lowest):
        raise Undecided(f"{name} tells a version or a status that cannot be.", Cause.IMPLAUSIBLE)
    return {
        "name": name,
        "class": values.get("fw_class"),
        "type": _TYPES.get(numbers["fw_type"] or 0),
        "version": version,
        "lowest": lowest,
        "attempted": bool(tried or status),
        "tried_version": tried or None,
        "status": status,
        "meaning": _STATUS.get(status, "a status of its maker's own"),
    }


def _number(text: str | None) -> int | None:
    """Decimal or 0x..., as kernels print it."""
    if text is None or not re.fullmatch(r"\d{1,10}|0[xX][0-9a-fA-F]{1,8}", text):
        return None
    return int(text, 0 if text[:2].lower() == "0x" else 10)
