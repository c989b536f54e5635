"""`who` and the line "end of logins" -> {session_count, users, sessions: [{user, terminal, since, host}]}.

users: one line for people; "nobody" for none (a session without a terminal, like ours, is not listed).
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import listed
from utils.model.results import Reading

END = "end of logins"
# What `who -a` and a graphical login list besides people: boot, run level, idle prompts, ended sessions.
_NOBODY = re.compile(r"^(?:system boot|run-level|clock change|LOGIN)\s|\bexit=\d|\(login screen\)$")
_ROW = re.compile(
    r"^(?P<user>[^\s:]+)\s+(?:[-+?]\s+)?(?P<terminal>\S+)\s+(?:\S+\s+)?"
    r"(?P<since>\d{4}-\d\d-\d\d \d\d:\d\d|[A-Z][a-z]{2}\s+\d{1,2} +\d\d:\d\d(?::\d\d)?)"
    r"(?:\s+(?:[.\d:]+\s+\d+\s*)?\(?(?P<host>.*?)\)?)?$"
)
READS = "session_count users sessions[user terminal since host]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line for line in listed(stdout, stderr, exit_status, end=END) if not line.startswith("USER ")]
    lines = [line for line in lines if not _NOBODY.search(line)]
    rows = [match.groupdict() for match in map(_ROW.match, lines) if match]
    if lines and not rows:
        raise Undecided(f"The output is not what who prints; it begins: {lines[0][:120]}", Cause.GARBAGE)
    places = [f"{row['user']} on {row['terminal']} from {row['host'] or 'the device'}" for row in rows]
    return {"session_count": len(rows), "users": ", ".join(places) or "nobody", "sessions": rows}
