"""A `ps` table with %CPU and a command column -> {process_count, top_name, top_percent, processes}.

processes: the ten busiest, [{pid, user, cpu_percent, memory_percent, rss_kb, name}]. cpu_percent is
of one core, an average since the program started. Columns are found by their titles.
The table of `top` is refused: its first %CPU is another figure.
"""

from __future__ import annotations

import re
from typing import Any

import jc

from utils.parsers._text import plain, refuse
from utils.result import Reading

_HEADER = re.compile(
    r"(?m)^(?!.*\b(?:VIRT|TIME\+))(?=.*\bPID\b) *(?:\S+ +)*%CPU +(?:\S+ +)*(?:COMMAND|CMD) *$"
)
_SHOWN = 10


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
    try:
        parsed = jc.parse("ps", table, quiet=True)
    except Exception:  # jc raises many kinds for a table that is none
        return []
    return [
        {
            "pid": row["pid"],
            "user": row.get("user") or row.get("uid"),
            "cpu_percent": float(row["cpu_percent"]),
            "memory_percent": row.get("mem_percent"),
            "rss_kb": row.get("rss"),
            "name": row.get("command") or row.get("cmd"),
        }
        for row in parsed
        if isinstance(row, dict)
        and isinstance(row.get("pid"), int)
        and isinstance(row.get("cpu_percent"), int | float)
        and (row.get("command") or row.get("cmd"))
    ]
