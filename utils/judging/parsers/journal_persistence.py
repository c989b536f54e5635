"""Lines `folder PATH machines N|absent`, `storage WORD`, journalctl --disk-usage, `end of journal
settings` -> is the journal kept?

{persistent, volatile, storage, disk_usage, disk_mb}. persistent: /var/log/journal holds
journals and the settings do not forbid it; storage: the last Storage= of the settings, None where it is the
default; disk_usage: as journalctl prints it ("104.0M"), disk_mb the same in MB; None where it says nothing.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_FOLDER = re.compile(r"(?m)^folder (/var|/run)/log/journal (?:machines (\d+)|(absent))[ \t\r]*$")
_STORAGE = re.compile(r"(?m)^storage ([a-z]+)[ \t\r]*$")
_END = re.compile(r"(?m)^end of journal settings[ \t\r]*$")
_USAGE = re.compile(r"\btake up ([\d.]+[BKMGT]?)(?: in the file system| on disk)?\b")
_MB = {"B": 2**-20, "K": 2**-10, "M": 1, "G": 2**10, "T": 2**20}
READS = "persistent volatile storage disk_usage disk_mb"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    folders = {place: int(count or 0) for place, count, _ in _FOLDER.findall(stdout)}
    if folders.keys() != {"/var", "/run"}:
        raise refuse(stdout, stderr, exit_status)
    if not _END.search(stdout):
        raise Undecided("The output is cut off: a later setting may say something else.", Cause.CUT_OFF)
    storage = _STORAGE.findall(stdout)
    usage = _USAGE.search(stdout)
    forbidden = bool(storage) and storage[-1] in ("volatile", "none")
    return {
        "persistent": folders["/var"] > 0 and not forbidden,
        "volatile": folders["/run"] > 0,
        "storage": storage[-1] if storage else None,
        "disk_usage": usage[1] if usage else None,
        "disk_mb": _mb(usage[1]) if usage else None,
    }


def _mb(size: str) -> float | None:
    """Of "104.0M"."""
    try:
        return round(float(size.rstrip("BKMGT")) * _MB[size[-1]], 1)
    except (ValueError, KeyError):
        return None
