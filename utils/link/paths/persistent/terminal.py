"""A PTY on the device over the same link: bytes in, bytes out, resize. No parsing, ever.

One thread may read while another types. Reading waits on a separate bell, since a channel has only one
time-out for both.
"""

from __future__ import annotations

import contextlib

from paramiko.common import cMSG_CHANNEL_REQUEST
from paramiko.message import Message
from paramiko.ssh_exception import SSHException

from utils import errors
from utils.link import obstacles
from utils.link.lanes.frames import ANYTHING
from utils.link.lanes.inbox import Bell
from utils.link.lanes.pipe import SETTLE_S, close_channel
from utils.link.paths import not_typed
from utils.link.paths.persistent.connection import Connection
from utils.link.request import Deadline, Request
from utils.link.transport.transport import open_session

TYPE = "xterm-256color"
SEND_S = 5.0
SILENT_S = 1.0
PROOF_S = 3.0
ASK_S = 3.0  # for the question why there is no terminal
WINDOW_BYTES = 256 << 10  # what is under way when ^C is pressed has yet to be drawn
_CHUNK = 1 << 16


class PersistentTerminal:
    """A login shell on a PTY. send() types, recv() reads, resize() tells the size, close() hangs up."""

    def __init__(self, connection: Connection, cols: int, rows: int, deadline: Deadline) -> None:
        self._transport = connection.transport
        self.device = connection.device
        self.device_key = connection.device_key
        self._channel = open_session(connection.transport, deadline, WINDOW_BYTES)
        self._bell = Bell()
        self._bell.hang_on(self._channel)
        self._channel.set_combine_stderr(True)
        self._channel.settimeout(SEND_S)
        # paramiko waits for the answers to its requests without a bound
        self._channel._wait_for_event = lambda: self._answered(deadline)
        self._start(connection, *_size(cols, rows))

    def _start(self, connection: Connection, cols: int, rows: int) -> None:
        pty = False
        try:
            self._channel.get_pty(TYPE, cols, rows)
            pty = True
            self._channel.invoke_shell()
        except errors.V3Error:
            self.close()
            raise
        except Exception as exc:
            self.close()
            raise _refusal(connection, pty=pty) from exc

    def _answered(self, deadline: Deadline) -> None:
        self._transport.wait_for(self._channel.event, deadline)
        if not self._channel.event_ready:
            raise SSHException("The device refused it.")

    def send(self, data: bytes) -> None:
        """All of data; LinkLost when the terminal is gone, InputNotTaken when nothing there reads it.

        A device that was silent must answer first, else NotResponding and nothing is sent.
        """
        if not self.closed and not self._transport.answers(SILENT_S, PROOF_S) and not self.closed:
            raise not_typed()
        try:
            self._channel.sendall(data)
        except TimeoutError as exc:
            raise (errors.LinkLost if self.closed else errors.InputNotTaken) from exc
        except (OSError, EOFError) as exc:
            raise errors.LinkLost("The terminal is closed.") from exc

    def recv(self, timeout: float) -> bytes | None:
        """What the device wrote, b"" if nothing within timeout seconds, None once it is over."""
        self._bell.ask_for(ANYTHING)
        if not self._channel.recv_ready() and not self._over:
            self._bell.wait(timeout)
        over = self._over  # before looking: what came until then is read first
        try:
            if self._channel.recv_ready():
                return bytes(self._channel.recv(_CHUNK))
        except (OSError, EOFError, SSHException):  # it tells the device that there is room again
            return None
        return None if over else b""

    def resize(self, cols: int, rows: int) -> None:
        """Tell the device the new size in characters."""
        with contextlib.suppress(Exception):
            self._channel.resize_pty(*_size(cols, rows))

    @property
    def _over(self) -> bool:
        return bool(self._channel.eof_received or self.closed)

    @property
    def closed(self) -> bool:
        return bool(self._channel.closed or not self._transport.is_active())

    @property
    def exit_status(self) -> int | None:
        """Of the shell, once it has ended by itself."""
        status = int(self._channel.exit_status)
        return status if self._channel.exit_status_ready() and status >= 0 else None

    @property
    def link_lost(self) -> bool:
        """Once it is over: whether the whole link is gone, not the shell alone. See Pipe.link_lost."""
        self._channel.status_event.wait(SETTLE_S)  # a shell's exit status may come after its output's end
        if self.exit_status is not None:
            return False
        if not self._channel.eof_received:
            self._transport.join(SETTLE_S)
        return not self._transport.is_active()

    def close(self) -> None:
        """Hang up: the shell and what runs in it get SIGHUP."""
        if not self.closed:
            with contextlib.suppress(Exception):
                self._signal("HUP")
        close_channel(self._channel)

    def _signal(self, name: str) -> None:
        """To the shell. dropbear keeps the PTY of a closed channel for as long as something runs on it."""
        message = Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(self._channel.remote_chanid)
        message.add_string("signal")
        message.add_boolean(False)
        message.add_string(name)
        self._transport._send_user_message(message)  # type: ignore[attr-defined]


def _refusal(connection: Connection, *, pty: bool) -> errors.LinkError:
    """Why there is no terminal, as far as the device tells."""
    facts = ""
    if not pty:
        with contextlib.suppress(errors.V3Error):
            facts = connection.run(Request(obstacles.PTY_FACTS, timeout=ASK_S, effect="read")).stdout
    if not connection.transport.is_active():
        return errors.LinkLost()
    return obstacles.terminal_error(facts, pty=pty)


def _size(cols: int, rows: int) -> tuple[int, int]:
    return max(1, min(cols, 1000)), max(1, min(rows, 1000))
