"""A child process of ours: its environment, and that it ends with this program, also with a killed one.

A setting may be a password or the token. /proc and `ps e` show a child's environment to its user for as long
as it runs. So a child gets the laptop's environment, without a single setting of ours.

    run(["ip", "-j", "addr"], timeout=2)     # waited for
    start(["ssh", …], stdin=PIPE)            # goes on; process.tied() says how it ends with us
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from queue import SimpleQueue
from typing import Any

from utils.process import tied, ties

_kept_back: set[str] = set()
_ASKPASS = "SSH_ASKPASS"


def keep_back(names: Iterable[str]) -> None:
    """Never pass the variables of these names on; their case does not count (Windows)."""
    _kept_back.update(name.upper() for name in names)


def environment() -> dict[str, str]:
    """The environment for a child: no setting of ours, no askpass program of somebody else's."""
    kept = {
        name: value for name, value in os.environ.items()
        if name.upper() not in _kept_back and not name.upper().startswith(_ASKPASS)
    }  # fmt: skip
    if sys.platform != "win32":
        kept["SHELL"] = "/bin/sh"  # ssh starts its ProxyCommand by it: a service's user has /bin/false there
    return kept


def run(argv: Sequence[str], **how: Any) -> subprocess.CompletedProcess[Any]:
    """Run it and wait, as subprocess.run does."""
    return subprocess.run(tied(argv), **{"env": environment(), "check": False, **how})


def start(argv: Sequence[str], **how: Any) -> subprocess.Popen[Any]:
    """Start it, as subprocess.Popen does."""
    how = {"env": environment(), **how}
    if not ties():
        return subprocess.Popen(argv, **how)
    begun: SimpleQueue[subprocess.Popen[Any] | BaseException] = SimpleQueue()
    # Linux ends a tied child with the thread that began it: this one lives as long as the child.
    threading.Thread(target=_live_with, args=(begun, argv, how), name="v3-child", daemon=True).start()
    if isinstance(process := begun.get(), BaseException):
        raise process
    return process


def _live_with(begun: SimpleQueue[Any], argv: Sequence[str], how: dict[str, Any]) -> None:
    try:
        process = subprocess.Popen(tied(argv), **how)
    except BaseException as exc:
        begun.put(exc)
        return
    begun.put(process)
    if sys.platform == "linux":  # see ties()
        with contextlib.suppress(ChildProcessError):  # whoever started it has looked first
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
