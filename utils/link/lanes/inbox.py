"""paramiko's buffers of a channel, with a bell. End marks wake a caller that waits for a command's end;
packets of its output do not. A missed ring costs a tick of the waiting call, never more.
"""

from __future__ import annotations

import threading
from typing import Any

from paramiko.buffered_pipe import BufferedPipe
from paramiko.ssh_exception import SSHException

from utils.link.lanes.frames import ANYTHING, ERR, OUT
from utils.link.lanes.scripts import MARK

MUCH = 1 << 15  # so much is read even before the command's end: the window has to move on
SLACK = 1 << 16  # beyond the window: one packet of a server that counts carelessly
_END = f"{MARK}\n".encode()
_BEGIN = f" b{MARK}\n".encode()


class Bell:
    """Rings when there may be what was asked for last: an end mark on each stream named, or anything."""

    def __init__(self) -> None:
        self._silent = threading.Lock()  # free once it has rung: half the calls of an Event
        self._silent.acquire()
        self._wanted = ANYTHING
        self._heard = 0
        self._over = False

    def hang_on(self, channel: Any) -> None:
        """Before the channel's command is sent, so nothing has come yet."""
        most = channel.in_window_size + SLACK
        channel.in_buffer, channel.in_stderr_buffer = Inbox(self, OUT, most), Inbox(self, ERR, most)

    def ask_for(self, wanted: int) -> None:
        """From now on. What has come before must be looked at after this call."""
        self._wanted, self._heard = wanted, 0
        self._silent.acquire(blocking=False)

    def wait(self, timeout_s: float) -> None:
        if not self._over:
            self._silent.acquire(timeout=timeout_s)

    def came(self, stream: int, data: bytes, held: int) -> None:
        """Data on a stream, which holds so much now."""
        if self._wanted == ANYTHING or held >= MUCH:  # bulk output is not searched here too
            self._ring()
        elif _may_end(data):
            self._heard |= stream
            if self._wanted & ~self._heard == 0:
                self._ring()

    def over(self) -> None:
        """Nothing will come any more."""
        self._over = True
        self._ring()

    def _ring(self) -> None:
        try:  # noqa: SIM105 - suppress() takes as long as all the rest here, for each packet
            self._silent.release()
        except RuntimeError:  # it has rung already
            pass


class Inbox(BufferedPipe):  # type: ignore[type-arg]  # generic for mypy alone
    """One stream's buffer. Who reads all of it is given the buffer itself: paramiko would copy it twice.
    A device that sends more than its window allows ends its connection: SSHException, in its thread."""

    def __init__(self, bell: Bell, stream: int, most: int) -> None:
        super().__init__()
        self._most = most
        self._buffer: Any = bytearray()
        self._bell, self._stream = bell, stream

    def _buffer_tobytes(self, limit: int | None = None) -> bytes | bytearray:
        if limit is not None:
            with memoryview(self._buffer) as part:
                return bytes(part[:limit])
        whole: bytearray = self._buffer
        self._buffer = bytearray()
        return whole

    def feed(self, data: bytes) -> None:
        """Wake nobody in here, unlike paramiko's: who waits, waits for the bell."""
        with self._lock:  # type: ignore[attr-defined]  # paramiko's
            self._buffer += data
            held = len(self._buffer)
        if held > self._most:
            raise SSHException("the device sends more than its window allows")
        self._bell.came(self._stream, data, held)

    def close(self) -> None:
        super().close()
        self._bell.over()


def _may_end(data: bytes) -> bool:
    """Whether an end mark may be in it: a mark other than the begin mark, or the rest of one."""
    found = data.count(_END)
    return found > 1 or (found == 1 and not data.endswith(_BEGIN)) or data[:1] == b"\n"
