"""Lines "0004:01:00.0 correctable BadTLP 2" (aer_dev_* of sysfs) -> error counts since boot by device.

{device_count, uptime_hours, devices: [{address, correctable, nonfatal, fatal, correctable_per_hour, kinds}]}.
A line "uptime SECONDS" says for how long they were counted; rates are None without it. The counts are the
kernel's totals (TOTAL_ERR_COR, TOTAL_ERR_NONFATAL, TOTAL_ERR_FATAL), else the sum of its kinds. They are None
where a counter is not said. kinds names those above 0.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of pcie errors"
_LINE = re.compile(
    r"^(?P<address>[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) (?P<group>correctable|nonfatal|fatal)"
    r" (?P<kind>\S+(?: \S+)*?) (?P<count>\d+)$"
)
_UPTIME = re.compile(r"^uptime (\d{1,12})$")
_GROUPS = ("correctable", "nonfatal", "fatal")
READS = "device_count uptime_hours devices[address correctable nonfatal fatal correctable_per_hour kinds]"
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = listed(stdout, stderr, exit_status, end=END)
    counts: dict[str, dict[str, dict[str, int]]] = {}
    hours: float | None = None
    for line in lines:
        if up := _UPTIME.match(line):
            hours = max(int(up[1]) / 3600, 1.0)
            continue
        match = _LINE.match(line)
        if not match:
            raise Undecided(f"A line of the error counters cannot be read: {line[:120]}", Cause.GARBAGE)
        groups = counts.setdefault(match["address"], {})
        groups.setdefault(match["group"], {})[match["kind"]] = int(match["count"])
    devices = [_device(address, groups, hours) for address, groups in counts.items()]
    shown = None if hours is None else round(hours, 1)
    return {"device_count": len(devices), "uptime_hours": shown, "devices": devices}


def _device(address: str, groups: dict[str, dict[str, int]], hours: float | None) -> dict[str, Any]:
    kinds = [
        f"{kind} {count}"
        for group in groups.values()
        for kind, count in group.items()
        if count and not kind.startswith("TOTAL_")
    ]
    totals = {name: _total(groups.get(name)) for name in _GROUPS}
    corrected = totals["correctable"]
    rate = None if hours is None or corrected is None else round(corrected / hours, 1)
    return {
        "address": address,
        **totals,
        "correctable_per_hour": rate,
        "kinds": ", ".join(kinds) or "none",
    }


def _total(kinds: dict[str, int] | None) -> int | None:
    if kinds is None:
        return None
    named = [count for kind, count in kinds.items() if kind.startswith("TOTAL_")]
    return named[0] if named else sum(kinds.values())
