"""`systemctl list-jobs` -> {pending_count, jobs: [{job, unit, type, state}], units}.

Without jobs systemctl says "No jobs running."; without its table or that line there is no reading.
"""

from __future__ import annotations

import re

from utils.judging.parsers._systemd import require_systemd
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_ROW = re.compile(
    r"(?m)^[ \t]*+(?P<job>\d++)[ \t]++(?P<unit>\S++)(?<=[a-z])[ \t]++"
    r"(?P<type>(?:re)?start|stop|verify-active|reload|try-restart|try-reload|reload-or-start|nop)[ \t]++"
    r"(?P<state>waiting|running)[ \t]*$"
)
_NONE = re.compile(r"\s*(?:No jobs(?: running| listed)?\.|0 jobs listed\.)\s*")
_FOOTER = re.compile(r"(?m)^[ \t]*(\d+) jobs? listed\.")
READS = "pending_count jobs[job unit type state] units"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    require_systemd(stdout, stderr)
    text = plain(stdout)
    jobs = [match.groupdict() for match in _ROW.finditer(text)]
    if not jobs and (exit_status != 0 or not _NONE.fullmatch(text)):
        raise refuse(stdout, stderr, exit_status)
    footer = _FOOTER.search(text)
    return {
        "pending_count": max(len(jobs), int(footer.group(1)) if footer else 0),
        "jobs": [{**job, "job": int(job["job"])} for job in jobs],
        "units": ", ".join(f"{job['unit']} ({job['type']} {job['state']})" for job in jobs),
    }
