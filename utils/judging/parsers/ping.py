"""ping (iputils or busybox) -> {target, transmitted, received, duplicates, damaged, loss_percent,
minimum_ms, average_ms, maximum_ms}.

Judged on the statistics only, so a text that was cut off before them gives no reading. "gateway none",
printed by the command, means that there is nothing to ping.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import percent, plain, refuse
from utils.model.results import Reading

_HEAD = re.compile(r"(?m)^PING (\S+)")
_COUNTS = re.compile(
    r"(?m)^(\d+) packets transmitted, (\d+) (?:packets )?received,.*?\d+(?:\.\d+)?% packet loss"
)
_TIMES = re.compile(r"(?m)^(?:rtt|round-trip) min/avg/max\S* = ([\d.]+)/([\d.]+)/([\d.]+)(?:/[\d.]+)? ms")
READS = "target transmitted received duplicates damaged loss_percent minimum_ms average_ms maximum_ms"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    head, counts, times = _HEAD.search(text), _COUNTS.search(text), _TIMES.search(text)
    if re.search(r"(?m)^gateway none[ \t]*$", text):
        raise NotApplicable("There is no default route, so there is no gateway to ping.")
    if head is None or counts is None or not 0 < int(counts.group(1)) < 10**6:
        raise refuse(stdout, stderr, exit_status)
    sent, received = int(counts.group(1)), int(counts.group(2))
    minimum, average, maximum = (_number(times.group(n)) if times else None for n in (1, 2, 3))
    return {
        "target": head.group(1),
        "transmitted": sent,
        "received": received,
        "duplicates": max(_counted(counts.group(0), "duplicates"), received - sent),
        "damaged": _counted(counts.group(0), "corrupted"),
        "loss_percent": percent(max(sent - received, 0), sent),
        "minimum_ms": minimum,
        "average_ms": average,
        "maximum_ms": maximum,
    }


def _counted(counts: str, what: str) -> int:
    """Answers beyond the first, or with other bytes than were sent, where the statistics tell of any."""
    match = re.search(rf"\+?(\d{{1,9}}) {what}", counts)
    return int(match.group(1)) if match else 0


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else None
