"""Lines `store PATH readable|absent|denied`, `file PATH`, `backend NAME` -> what a panic left behind.

{file_count, files[], ordinary[], unknown_count, unknown[], stores[{path, state}], backend, can_record}.
files: the records of a crash (dmesg-*, and what systemd put together from them). ordinary: the console,
messages and trace of the last boot, which are there after each clean reboot too. unknown: names of neither
kind. can_record: False where neither a backend nor a store is set up; backend None where the kernel has
none. A store that may not be read leaves it undecided unless the other one already holds files.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_ORDINARY = ("console-", "pmsg-", "ftrace-")
_STORE = re.compile(r"(?m)^store (/\S+) (readable|absent|denied)[ \t\r]*$")
_FILE = re.compile(r"(?m)^file (/\S(?:.*[^ \t\r\n])?)[ \t\r]*$")
_BACKEND = re.compile(r"(?m)^backend (\S+)[ \t\r]*\n")
READS = "file_count files ordinary unknown_count unknown stores[path state] backend can_record"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    stores = [{"path": path, "state": state} for path, state in _STORE.findall(stdout)]
    backend = _BACKEND.search(stdout)
    found = _FILE.findall(stdout)
    files, ordinary, unknown = _sorted_out(found)
    if not stores or not (backend or found):
        raise refuse(stdout, stderr, exit_status)
    if "/sys/fs/pstore" not in {store["path"] for store in stores} and not found:
        raise Undecided("The kernel's own store is not named; the text may be cut off.", Cause.CUT_OFF)
    denied = [store["path"] for store in stores if store["state"] == "denied"]
    if denied and not files:
        raise Undecided(f"Not permitted: {', '.join(denied)} can only be read as root.", Cause.NOT_PERMITTED)
    name = backend[1] if backend and backend[1] not in ("none", "(null)") else None
    return {
        "file_count": len(files),
        "files": files,
        "ordinary": ordinary,
        "unknown_count": len(unknown),
        "unknown": unknown,
        "stores": stores,
        "backend": name,
        "can_record": name is not None or bool(found),
    }


def _sorted_out(paths: list[str]) -> tuple[list[str], list[str], list[str]]:
    """(of a crash, ordinary, neither) by the kernel's names; systemd's folders are numbers."""
    names = {path: path.rsplit("/", 1)[-1] for path in paths}
    crash = [path for path, name in names.items() if name.startswith("dmesg") or name.rstrip("/").isdecimal()]
    ordinary = [path for path, name in names.items() if name.startswith(_ORDINARY)]
    return crash, ordinary, [path for path in paths if path not in crash and path not in ordinary]
