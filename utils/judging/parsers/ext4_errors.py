"""`nvme0n1p1/errors_count:0` lines of /sys/fs/ext4 -> {filesystems[]}.

filesystems[]: {device, errors, warnings, first_error, last_error};
errors is the count in the superblock: it survives reboots until e2fsck clears it. The times are ISO 8601
in UTC by the device's clock of then, None where there was no error. The last line is "end of ext4".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^(?:/sys/fs/ext4/)?([\w.-]+)/([a-z_]+):(\d+)\s*$")
_FIELDS = {"errors_count": "errors", "warning_count": "warnings"}
_TIMES = {"first_error_time": "first_error", "last_error_time": "last_error"}
_COMPLETE = "end of ext4"
READS = "filesystems[device errors warnings first_error last_error]"
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    found: dict[str, Reading] = {}
    for device, name, value in _LINE.findall(text):
        entry = found.setdefault(device, dict.fromkeys((*_FIELDS.values(), *_TIMES.values())))
        if name in _FIELDS:
            entry[_FIELDS[name]] = int(value)
        elif name in _TIMES and 0 < int(value) < 2**40:
            entry[_TIMES[name]] = datetime.fromtimestamp(int(value), UTC).isoformat()
    complete = _COMPLETE in text.splitlines()
    filesystems = [{"device": d, **entry} for d, entry in found.items() if entry["errors"] is not None]
    if not filesystems and complete:
        raise NotApplicable("No ext4 filesystem is mounted.")
    if not filesystems:
        raise refuse(stdout, stderr, exit_status)
    if not complete:
        raise Undecided("The list of filesystems is cut off.", Cause.CUT_OFF)
    return {"filesystems": filesystems}
