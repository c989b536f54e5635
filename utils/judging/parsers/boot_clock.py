"""Which real-time clock gave the kernel its time at boot.

{clocks[], feeding, feeding_name, volatile, better, link}. Lines `rtc NAME feeds=0|1 epoch=SECONDS name=...`
and `link NAME` (what /dev/rtc means). clocks[]: {rtc, name, feeds, volatile (known to forget without power),
year}. better: another clock that keeps its time and has a plausible one. The feeding clock then forgets its
time or stands before 2020. None where there is none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_CLOCK = re.compile(r"^rtc (rtc\d{1,2}) feeds=([01]?) epoch=(\d{0,11}) name=(.{0,80})$")
_LINK = re.compile(r"^link (rtc\d{1,2})$")
_VOLATILE = re.compile(r"(?i)^(?:tegra[_-]rtc|[0-9a-f]+\.rtc|rtc-test)\b|tegra_rtc")
_FIRST_YEAR, _LAST_YEAR = 2020, 2099
READS = "clocks[rtc name feeds volatile year] feeding feeding_name volatile better link"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    clocks: list[dict[str, Any]] = []
    link: str | None = None
    for line in between(stdout, stderr, exit_status, of="boot clock"):
        if clock := _CLOCK.match(line):
            clocks.append(_clock(clock))
        elif named := _LINK.match(line):
            link = named[1]
        else:
            raise unread(line)
    feeding = [clock for clock in clocks if clock["feeds"]]
    if not clocks or len(feeding) > 1:
        raise Undecided("The output is cut off, or two clocks fed one boot, which cannot be.", Cause.CUT_OFF)
    if all(clock["year"] is not None and not _plausible(clock) for clock in clocks) and link is None:
        raise Undecided("No clock tells a time that can be.", Cause.IMPLAUSIBLE)
    own = feeding[0] if feeding else None
    return {
        "clocks": clocks,
        "feeding": own["rtc"] if own else None,
        "feeding_name": own["name"] if own else None,
        "volatile": own["volatile"] if own else None,
        "better": _better(clocks, own),
        "link": link,
    }


def _clock(told: re.Match[str]) -> dict[str, Any]:
    name = told[4].strip()
    return {
        "rtc": told[1],
        "name": name or None,
        "feeds": told[2] == "1",
        "volatile": bool(_VOLATILE.search(name)),
        "year": _year(told[3]),
    }


def _year(epoch: str) -> int | None:
    try:
        return datetime.fromtimestamp(int(epoch), UTC).year if epoch else None
    except (OverflowError, ValueError, OSError):
        return None


def _plausible(clock: dict[str, Any]) -> bool:
    return clock["year"] is not None and _FIRST_YEAR <= clock["year"] <= _LAST_YEAR


def _better(clocks: list[dict[str, Any]], own: dict[str, Any] | None) -> str | None:
    if own is None or (_plausible(own) and not own["volatile"]):
        return None
    others = (clock for clock in clocks if clock is not own and not clock["volatile"])
    return next((clock["rtc"] for clock in others if _plausible(clock)), None)
