"""Who runs a check-up: a program on a computer, told from a later program with the same number.

Only a program of this computer can be looked for, and only where /proc tells when it started. Of any other
one nobody can say that it is gone, so it counts as gone after a day.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

LONGEST_S = 86400
"""No check-up runs longer."""


def myself() -> str:
    """This program: "laptop-3/1234/567890"."""
    return f"{platform.node()}/{os.getpid()}/{_began(os.getpid())}"


def gone(holder: str) -> bool:
    """Whether this program has certainly ended."""
    node, pid, began = holder.rsplit("/", 2)
    return node == platform.node() and bool(began) and _began(int(pid)) != began


def _began(pid: int) -> str:
    """When the process began, in ticks since the start of the computer; "" where there is none."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return facts.rpartition(")")[2].split()[19]
