"""The private folder of the second path: short, ours alone, and plain enough for ssh's own parser. No SSH.

ssh splits the values of its options at blanks, and expands % and ${} in them. It binds its socket to a name
of at most 104 bytes (macOS). The system's folder for temporary files promises none of that.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOCKET_BYTES = 103  # sun_path of macOS and the BSDs is 104 with its NUL; Linux has 108
_SSH_ADDS = 17  # ssh binds NAME.sixteenletters first and renames that
_NAME = 10
KEY = "key"  # the key file as ssh wants it
_PLAIN = re.compile(r"/[A-Za-z0-9_./+-]*")


@dataclass(frozen=True)
class Private:
    """A folder of mode 0700 that only we can enter. sockets: ssh can put its socket into it."""

    path: Path
    sockets: bool

    def socket(self, tag: str) -> Path:
        """The name of a shared connection's socket; tag: at most 8 characters."""
        return self.path / f"c-{tag[:8]}"

    def new(self, word: str) -> Path:
        """A name nobody can guess, for a file of one call."""
        return self.path / f"{word}.{secrets.token_hex(4)}"


def make_private() -> Private:
    """The first folder that suits ssh; else the first that can be had, and then without sockets."""
    rest: list[Private] = []
    for parent in _parents():
        try:
            made = Path(tempfile.mkdtemp(prefix="v3-", dir=parent))
        except OSError:
            continue
        private = Private(made, _holds_sockets(made))
        if private.sockets and _runs_programs(made):
            break
        rest.append(private)
    else:
        if not rest:
            raise FileNotFoundError("no folder for temporary files can be written")
        private = rest.pop(0)
    for unused in rest:
        unused.path.rmdir()
    return private


def _parents() -> Iterator[str]:
    """Where it may be made, the best first."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    for parent in (runtime, tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108 - mkdtemp makes the name
        if os.path.isabs(parent) and _nobody_can_swap(parent):
            yield parent


def _nobody_can_swap(parent: str) -> bool:
    """Whether no other user can put another folder in place of ours."""
    if sys.platform == "win32":
        return True
    try:
        seen = os.stat(parent)
    except OSError:
        return False
    closed = not seen.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return seen.st_uid in (0, os.getuid()) and (closed or bool(seen.st_mode & stat.S_ISVTX))


def _holds_sockets(folder: Path) -> bool:
    text = str(folder)
    room = len(os.fsencode(text)) + 1 + _NAME + _SSH_ADDS <= SOCKET_BYTES
    return sys.platform != "win32" and room and _PLAIN.fullmatch(text) is not None


def _runs_programs(folder: Path) -> bool:
    """Whether a script in it can be started: temporary folders may be mounted noexec."""
    script = folder / "probe"
    script.touch(mode=0o700)
    try:
        return os.access(script, os.X_OK)
    finally:
        script.unlink()


def path_option(name: str, path: Path | str) -> str:
    """An option whose value is one path, whatever characters are in it."""
    text = path.as_posix() if isinstance(path, Path) else path
    escaped = text.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'
