"""`previous boot: N lines`, the lines of that boot's kernel log, `end of summary` -> what it tells.

{lines, crash_count, other_count, first_crash, first_other, last_line, meanings[], unknown_count ...}. A crash
is a panic, an oops or a locked-up CPU; first_...: the line, None where there is none. The lines are judged by
the kernel log's own rules. An older form has `fault: LINE` and `last: LINE` instead of the lines. Without a
kept journal it is not applicable.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.guard import LOG
from utils.judging.parsers._kernel_lines import KERNEL, KernelLine, read
from utils.judging.parsers._kernel_survey import INFO, for_board, meanings, survey, unknown_facts
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

BOUNDS = LOG
__all__ = ["BOUNDS", "READS", "for_board", "parse"]
_HEAD = re.compile(r"(?m)^previous boot: (\d{1,9}) lines[ \t\r]{0,20}$")
_END = re.compile(r"(?m)^end of summary[ \t\r]{0,20}$")
_PICKED = re.compile(r"(?m)^(?:fault|last): (.{0,2000})$")
_NO_BOOT = re.compile(
    r"(?i)^.{0,200}(?:no persistent journal was found|is not available: |no journal files were found)"
)
_CRASHES = ("kernel-oops", "soft-lockup")
_CRASH = re.compile(r"Kernel panic|Internal error: |Unable to handle|kernel BUG at|soft lockup")
READS = (
    "lines crash_count other_count first_crash first_other last_line meanings[id kind title said "
    "who means next_step related severity count times first_line last_line] unknown_count unknown_critical "
    "unknown_first unknown_lines unknown_more unknown[shape level count first_line]"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    head, end = _HEAD.search(stdout), _END.search(stdout)
    body = stdout[head.end() : end.start()].strip("\n") if head and end else ""
    if not head or not body or int(head[1]) == 0:
        missing = None if head else _no_boot(f"{stderr}\n{stdout}")
        if missing:
            raise NotApplicable(f"No log of the previous boot is kept: {missing}")
        raise refuse(stdout, stderr, exit_status)
    lines = _lines(body)
    found = survey(lines)
    crashes = [
        hit.line.shown
        for hit in found.hits
        if hit.severity == "fail"
        and (hit.signature.kind in _CRASHES or _CRASH.search(hit.line.message[:500]))
    ]
    others = [hit.line.shown for hit in found.hits if hit.severity != INFO and hit.line.shown not in crashes]
    return {
        "lines": int(head[1]),
        "crash_count": len(crashes),
        "other_count": len(others),
        "first_crash": crashes[0] if crashes else None,
        "first_other": others[0] if others else None,
        "last_line": lines[-1].message[:300],
        "meanings": meanings(found.hits),
        **unknown_facts(found.unknown),
    }


def _no_boot(text: str) -> str:
    found = next((line for line in text.splitlines() if _NO_BOOT.match(line[:400])), "")
    return found.strip()


def _lines(body: str) -> list[KernelLine]:
    """The log's lines; of the older form those that were picked, without a prefix of ours."""
    picked = _PICKED.findall(body)
    if picked:
        return [KernelLine(text.strip(), KERNEL, text.strip()) for text in picked if text.strip()]
    return [line for line in read(f"{body}\n").kernel if line.message]
