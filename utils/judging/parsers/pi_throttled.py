"""A Raspberry Pi's throttling bits -> {raw, under_voltage_now, under_voltage_since, slowed_now,
slowed_since}.

One line `throttled HEX` (of the kernel's get_throttled, or of `vcgencmd get_throttled` with 0x before it).
now: at this moment; since: at any time since the board was started. slowed: "throttled", "soft limit" (the
firmware slows the board down before it is too hot), "capped" (the clock is held down) or "no". A Raspberry
Pi alone has them.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_LINE = re.compile(r"^throttled (?:0x)?([0-9a-fA-F]{1,8})$")
_REFUSED = re.compile(r"(?i)vchi initiali[sz]ation failed|can.t open .{0,40}vc(?:io|hiq)")
_UNDER_VOLTAGE, _SINCE = 0, 16  # "since" stands so many bits further up
_SLOWED = {"throttled": 2, "soft limit": 3, "capped": 1}
_KNOWN = 0xF000F
READS = "raw under_voltage_now under_voltage_since slowed_now slowed_since"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    if _REFUSED.search(f"{stdout[:2000]}\n{stderr[:2000]}"):
        raise Undecided(
            "Not permitted: this user may not ask the firmware (group video).", Cause.NOT_PERMITTED
        )
    lines = between(stdout, stderr, exit_status, of="throttled")
    found = _LINE.match(lines[0])
    if not found or len(lines) > 1:
        raise unread(lines[-1])
    bits = int(found[1], 16)
    if bits & ~_KNOWN:
        raise Undecided(f"The firmware says 0x{bits:x}, which no Raspberry Pi says.", Cause.IMPLAUSIBLE)
    return {
        "raw": f"0x{bits:x}",
        "under_voltage_now": bool(bits >> _UNDER_VOLTAGE & 1),
        "under_voltage_since": bool(bits >> _SINCE & 1),
        "slowed_now": _slowed(bits),
        "slowed_since": _slowed(bits >> _SINCE),
    }


def _slowed(bits: int) -> str:
    return next((name for name, place in _SLOWED.items() if bits >> place & 1), "no")
