"""Lines of /proc/pressure/{cpu,memory,io} -> {resources[]}: {resource, what, some_avg10, some_avg60,
some_avg300, full_avg60}. what: the resource in words.

Percent of time in which some (or all) tasks waited for the resource. A line begins with the resource's
name ("memory some avg10=..."); lines of a single file without a name are "unnamed".
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(
    r"(?m)^(?:(cpu|memory|io|irq) )?(some|full)"
    r" avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=(\d+\.\d+) total=\d+[ \t]*$"
)
_ABSENT = re.compile(r"(?mi)^no pressure information$|pressure/\w+: (?:No such file|Operation not supported)")
_WORDS = {"cpu": "the processor", "io": "the disk"}
READS = "resources[resource what some_avg10 some_avg60 some_avg300 full_avg60]"
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    found: dict[str, Reading] = {}
    for resource, kind, avg10, avg60, avg300 in _LINE.findall(text):
        entry = found.setdefault(resource or "unnamed", {})
        if max(map(float, (avg10, avg60, avg300))) > 100:
            raise Undecided("A share of time above 100 % cannot be.", Cause.IMPLAUSIBLE)
        if kind == "some":
            entry |= {
                f"some_{n}": float(v) for n, v in (("avg10", avg10), ("avg60", avg60), ("avg300", avg300))
            }
        else:
            entry["full_avg60"] = float(avg60)
    resources = [
        {"resource": name, "what": _WORDS.get(name, name), **entry}
        for name, entry in found.items()
        if "some_avg60" in entry
    ]
    if not resources and _ABSENT.search(f"{text}\n{plain(stderr)}"):
        raise NotApplicable("The kernel does not measure pressure (CONFIG_PSI is off).")
    if not resources:
        raise refuse(stdout, stderr, exit_status)
    if not {"cpu", "memory", "io"} <= found.keys() and "unnamed" not in found:
        raise Undecided("Processor, memory or disk is missing; the text may be cut off.", Cause.CUT_OFF)
    return {"resources": resources}
