"""ps with columns PID and RSS (ps aux, ps -o pid,user,rss,comm; procps and busybox) -> {processes[], count}.

processes[]: {pid, user, rss_kb, command}, the ten largest first; count: all that were listed. The header
tells the columns; busybox shortens numbers (98m). A list without RSS is refused.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_COMMANDS = ("COMMAND", "CMD")
_SIZE = re.compile(r"^(\d+(?:\.\d+)?)([kmg]?)$")
_KB = {"": 1, "k": 1, "m": 1024, "g": 1024**2}
_SHOWN = 10
READS = "processes[pid user rss_kb rss_mb command] count largest"
NEVER_ZERO = "processes.rss_kb"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.strip() for line in plain(stdout).splitlines() if line.strip()]
    start = next((n for n, line in enumerate(lines) if _is_header(line.split())), None)
    if start is None or len(lines) == start + 1:
        raise refuse(stdout, stderr, exit_status)
    columns = lines[start].split()
    processes = [_process(line, columns) for line in lines[start + 1 :]]
    processes.sort(key=lambda process: -process["rss_kb"])
    return {"processes": processes[:_SHOWN], "count": len(processes), "largest": processes[0]["command"]}


def _is_header(words: list[str]) -> bool:
    """Not the short list of the busiest, which has %CPU without VSZ: the largest may be missing there."""
    short = "%CPU" in words and "VSZ" not in words
    return {"PID", "RSS"} <= set(words) and words[-1] in _COMMANDS and not short


def _process(line: str, columns: list[str]) -> Reading:
    cells = line.split(maxsplit=len(columns) - 1)
    fields = dict(zip(columns, cells, strict=False))
    size = _SIZE.match(fields.get("RSS", "").lower())
    if len(cells) < len(columns) or not size or not fields["PID"].isdecimal():
        raise Undecided(f"A line of the list cannot be read or is cut off: {line[:100]}", Cause.CUT_OFF)
    return {
        "pid": int(fields["PID"]),
        "user": fields.get("USER"),
        "rss_kb": round(float(size[1]) * _KB[size[2]]),
        "rss_mb": round(float(size[1]) * _KB[size[2]] / 1024, 1),
        "command": cells[-1][:200],
    }
