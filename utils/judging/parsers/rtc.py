"""Real-time clocks in sysfs against the system clock -> {clocks: [{rtc, name, main, epoch_s, year,
offset_s, distance_s}], now_s}.

Lines `rtc NAME epoch=SECONDS hctosys=0|1 name=...` and `now SECONDS`; "rtc none" where there is no
clock. offset_s is clock minus system clock, distance_s its size; None where the clock could not be read.
main: the kernel set the system time from it at boot; the first clock where no clock says so.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_CLOCK = re.compile(r"(?m)^rtc (rtc\d+) epoch=(-?\d{0,11}) hctosys=([01]?) name=(.*[^ \t\n]|)[ \t]*$")
READS = "clocks[rtc name main epoch_s year offset_s distance_s] now_s"
NEVER_ZERO = "now_s"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    now, clocks = re.search(r"(?m)^now (\d{1,11})[ \t]*$", text), _CLOCK.findall(text)
    if re.search(r"(?m)^rtc none[ \t]*$", text) and not clocks:
        raise NotApplicable("The board has no real-time clock.")
    if now is None or not clocks:
        raise refuse(stdout, stderr, exit_status)
    first = next((row[0] for row in clocks if row[2] == "1"), clocks[0][0])
    now_s = int(now.group(1))
    return {"clocks": [_clock(row, now_s, row[0] == first) for row in clocks], "now_s": now_s}


def _clock(row: tuple[str, ...], now: int, main: bool) -> dict[str, Any]:
    rtc, epoch, _, name = row
    seconds = int(epoch) if re.fullmatch(r"-?\d+", epoch) else None
    return {
        "rtc": rtc,
        "name": name or None,
        "main": main,
        "epoch_s": seconds,
        "year": None if seconds is None else _year(seconds),
        "offset_s": None if seconds is None else seconds - now,
        "distance_s": None if seconds is None else abs(seconds - now),
    }


def _year(seconds: int) -> int | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).year
    except (OverflowError, ValueError, OSError):
        return None
