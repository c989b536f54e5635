"""last -x ... reboot shutdown (newest first) -> how the boots before this one ended.

{previous, unclean_count, judged_count, boots[{started, kernel, ended}]}. previous: "clean" (a shutdown is
recorded between the two newest boots), "unclean", "first" (no boot before this one on record), None where the
list was cut before it says. ended: "running", "clean", "unclean" or None; counts are over boots before this.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_ROW = re.compile(
    r"(?m)^(reboot|shutdown)[ \t]++(?:system (?:boot|down)|~)[ \t]++(?:(\d\S*+)[ \t]++)?(\S.*)$"
)
_WHOLE = re.compile(r"(?m)^\S*wtmp\S* begins \S")
READS = "previous unclean_count judged_count boots[started kernel ended]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    boots: list[dict[str, Any]] = []
    shutdown_seen = False
    for name, kernel, rest in _ROW.findall(stdout):
        if name == "shutdown":
            shutdown_seen = True
            continue
        ended = "running" if not boots else "clean" if shutdown_seen else "unclean"
        boots.append({"started": rest.split(" - ")[0].strip()[:40], "kernel": kernel or None, "ended": ended})
        shutdown_seen = False
    if not boots:
        if _WHOLE.search(stdout):
            raise Undecided("No boot is on record: the file of logins was emptied.", Cause.NOT_SAID)
        raise refuse(stdout, stderr, exit_status)
    judged = [boot for boot in boots if boot["ended"] != "running"]
    first = not judged and bool(_WHOLE.search(stdout)) and not shutdown_seen
    return {
        "previous": judged[0]["ended"] if judged else "first" if first else None,
        "unclean_count": sum(1 for boot in judged if boot["ended"] == "unclean"),
        "judged_count": len(judged),
        "boots": boots,
    }
