"""A command's streams on an SSH channel: output, standard input, waiting, being stopped.

Owns what paramiko raises on a channel. A gone channel and a stopped command are both `Stopped`, which ends
the channel's thread. Knows nothing of lanes or commands.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import paramiko

_CHUNK = 1 << 16
_LOOK_S = 0.05  # how often a waiting command looks whether its channel still exists


class Stopped(Exception):
    """The command was stopped, or nobody listens any more."""


@dataclass
class TerminalSize:
    """Columns and rows of a PTY, as its last window-change said."""

    columns: int
    rows: int


class CommandIO(Protocol):
    """What a command can do with the world."""

    @property
    def size(self) -> TerminalSize | None:
        """The PTY's size; None without a PTY."""

    def out(self, data: bytes) -> None:
        """Write to stdout."""

    def err(self, data: bytes) -> None:
        """Write to stderr."""

    def wait(self, seconds: float) -> bool:
        """Sleep; False when interrupted from the keyboard. Raises Stopped."""

    def stdin(self) -> Iterator[bytes]:
        """What comes on standard input until its end."""


class ChannelIO:
    """The plain streams of one channel."""

    def __init__(self, channel: paramiko.Channel, stop: threading.Event) -> None:
        self.channel = channel
        self._stop = stop

    @property
    def size(self) -> TerminalSize | None:
        return None

    def out(self, data: bytes) -> None:
        self._send(self.channel.sendall, data)

    def err(self, data: bytes) -> None:
        self._send(self.channel.sendall_stderr, data)

    def _send(self, send: Callable[[bytes], None], data: bytes) -> None:
        if self._stop.is_set():
            raise Stopped
        try:
            if data:
                send(data)
        except (OSError, EOFError) as exc:
            raise Stopped from exc

    def receive(self) -> bytes:
        """What has come on stdin, waiting for it; b"" at its end."""
        try:
            data = self.channel.recv(_CHUNK)
        except OSError as exc:
            raise Stopped from exc
        if self._stop.is_set():
            raise Stopped
        return data

    def stdin(self) -> Iterator[bytes]:
        while data := self.receive():
            yield data

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._stop.wait(min(left, _LOOK_S)) or self.channel.closed:
                raise Stopped
        return True


class WithoutInput:
    """A command's streams in a lane: standard input is at its end."""

    def __init__(self, io: ChannelIO) -> None:
        self._io = io
        self.size = None
        self.out, self.err, self.wait = io.out, io.err, io.wait

    def stdin(self) -> Iterator[bytes]:
        return iter(())
