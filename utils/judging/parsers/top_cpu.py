"""A `ps` table with %CPU and a command column -> {process_count, top_name, top_percent, processes}.

processes: the ten busiest, [{pid, user, cpu_percent, memory_percent, rss_kb, name}]. cpu_percent is
of one core, an average since the program started. Columns are found by their titles.
The table of `top` is refused: its first %CPU is another figure.
"""

from __future__ import annotations

import re
from typing import Any

from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_HEADER = re.compile(
    r"(?m)^(?!.*\b(?:VIRT|TIME\+))(?=.*\bPID\b) *(?:\S+ +)*%CPU +(?:\S+ +)*(?:COMMAND|CMD) *$"
)
_PID = re.compile(r"[0-9]{1,10}")
_NUMBER = re.compile(r"[0-9]{1,10}(\.[0-9]{1,3})?")
_SHOWN = 10
READS = "process_count top_name top_percent processes[pid user cpu_percent memory_percent rss_kb name]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    header = _HEADER.search(text)
    rows = _rows(text[header.start() :]) if header else []
    if not rows:
        raise refuse(stdout, stderr, exit_status)
    rows.sort(key=lambda row: -row["cpu_percent"])
    return {
        "process_count": len(rows),
        "top_name": rows[0]["name"],
        "top_percent": rows[0]["cpu_percent"],
        "processes": rows[:_SHOWN],
    }


def _rows(table: str) -> list[dict[str, Any]]:
    """The rows that hold a process. The last column may hold blanks; a row that was cut off is left out."""
    titles, *lines = table.splitlines()
    columns = titles.split()
    cells = [line.split(maxsplit=len(columns) - 1) for line in lines]
    rows = [_process(dict(zip(columns, row, strict=True))) for row in cells if len(row) == len(columns)]
    return [row for row in rows if row is not None]


def _process(row: dict[str, str]) -> dict[str, Any] | None:
    percent = _number(row["%CPU"])
    if percent is None or not _PID.fullmatch(row["PID"]):
        return None
    return {
        "pid": int(row["PID"]),
        "user": row.get("USER") or row.get("UID"),
        "cpu_percent": percent,
        "memory_percent": _number(row.get("%MEM", "")),
        "rss_kb": None if (rss := _number(row.get("RSS", ""))) is None else int(rss),
        "name": (row.get("COMMAND") or row.get("CMD", "")).strip(),
    }


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
