"""Links from a finding to Logs and Live at its moment, as static/checkup/moment.js makes them. Pure.

A kernel message names its seconds since boot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from utils.clock import local, utc_of
from utils.model.results import Finding, Result

_KERNEL = re.compile(r"\[ *(\d{1,9}\.\d{1,6})\] ?(.+)")
_VALUE = re.compile(r"\w+ = ")
_LOGS: Mapping[str, Mapping[str, str]] = {
    "kernel-log": {"source": "kernel"},
    "journal-errors": {"source": "journal"},
    "previous-boot": {"source": "journal", "boot": "-1"},
}
_APART_S = 3600.0
"""An uptime of longer ago may be of another boot."""
_MOST = 120


@dataclass(frozen=True, slots=True)
class Moments:
    """uptime: the board's result of that diagnostic. page: the path of the board's page."""

    uptime: Result | None
    page: str

    def of(self, finding: Finding, result: Result) -> tuple[tuple[str, str], ...]:
        """(page, address) of where it is seen when it happened. None where the evidence is no log's line."""
        log = _LOGS.get(result.diagnostic)
        line = next((each for each in finding.evidence.split("\n") if each.strip()), "")
        stamped = _KERNEL.search(line)
        if not stamped and (not log or _VALUE.match(line) or not line):
            return ()
        at = self._at(float(stamped[1]), result) if stamped and not (log and "boot" in log) else ""
        text = (stamped[2] if stamped else line).strip()[:_MOST]
        base = self.page.rstrip("/") + "/"
        asked = {**(log or _LOGS["kernel-log"]), **({"at": at} if at else {}), "text": text}
        logs = ("Logs", f"{base}logs?{query(asked)}")
        return (logs, ("Live", f"{base}live?{query({'at': at})}")) if at else (logs,)

    def _at(self, seconds: float, result: Result) -> str:
        """By the laptop's clock; "" where it is not known."""
        up = self.uptime
        reading = (up.reading or {}).get("uptime_s") if up else None
        if up is None or isinstance(reading, bool) or not isinstance(reading, int | float):
            return ""
        ran, told = _seconds(result.started_at), _seconds(up.started_at)
        if ran is None or told is None or abs(ran - told) >= _APART_S or up.device_id != result.device_id:
            return ""
        at = told - reading + seconds
        return utc_of(at) if at <= ran + 1 else ""


def _seconds(iso: str | None) -> float | None:
    """Since 1970; None where it is no time."""
    then = local(iso or "")
    return then.timestamp() if then else None


def query(asked: Mapping[str, str]) -> str:
    """As a browser's URLSearchParams writes it."""
    return urlencode(asked, safe="*").replace("~", "%7E")
