"""One running `ssh` of the second path, read to its end; and what ssh says -> our errors.

ssh's own words go to a file of the call (ssh -E), so that they are never taken for the command's stderr.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from utils import errors
from utils.result import CommandResult
from utils.ssh import loginwords, obstacles
from utils.ssh.algorithms import said_by_ssh
from utils.ssh.frames import Frame, Streams
from utils.ssh.request import Request


class Call:
    """One running ssh process, read to its end by three small threads."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        request: Request,
        frame: Frame,
        stdin: bytes,
        log: Path,
        *,
        on_begun: Callable[[], None],
    ) -> None:
        self._process, self._request, self._frame, self._log = process, request, frame, log
        self._on_begun = on_begun
        self._streams = Streams()
        self._lock = threading.Condition()
        self._open = 2
        for target in (
            lambda: self._write(stdin),
            lambda: self._read(process.stdout, "out"),
            lambda: self._read(process.stderr, "err"),
        ):
            threading.Thread(target=target, name="v3-ssh-io", daemon=True).start()

    def _write(self, stdin: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin is not None
            self._process.stdin.write(stdin)
            self._process.stdin.close()

    def _read(self, stream: object, name: str) -> None:
        while True:
            try:
                data = os.read(stream.fileno(), 1 << 16)  # type: ignore[attr-defined]
            except (OSError, ValueError):
                data = b""
            with self._lock:
                if data:
                    buffer: bytearray = getattr(self._streams, name)
                    buffer += data
                else:
                    self._open -= 1
                self._lock.notify()
            if not data:
                return

    def finish(self, started: float) -> CommandResult:
        """The result, or the error that tells how far the command got."""
        while True:
            with self._lock:
                self._frame.take(self._streams)
                over = self._frame.done or self._open == 0
                if not over:
                    self._lock.wait(0.05)
            if self._frame.begun:
                self._on_begun()
            if over:
                break
            if self._frame.truncated and self._frame.out.total + self._frame.err.total > (256 << 20):
                break
            self._request.check()
        if not self._frame.done and not self._frame.truncated:
            return self._without_end(started)
        return self._result(started, None)

    def _without_end(self, started: float) -> CommandResult:
        status = self._process.wait()
        with self._lock:
            self._frame.take_rest(self._streams)
        if not self._frame.begun:
            from_device = bytes(self._streams.out) + b"\n" + bytes(self._streams.err)
            raise ssh_error(self._said(), status, from_device.decode(errors="replace").strip())
        if 128 < status < 255:  # the command's shell was killed; the one above it says by what
            return self._result(started, _signal_name(status - 128))
        raise errors.OutcomeUnknown

    def _said(self) -> str:
        """What ssh itself said."""
        with contextlib.suppress(OSError):
            return self._log.read_text(errors="replace")
        return ""

    def _result(self, started: float, by_signal: str | None) -> CommandResult:
        frame = self._frame
        return CommandResult(
            command=self._request.command, stdout_bytes=bytes(frame.out), stderr_bytes=bytes(frame.err),
            exit_status=None if by_signal else frame.exit_status, signal=by_signal,
            duration_s=time.monotonic() - started, path="subprocess", truncated=frame.truncated,
            attempts=max(1, self._request.attempts),
        )  # fmt: skip


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return str(number)


_SAID: tuple[tuple[str, type[errors.LinkError]], ...] = (
    ("host key verification failed", errors.HostKeyUnknown),
    ("host key is known for", errors.HostKeyUnknown),
    ("permission denied", errors.AuthenticationFailed),
    ("too many authentication failures", errors.AuthenticationFailed),
    ("connection refused", errors.DeviceUnreachable),
    ("no route to host", errors.DeviceUnreachable),
    ("network is unreachable", errors.DeviceUnreachable),
    ("could not resolve", errors.DeviceUnreachable),
    ("timed out", errors.NotResponding),
    ("kex_exchange_identification", errors.NotSsh),
    ("connection closed", errors.LinkLost),
    ("connection reset", errors.LinkLost),
)


_OWN = re.compile(
    r"(ssh|kex_\w+|mux\w*|load \w+|no such|identity file|control|connection|disconnected|warning|host key|@|"
    r"unable|channel|client_\w+|bad \w+|permissions|it is|offending|add |this |someone|are you|key_\w+)",
    re.IGNORECASE,
)


def _words(said: str) -> str:
    """The server's own words in what ssh says: why it hung up, and what came with its questions."""
    lines = [re.sub(r"^Received disconnect from \S+ port \d+:\d+: ", "", line) for line in said.splitlines()]
    return "\n".join(line for line in lines if not _OWN.match(line) and "Permission denied" not in line)


def ssh_error(said: str, status: int, from_device: str = "") -> errors.LinkError:
    """What ssh said -> our error. Nothing was run: the begin mark never came.

    from_device: what the device printed; it is not believed about anything but its own password.
    """
    if "password change required" in from_device.lower():
        return errors.PasswordExpired()
    if said.strip() and (known := loginwords.named(f"{_words(said)} {from_device if status == 255 else ''}")):
        return known
    text = said.lower()
    if "no matching" in text:
        return said_by_ssh(said)
    for words, kind in _SAID:
        if words in text:
            return kind()
    if status == 255 and not from_device:
        last = said.strip().splitlines()[-1][:200] if said.strip() else "it said nothing"
        return errors.LinkLost(f"The system's ssh could not connect: {last}")
    return obstacles.shell_error(from_device, status=status)
