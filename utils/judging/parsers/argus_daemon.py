"""`systemctl show nvargus-daemon`, then "[journal]", its log, "end of argus" -> its state and its errors.

{active, sub, restarts, error_count, first_error, stuck_count, first_stuck}. error_count: lines that speak
of an error; a healthy start logs dozens of them. stuck_count: those among them after which the capture
service delivers nothing more. Both are None where the journal may not be read by this user. A board without
the service is not judged.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.guard import LOG
from utils.judging.parsers._listing import listed
from utils.judging.parsers._systemd import property_blocks, require_systemd
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

BOUNDS = LOG
END = "end of argus"
_ERROR = re.compile(
    r"(?i)\(Argus\) Error|SCF: Error|PowerServiceCore.*error|CaptureScheduler|timed? ?out|InvalidState"
    r"|NvCapture\w* ?error|fault|corrupt|Error:? generated|could not open|segmentation|SIG(?:ABRT|SEGV)"
)
_STUCK = re.compile(
    r"(?i)suffered a critical failure|CaptureScheduler|waitCsiFrame|timed? ?out\b|error timeout"
    r"|Couldn.t create|Cannot allocate|segfault|segmentation|SIG(?:ABRT|SEGV)|status=255|corrupt"
)
_HARMLESS = re.compile(r"(?i)no errors?\b|0 errors|default")
_NOT_READABLE = re.compile(r"(?i)insufficient permissions|not seeing messages from|no journal files were")
READS = "active sub restarts error_count first_error stuck_count first_stuck"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    require_systemd(stdout, stderr)
    lines = listed(stdout, stderr, exit_status, end=END)
    if "[journal]" not in lines:
        raise refuse(stdout, stderr, exit_status)
    at = lines.index("[journal]")
    blocks = property_blocks("\n".join(lines[:at]))
    unit = blocks[0] if blocks else {}
    if unit.get("LoadState") == "not-found":
        raise NotApplicable("nvargus-daemon is not installed on this device.")
    if "ActiveState" not in unit:
        raise Undecided("systemctl does not say whether nvargus-daemon is active.", Cause.NOT_SAID)
    log = lines[at + 1 :]
    readable = bool(log) and not _NOT_READABLE.search(stderr + "\n".join(log))
    stuck = [line for line in log if _STUCK.search(line)]
    errors = [line for line in log if line in stuck or (_ERROR.search(line) and not _HARMLESS.search(line))]
    restarts = unit.get("NRestarts", "")
    return {
        "active": unit["ActiveState"],
        "sub": unit.get("SubState"),
        "restarts": int(restarts) if restarts.isdecimal() else None,
        "error_count": len(errors) if readable else None,
        "first_error": errors[0][:300] if errors else None,
        "stuck_count": len(stuck) if readable else None,
        "first_stuck": stuck[0][:300] if stuck else None,
    }
