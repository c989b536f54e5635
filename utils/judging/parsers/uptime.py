"""`uptime SECONDS IDLE` (/proc/uptime) -> {uptime_s, text}: seconds since boot, and in words."""

from __future__ import annotations

import re

from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^uptime (\d+\.\d\d) (\d+\.\d\d)[ \t\r]*$")
READS = "uptime_s text"
NEVER_ZERO = "uptime_s"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    line = _LINE.search(stdout)
    if not line:
        raise refuse(stdout, stderr, exit_status)
    seconds = float(line[1])
    days, rest = divmod(int(seconds), 86400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    words = [f"{days} d"] if days else []
    words += [f"{hours} h"] if days or hours else []
    return {"uptime_s": seconds, "text": " ".join([*words, f"{minutes} min"])}
