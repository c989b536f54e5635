"""`previous boot: N lines`, `fault: LINE`, `last: LINE`, `end of summary` -> the previous boot's faults.

{lines, crash_count, other_count, first_crash, first_other, last_line}. A crash is a panic, an oops or a
locked-up CPU; first_...: the line, None where there is none. Without a kept journal it is not applicable.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.guard import LOG
from utils.parsers._text import refuse
from utils.result import Reading

BOUNDS = LOG
_HEAD = re.compile(r"(?m)^previous boot: (\d+) lines[ \t\r]*$")
_FAULT = re.compile(r"(?m)^fault: (\S(?:.*[^ \t\r\n])?)[ \t\r]*$")
_LAST = re.compile(r"(?m)^last: (.*[^ \t\r\n]|)[ \t\r]*$")
_END = re.compile(r"(?m)^end of summary[ \t\r]*$")
_NO_BOOT = re.compile(
    r"(?im)^.*(?:no persistent journal was found|is not available: |no journal files were found).*$"
)
_CRASH = re.compile(r"Kernel panic|Internal error: |Unable to handle|kernel BUG at|soft lockup")


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    head = _HEAD.search(stdout)
    if not head or not _END.search(stdout) or int(head[1]) == 0 or not _LAST.search(stdout):
        missing = _NO_BOOT.search(f"{stderr}\n{stdout}")
        if missing and not head:
            raise NotApplicable(f"No log of the previous boot is kept: {missing[0].strip()}")
        raise refuse(stdout, stderr, exit_status)
    faults = _FAULT.findall(stdout)
    crashes = [line for line in faults if _CRASH.search(line)]
    others = [line for line in faults if not _CRASH.search(line)]
    last = _LAST.search(stdout)
    return {
        "lines": int(head[1]),
        "crash_count": len(crashes),
        "other_count": len(others),
        "first_crash": crashes[0] if crashes else None,
        "first_other": others[0] if others else None,
        "last_line": last[1] if last else None,
    }
