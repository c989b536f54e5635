"""The audit log: who asked for what on which device, and how it ended. One JSON object a line.

Schema of a line: time (ISO 8601 UTC), who ("page 127.0.0.1", "token 127.0.0.1", "command line"), action (run,
checkup, trust, nickname, forget, credentials, reset, log-follow, login, login-refused, logout, call), device
(label or null), and the action's own facts.
A name is first in `who` at a hub that has people: "ada (page …)".

Each line is one write to a file opened for appending. So a crash can only lose the line being written. A
lock keeps two programs from mixing theirs. Secrets are redacted. It must never stop the work: a full disk
is logged, not raised.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from utils.clock import utc_text
from utils.folders import lock, make_private, open_private
from utils.redact import redact

log = logging.getLogger(__name__)
MAX_BYTES = 10 << 20


class Audit:
    """Appends to `path`; beyond 10 MB the file is renamed to `<path>.1`. heard: gets each entry, redacted."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._lock_file = path, path.with_suffix(".lock") if path else Path()
        self.heard: Callable[[Mapping[str, Any]], None] = lambda entry: None
        self._lock = threading.Lock()

    def write(self, action: str, *, who: str = "", device: str | None = None, **facts: Any) -> None:
        """Add one line; without a path nothing is kept."""
        if self._path is None:
            return
        entry = {"time": utc_text(), "who": who, "action": action, "device": device, **facts}
        line = redact.as_json(entry) + "\n"
        try:
            with self._lock:
                self._append_alone(self._path, line.encode())
        except OSError as exc:
            log.error("The audit log cannot be written: %s", exc)
        self.heard(json.loads(line))

    def _append_alone(self, path: Path, line: bytes) -> None:
        """Append while no other program appends or renames. Who keeps the lock for long hinders nobody."""
        held = _held(self._lock_file)
        try:
            self._append(path, line)
        finally:
            if held is not None:
                os.close(held)

    @staticmethod
    def _append(path: Path, line: bytes) -> None:
        handle = _opened(path)
        try:
            size = os.fstat(handle).st_size
            os.write(handle, _after_torn_line(handle, size) + line)
        finally:
            os.close(handle)
        if size > MAX_BYTES:
            os.replace(path, path.with_name(path.name + ".1"))


def _held(path: Path) -> int | None:
    with contextlib.suppress(OSError):
        try:
            return lock(path)
        except FileNotFoundError:
            make_private(path.parent)
            return lock(path)
    return None


def _opened(path: Path) -> int:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
    try:
        return open_private(path, flags)
    except FileNotFoundError:
        make_private(path.parent)
        return open_private(path, flags)


def _after_torn_line(handle: int, size: int) -> bytes:
    """A line break first when a crash left the last line without one."""
    if size == 0:
        return b""
    os.lseek(handle, size - 1, os.SEEK_SET)
    return b"" if os.read(handle, 1) == b"\n" else b"\n"
