"""What the system knows of another process's TCP connection. Linux alone tells; elsewhere nobody knows.

No byte of what the system's ssh sends and hears comes past us. The kernel's table says how often it repeated
what it sent, since the last answer.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

AGAIN = 2  # one repeat may be a lost packet; the second one comes after 0.6 s of silence
_REPEATS, _INODE = 6, 9  # columns of /proc/net/tcp


def unanswered(pid: int) -> bool:
    """Whether the other end of this process's TCP connection takes nothing at the moment."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        mine = _sockets(pid)
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
                columns = line.split()
                if columns[_INODE] in mine and int(columns[_REPEATS], 16) >= AGAIN:
                    return True
    return False


def _sockets(pid: int) -> set[str]:
    """The inodes of its sockets."""
    found = set()
    for each in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            kind, _, inode = os.readlink(f"/proc/{pid}/fd/{each}").partition(":")
            if kind == "socket":
                found.add(inode.strip("[]"))
    return found
