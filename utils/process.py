"""This program as a process: its streams, the signals that end it, its word to systemd, and its end.

stand_open()                                 # whoever started it may have closed its streams
stopping = Stopping()                        # from now on a signal leaves nothing half begun
stopping.serve(server.run, first=bus.close)  # returns, or raises SystemExit, once it is to end
leave(0)

subprocess.run(tied(["ip", "addr"]))         # a child that ends with this program
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import cache
from types import FrameType
from typing import NoReturn


def stand_open() -> None:
    """Give each standard stream that was closed /dev/null. Else the next open file gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open as long as we run


class Stopping:
    """What Ctrl+C, SIGTERM and a closed terminal do: one end, and none before the start is whole."""

    def __init__(self) -> None:
        self._asked = False
        self._end: Callable[[], None] | None = None
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no SIGHUP
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                continue  # nohup wants it to live on
            signal.signal(number, self._heard)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        asked_before, self._asked = self._asked, True
        if self._end is not None and not asked_before:
            self._end()
            raise SystemExit(0)

    def serve(self, run: Callable[[], object], *, first: Callable[[], None]) -> None:
        """Run until a signal comes; not at all if one came already. first: done before run is ended."""
        self._end = first
        if not self._asked:
            tell_ready()
            run()


def tell_ready() -> None:
    """Tell systemd that the page answers (Type=notify); who was not started by it tells nobody."""
    address = os.environ.pop("NOTIFY_SOCKET", "")
    if address and sys.platform != "win32":
        at = f"\0{address[1:]}" if address.startswith("@") else address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.sendto(b"READY=1", at)


def tied(argv: Sequence[str]) -> list[str]:
    """The command of a child that ends with the thread which starts it, and so with this program.

    The kernel ends it also where this program is killed. Only Linux does so; see docs/operating.md.
    """
    its = ties()
    known = shutil.which(argv[0])  # what is missing is told by whoever starts it
    return [*its, *argv] if known else [*argv]


@cache
def ties() -> tuple[str, ...]:
    """What stands before the command of such a child; () where the system has no such thing."""
    found = shutil.which("setpriv") if sys.platform == "linux" else None
    start = (found or "", "--pdeathsig", "KILL", "--")
    # busybox has a setpriv without that option; our environment has secrets, which no child gets
    told = {"PATH": os.environ.get("PATH", os.defpath)}
    tried = subprocess.run([*start, "true"], env=told, capture_output=True, check=False) if found else None
    works = tried is not None and tried.returncode == 0
    return start if works else ()


def leave(status: object) -> NoReturn:
    """End with this status, without Python's own end.

    That stops other threads wherever they are. Within RE2, which is C++, the whole program then aborts.
    """
    for last in (atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
        with contextlib.suppress(OSError, ValueError):
            last()
    os._exit(status if isinstance(status, int) else int(status is not None))
