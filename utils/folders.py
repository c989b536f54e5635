"""Folders, files and locks of this user alone: what another local user must neither read nor hold up."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

LOCK_S = 3.0
_AGAIN_S = 0.05
_OF_WINDOWS = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*[. ]")


def make_private(folder: Path) -> None:
    """Make the folder and every parent that is missing, each with mode 0700; OSError."""
    missing = list(takewhile(lambda each: not each.exists(), (folder, *folder.parents)))
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def is_folder_name(name: str) -> bool:
    """Whether a folder can have this name, and no other name leads to it. Windows keeps some for devices,
    and takes a dot off the end."""
    return sys.platform != "win32" or _OF_WINDOWS.fullmatch(name) is None


def open_private(path: str | Path, flags: int) -> int:
    """Open a file; a new one is for its owner alone. Also the opener of open().

    Bytes are written as they are: Windows would put a carriage return before each line break.
    """
    return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file (mode 0600) against other programs. TimeoutError when one keeps it for LOCK_S."""
    handle = lock(path)
    try:
        yield
    finally:
        os.close(handle)  # which gives the lock back


def lock(path: Path) -> int:
    """As locked(), for those whose work each answer waits for. Closing what it gives back ends it."""
    handle = open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        with contextlib.suppress(OSError):
            if os.fstat(handle).st_mode & 0o077:  # an earlier version's: whoever can read it can lock it
                os.chmod(path, 0o600)
        deadline = time.monotonic() + LOCK_S
        while not _taken(handle):
            if time.monotonic() > deadline:
                raise TimeoutError(f"another program holds {path}")
            time.sleep(_AGAIN_S)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _taken(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write_atomically(path: Path, text: str) -> None:
    """Write the whole new text or leave the whole old one, also in a crash. Only the owner can read it.

    Lines end with \\n on every system: ssh reads no key whose lines end otherwise.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
