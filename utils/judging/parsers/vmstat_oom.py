"""/proc/vmstat, or its line `oom_kill N` -> {oom_kills}: programs killed for want of memory since boot."""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^oom_kill[ \t]+(\d+)[ \t]*$")
_WITHOUT = re.compile(r"(?m)^(?:no oom_kill counter|nr_free_pages \d+)[ \t]*$")
_WHOLE = re.compile(r"(?m)^(?:pgrotated|unevictable_pgs_culled) \d+[ \t]*$")
READS = "oom_kills"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    found = _LINE.search(text)
    if found:
        return {"oom_kills": int(found.group(1))}
    if re.search(r"(?m)^no oom_kill counter[ \t]*$", text) or (_WITHOUT.search(text) and _WHOLE.search(text)):
        raise NotApplicable("The kernel does not count this (before 4.13).")
    raise refuse(stdout, stderr, exit_status)
