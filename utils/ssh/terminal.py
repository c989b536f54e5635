"""A PTY on the device over the same link: bytes in, bytes out, resize. No parsing, ever."""

from __future__ import annotations

import contextlib

from utils import errors
from utils.ssh.connection import Connection
from utils.ssh.request import Deadline
from utils.ssh.transport import open_session

TYPE = "xterm-256color"


class Terminal:
    """A login shell on a PTY. send() types, recv() reads, resize() tells the size, close() hangs up."""

    def __init__(self, connection: Connection, cols: int, rows: int, deadline: Deadline) -> None:
        self._transport = connection.transport
        self.device = connection.device
        self._channel = open_session(connection.transport, deadline)
        try:
            self._channel.get_pty(TYPE, *_size(cols, rows))
            self._channel.invoke_shell()
        except Exception as exc:
            self.close()
            raise errors.ShellUnusable("The device gives no terminal.") from exc

    def send(self, data: bytes) -> None:
        """All of data; LinkLost when the terminal is gone."""
        try:
            self._channel.settimeout(5.0)
            self._channel.sendall(data)
        except (OSError, EOFError) as exc:
            raise errors.LinkLost("The terminal is closed.") from exc

    def recv(self, timeout: float) -> bytes | None:
        """What the device wrote, b"" if nothing within timeout seconds, None once it is over."""
        self._channel.settimeout(timeout)
        try:
            data = bytes(self._channel.recv(1 << 16))
        except TimeoutError:
            return b"" if self._transport.is_active() else None
        return data or None

    def resize(self, cols: int, rows: int) -> None:
        """Tells the device the new size in characters."""
        with contextlib.suppress(Exception):
            self._channel.resize_pty(*_size(cols, rows))

    @property
    def closed(self) -> bool:
        return bool(self._channel.closed or not self._transport.is_active())

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self._channel.close()


def _size(cols: int, rows: int) -> tuple[int, int]:
    return max(1, min(cols, 1000)), max(1, min(rows, 1000))
