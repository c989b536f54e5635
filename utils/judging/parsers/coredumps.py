"""coredumpctl list -> {count, newest, programs[{exe, count, signals[], last}]}.

Old and new tables (SIG as number or name, SIZE or not, with or without header) and --json. count: whole
rows; programs: most crashes first; last, newest: time and program as printed. "No coredumps found." on
either stream is count 0, whatever the exit status, unless the journal said that it hides messages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.guard import LOG
from utils.judging.parsers._json import records
from utils.judging.parsers._text import is_noise, plain, refuse
from utils.model.results import Reading

BOUNDS = LOG
_ROW = re.compile(
    r"^(?P<time>(?:\S+\s+)?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z+-][\w:+-]*)?)\s+"
    r"(?P<pid>\d+)\s+(?:\S+)\s+(?:\S+)\s+(?P<signal>SIG\w+|[A-Z]+\+?\d*|\d+|-|n/a)\s+"
    r"(?:(?:[a-z]+|\*|-|n/a)\s+)?"  # what became of the dump: present, missing, ...
    r"(?P<exe>\S.*?)(?<=\S)(?:\s++(?:\d[\d.,]*[BKMGT]?|-|n/a))?\s*$"
)
_NONE = re.compile(r"(?i)^(?:-- )?No core ?dumps? found\.?(?: --)?$")
_HIDDEN = re.compile(r"(?i)currently not seeing messages|insufficient permissions")
_NO_JOURNAL = re.compile(r"(?i)no journal files were found")
READS = "count newest programs[exe count signals last]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    rows = list(_json_rows(text)) or list(_table_rows(text))
    if rows:
        return _reading(rows)
    both = f"{stdout}\n{stderr}"
    if _HIDDEN.search(both):
        raise Undecided(
            "Not permitted: this user does not see other users' core dumps (group adm is needed).",
            Cause.NOT_PERMITTED,
        )
    if _NO_JOURNAL.search(both):
        raise Undecided("The device keeps no journal, so it remembers no crash.", Cause.NOT_SAID)
    if _says_none(text, plain(stderr)):
        return {"count": 0, "newest": None, "programs": []}
    raise refuse(stdout, stderr, exit_status)


def _says_none(stdout: str, stderr: str) -> bool:
    """Whether the sentence is the last word; another tool's text on stdout would make it no answer."""
    said = [[line.strip() for line in text.splitlines() if line.strip()] for text in (stdout, stderr)]
    answer, errors = ([line for line in lines if not is_noise(line)] for lines in said)
    return bool(_NONE.match((answer or errors or [""])[-1])) and len(answer) <= 1


def _table_rows(text: str) -> Iterator[tuple[str, str, str]]:
    for line in text.splitlines():
        row = _ROW.match(line.strip())
        if row:
            yield row["time"], row["signal"], row["exe"]


def _json_rows(text: str) -> Iterator[tuple[str, str, str]]:
    for item in records(text) or []:
        if {"pid", "sig", "exe"} <= item.keys():
            yield str(item.get("time") or "an unknown time"), str(item["sig"]), str(item["exe"] or "unknown")


def _reading(rows: list[tuple[str, str, str]]) -> Reading:
    programs: dict[str, dict[str, Any]] = {}
    for time, signal, exe in rows:
        program = programs.setdefault(exe, {"exe": exe, "count": 0, "signals": [], "last": time})
        program["count"] += 1
        program["last"] = time
        if signal not in program["signals"]:
            program["signals"].append(signal)
    return {
        "count": len(rows),
        "newest": f"{rows[-1][2]} at {rows[-1][0]}",
        "programs": sorted(programs.values(), key=lambda program: -int(program["count"])),
    }
