"""A terminal by the system's ssh: `ssh -tt` on a PTY of this laptop. Bytes in, bytes out, resize.

ssh copies the settings and the size of its own terminal to the device's. Then it puts its own into raw mode,
so that every byte goes through as it is. Needs a system with PTYs. The counterpart of terminal.py.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from utils import errors
from utils.laptop import child
from utils.laptop.tcp import unanswered
from utils.link import obstacles
from utils.link.paths import not_typed
from utils.link.paths.subprocess.call import ssh_error
from utils.link.paths.subprocess.standing import Standing
from utils.link.request import Deadline, Request
from utils.model.results import Device

assert sys.platform != "win32"  # see BySsh.terminal

TYPE = "xterm-256color"
START_S = 25.0  # connecting, login and login files together
SEND_S = 5.0
END_S = 0.5
_CHUNK = 1 << 16
_NOISE = 1 << 20  # of login files, before the answer


class SshTerminal:
    """send() types, recv() reads, resize() tells the size, close() hangs up.

    carrier: the process that holds the connection; a shared one is another's.
    prove() comes first. up: whether the shared connection is there. on_close: called once, at its end;
    on_lost: when it is found that the connection broke.
    One thread may read while another types.
    """

    def __init__(
        self,
        argv: list[str],
        environment: Mapping[str, str],
        said: Path,
        cols: int,
        rows: int,
        *,
        up: Callable[[], bool | None],
    ) -> None:
        self.standing: Standing | None = None
        self.on_close: Callable[[], None] = lambda: None
        self.on_lost: Callable[[], None] = lambda: None
        self._said, self._up = said, up
        self._ahead = b""
        self._lock = threading.Lock()
        self._closed = False
        self._near, far = pty.openpty()
        os.set_blocking(self._near, False)
        self._set_size(cols, rows)
        try:
            with said.open("ab") as words:  # where there is no PTY, ssh says so on its stderr
                self._process = child.start(
                    argv, stdin=far, stdout=far, stderr=words, env={**environment, "TERM": TYPE},
                    start_new_session=True,
                )  # fmt: skip
        finally:
            os.close(far)
        self.carrier = self._process.pid

    def prove(self, answer: str, request: Request) -> str:
        """The answer to identity.COMMAND; until it is there, nothing is typed. What the shell prints
        begins behind it."""
        tag, start, out = b"\x1e" + answer.encode(), Deadline(START_S), b""
        # The device's PTY makes "\r\n" of a line's end. Ours adds a "\r" where ssh has yet to make it raw.
        mark = re.compile(re.escape(tag + b" x\x1e") + rb"(\r*)\n")
        while (end := mark.search(out)) is None:
            if self._no_pty:
                raise obstacles.terminal_error(pty=False)
            data = self._receive(0.1)
            if data is None or len(out) > _NOISE:
                raise self._refusal(out)
            out += data
            request.check()
            if start.passed:
                raise obstacles.shell_error(out, hangs=True)
        if not end[1]:
            raise obstacles.terminal_error(pty=False)
        told, self._ahead = re.sub(rb"\r+\n", b"\n", out[: end.start()]), out[end.end() :]
        who = told.partition(tag + b" r")[2].partition(b"\x1e\n")[2].partition(tag + b" i")[0]
        return who.decode("utf-8", "replace")

    def _refusal(self, out: bytes) -> errors.LinkError:
        status = self._process.wait(END_S) if self._over_within(END_S) else 255
        if self._no_pty:
            return obstacles.terminal_error(pty=False)
        return ssh_error(self._words, status, out.decode(errors="replace").strip())

    @property
    def _words(self) -> str:
        """What ssh itself said."""
        return self._said.read_text(encoding="utf-8", errors="replace") if self._said.exists() else ""

    @property
    def _no_pty(self) -> bool:
        return "PTY allocation" in self._words

    def kill(self) -> None:
        """End ssh at once: it must hear nothing more."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)

    # -- what a tab sees ----------------------------------------------------------------------

    @property
    def device(self) -> Device | None:
        return self.standing.device if self.standing is not None else None

    @property
    def device_key(self) -> str:
        return self.standing.device_key if self.standing is not None else ""

    def send(self, data: bytes) -> None:
        """All of data; LinkLost when the terminal is gone, InputNotTaken when nothing there reads it.

        Where the device takes nothing at the moment: NotResponding, and nothing is sent (Linux).
        """
        if not self.closed and unanswered(self.carrier):
            raise not_typed()
        view, deadline = memoryview(data), Deadline(SEND_S)
        while view:
            if self.closed:
                raise errors.LinkLost("The terminal is closed.")
            if deadline.passed:
                raise errors.InputNotTaken
            if _ready(self._near, select.POLLOUT, min(0.2, deadline.left)):
                view = view[self._write(view[:_CHUNK]) :]

    def _write(self, data: memoryview) -> int:
        with self._lock:
            try:
                return 0 if self._closed else os.write(self._near, data)
            except BlockingIOError:
                return 0
            except OSError as exc:
                raise errors.LinkLost("The terminal is closed.") from exc

    def recv(self, timeout: float) -> bytes | None:
        """What the device wrote, b"" if nothing within timeout seconds, None once it is over."""
        ahead, self._ahead = self._ahead, b""
        return ahead or self._receive(timeout)

    def _receive(self, timeout_s: float) -> bytes | None:
        over = self._closed or self._process.poll() is not None  # before looking: what came until then counts
        if not _ready(self._near, select.POLLIN, 0.0 if over else timeout_s):
            return None if over else b""
        with self._lock:  # its number is another file's once it is closed
            try:
                return None if self._closed else os.read(self._near, _CHUNK) or None
            except BlockingIOError:
                return b""
            except OSError:  # the other end is closed
                return None

    def resize(self, cols: int, rows: int) -> None:
        """Tell the device the new size in characters."""
        with contextlib.suppress(OSError):
            self._set_size(cols, rows)
            self._process.send_signal(signal.SIGWINCH)  # it has no controlling terminal that would

    def _set_size(self, cols: int, rows: int) -> None:
        size = struct.pack("HHHH", max(1, min(rows, 1000)), max(1, min(cols, 1000)), 0, 0)
        fcntl.ioctl(self._near, termios.TIOCSWINSZ, size)

    @property
    def closed(self) -> bool:
        return self._closed or self._process.poll() is not None

    @property
    def exit_status(self) -> int | None:
        """Of the shell, once it has ended by itself. ssh says 255 where there is none to tell."""
        status = self._process.poll()
        return status if status is not None and 0 <= status < 255 else None

    @property
    def link_lost(self) -> bool:
        """Once it is over: whether the connection is gone, not the shell alone."""
        if not self._over_within(END_S) or self.exit_status is not None:
            return False
        until = Deadline(END_S)  # the socket goes a moment after the connection
        while not until.passed:
            if not self._up():
                self.on_lost()
                return True
            time.sleep(0.05)
        return False

    def _over_within(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.poll() is not None

    def close(self) -> None:
        """Hang up: the shell and what runs in it get SIGHUP."""
        with self._lock:
            first, self._closed = not self._closed, True
        if not first:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):  # the first lets it tell the shared connection
            with contextlib.suppress(OSError):
                if self._process.poll() is None:
                    os.killpg(self._process.pid, number)
            if self._over_within(END_S):
                break
        with self._lock:
            os.close(self._near)
        self._said.unlink(missing_ok=True)
        self.on_close()


def _ready(handle: int, event: int, timeout_s: float) -> bool:
    """Whether it can be read or written, waiting at most so long. poll(), for any number of open files."""
    poll = select.poll()
    poll.register(handle, event)
    return bool(poll.poll(timeout_s * 1000))
