"""timedatectl (show, or the table of any version) -> {synchronised, ntp_enabled, rtc_in_local_time,
timezone, clock_year, default_route, uptime_s}.

The command adds `DefaultRoute=yes|no` (other than to the laptop at the USB port) and `UptimeSeconds=N`.
None for what is not said. synchronised is always there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_SHOW = re.compile(r"(?m)^([A-Za-z]+)=(.*[^ \t\n]|)[ \t]*$")
_TABLE = re.compile(r"(?m)^[ \t]*([A-Z][A-Za-z -]*+|systemd-timesyncd\.service active): (.*[^ \t\n]|)[ \t]*$")
_OWN_LINES = re.compile(r"(?m)^(?:DefaultRoute|UptimeSeconds)=.*\n?")
_UPTIME = re.compile(r"(?m)^UptimeSeconds=(\d{1,12})[ \t]*\n")  # with its end: cut short it is another number
_NO_SYSTEMD = r"(?i)not been booted with systemd"
_FLAG = {"yes": True, "no": False, "active": True, "inactive": False}
READS = "synchronised ntp_enabled rtc_in_local_time timezone clock_year default_route uptime_s"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    show, table = dict(_SHOW.findall(text)), dict(_TABLE.findall(text))
    synchronised = _flag(show, "NTPSynchronized")
    if synchronised is None:
        synchronised = _flag(table, "System clock synchronized", "NTP synchronized")
    if synchronised is None:
        if re.search(_NO_SYSTEMD, stderr) or re.search(_NO_SYSTEMD, text):
            raise NotApplicable("The device does not run systemd, so timedatectl has no answer.")
        raise refuse(_OWN_LINES.sub("", text), stderr, exit_status)
    uptime = _UPTIME.search(text)
    return {
        "synchronised": synchronised,
        "ntp_enabled": _flag({**table, **show}, "NTP", "NTP service", "NTP enabled", "Network time on"),
        "rtc_in_local_time": _flag({**table, **show}, "LocalRTC", "RTC in local TZ"),
        "timezone": show.get("Timezone") or table.get("Time zone", "").partition(" ")[0] or None,
        "clock_year": _year(show.get("TimeUSec") or table.get("Universal time", "")),
        "default_route": _flag(show, "DefaultRoute"),
        "uptime_s": int(uptime[1]) if uptime else None,
    }


def _flag(fields: Mapping[str, str], *keys: str) -> bool | None:
    return next((_FLAG[fields[key]] for key in keys if fields.get(key) in _FLAG), None)


def _year(text: str) -> int | None:
    match = re.search(r"\b(\d{4})-\d\d-\d\d \d\d:\d\d:\d\d\b", text)
    return int(match.group(1)) if match else None
