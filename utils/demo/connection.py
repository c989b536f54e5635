"""One client's connection to the demo device: login, channels, and a thread for each that runs.

Owns paramiko's server side. lanes.py says what a channel's request means. This file only starts it after the
client has got its reply, and ends it.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import socket
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    MSG_CHANNEL_REQUEST,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from utils.demo import lanes
from utils.demo.channel_io import ChannelIO, Stopped, TerminalSize
from utils.demo.commands import FakeCommands
from utils.demo.shell import FakeShell, TerminalIO

USER = "ubuntu"
PASSWORD = "demo"  # noqa: S105 - public on purpose: it opens saved answers on loopback
SERVER_VERSION = "SSH-2.0-V3Demo"
_STOP_S = 2.0

# A client that hangs up is news for the link's log, not for the server's: paramiko calls it an error.
logging.getLogger("v3.demo.paramiko").setLevel(logging.CRITICAL)


def _on_channel_request(channel: paramiko.Channel, message: paramiko.Message) -> None:
    """As paramiko does, then start what was asked for: its output must not overtake the reply."""
    channel._handle_request(message)  # type: ignore[attr-defined]
    connection = getattr(channel.transport, "server_object", None)
    if isinstance(connection, ClientConnection):
        connection.start_requested()


class _ServerTransport(paramiko.Transport):
    _channel_handler_table: ClassVar = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
        MSG_CHANNEL_REQUEST: _on_channel_request,
    }


class ChannelSession:
    """What runs on one channel, in a thread of its own."""

    def __init__(self, channel: paramiko.Channel, lane_id: str) -> None:
        self.lane_id = lane_id
        self.channel = channel
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None

    def start(self, work: Callable[[], int], ended: Callable[[ChannelSession], None]) -> None:
        """Run work, send its exit status, close the channel, call ended."""
        self.thread = threading.Thread(
            target=self._run, args=(work, ended), name=f"v3-demo-{self.lane_id or 'session'}", daemon=True
        )
        self.thread.start()

    def _run(self, work: Callable[[], int], ended: Callable[[ChannelSession], None]) -> None:
        try:
            with contextlib.suppress(Stopped, OSError, EOFError, paramiko.SSHException):
                self.channel.send_exit_status(work())
        finally:
            self.close()
            ended(self)

    def end(self) -> None:
        """Stop it; return at once. Its thread follows."""
        self.stop.set()
        self.close()

    def close(self) -> None:
        """Close the channel."""
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            self.channel.close()

    def join(self, timeout_s: float) -> None:
        """Wait for its thread."""
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join(timeout_s)


class ClientConnection(paramiko.ServerInterface):
    """A client, from its handshake to its end.

    stop_lane(id) is asked of the device, since a client may stop over another connection.
    """

    def __init__(
        self,
        sock: socket.socket,
        host_key: paramiko.PKey,
        commands: FakeCommands,
        stop_lane: Callable[[str], int],
    ) -> None:
        self._commands = commands
        self._stop_lane = stop_lane
        self._lock = threading.Lock()
        self._sessions: set[ChannelSession] = set()
        self._sizes: dict[int, TerminalSize] = {}
        self._idle: dict[int, paramiko.Channel] = {}
        self._requested: Callable[[], None] | None = None
        self._sock = sock
        self.transport = _ServerTransport(sock)
        self.transport.local_version = SERVER_VERSION
        self.transport.set_log_channel("v3.demo.paramiko")
        self.transport.daemon = True
        self.transport.add_server_key(host_key)
        self.transport.start_server(event=threading.Event(), server=self)  # with an event it never blocks

    @property
    def alive(self) -> bool:
        """Whether its thread still serves."""
        return self.transport.is_alive()

    def close(self) -> None:
        """Hang up; the threads end soon after (join)."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        for session in self.sessions():
            session.stop.set()
        self.transport.close()
        self._idle.clear()

    def join(self, timeout_s: float) -> None:
        """Wait for the threads of this connection."""
        self.transport.join(timeout_s)
        for session in self.sessions():
            session.join(timeout_s)

    def sessions(self) -> list[ChannelSession]:
        """What runs at the moment."""
        with self._lock:
            return list(self._sessions)

    # -- login --------------------------------------------------------------------------------------

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        fits = hmac.compare_digest(password.encode("utf-8", "replace"), PASSWORD.encode())
        return AUTH_SUCCESSFUL if fits and username == USER else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_FAILED

    # -- channels (called on the transport's thread: must return at once) -----------------------------

    def check_channel_request(self, kind: str, chanid: int) -> int:
        self._take_channels()
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def _take_channels(self) -> None:
        """paramiko queues opened channels for accept(); nobody else takes them off that queue."""
        while self.transport.server_accepts:
            channel = self.transport.accept(0)
            if channel is not None:
                self._idle[channel.get_id()] = channel
        for number, channel in list(self._idle.items()):
            if channel.closed:
                self._idle.pop(number, None)
                self._sizes.pop(number, None)

    def check_channel_pty_request(
        self,
        channel: paramiko.Channel,
        term: bytes,
        width: int,
        height: int,
        pixelwidth: int,
        pixelheight: int,
        modes: bytes,
    ) -> bool:
        self._sizes[channel.get_id()] = TerminalSize(width, height)
        return True

    def check_channel_window_change_request(
        self, channel: paramiko.Channel, width: int, height: int, pixelwidth: int, pixelheight: int
    ) -> bool:
        size = self._sizes.get(channel.get_id())
        if size is None:
            return False
        size.columns, size.rows = width, height
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        def work(io: ChannelIO) -> int:
            if isinstance(io, TerminalIO):
                return FakeShell(io, self._commands).run()
            return lanes.serve_lines(io, self._commands.run)

        return self._request(channel, "", work)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: Any) -> bool:
        text = command.decode("utf-8", "surrogateescape") if isinstance(command, bytes) else str(command)
        wanted = lanes.parse_request(text)
        work: dict[str, Callable[[ChannelIO], int]] = {
            "lane": lambda io: lanes.serve_lane(io, self._commands.run, wanted),
            "once": lambda io: lanes.serve_once(io, self._commands.run, wanted),
            "stop": lambda io: lanes.serve_stop(io, self._stop_lane, wanted),
            "plain": lambda io: self._commands.run(wanted.command, io),
        }
        lane_id = wanted.lane_id if wanted.mode in ("lane", "once") else ""
        return self._request(channel, lane_id, work[wanted.mode])

    def _request(self, channel: paramiko.Channel, lane_id: str, work: Callable[[ChannelIO], int]) -> bool:
        self._take_channels()
        self._idle.pop(channel.get_id(), None)
        session = ChannelSession(channel, lane_id)
        size = self._sizes.get(channel.get_id())
        io = ChannelIO(channel, session.stop) if size is None else TerminalIO(channel, session.stop, size)
        with self._lock:
            self._sessions.add(session)
        self._requested = lambda: session.start(lambda: work(io), self._ended)
        return True

    def start_requested(self) -> None:
        """Start what the last request asked for, now that it was answered."""
        requested, self._requested = self._requested, None
        if requested is not None:
            requested()

    def _ended(self, session: ChannelSession) -> None:
        self._sizes.pop(session.channel.get_id(), None)
        with self._lock:
            self._sessions.discard(session)


def stop_sessions(sessions: list[ChannelSession]) -> int:
    """Stop them and wait for their end; the exit status of a v3-stop request."""
    for session in sessions:
        session.end()
    for session in sessions:
        session.join(_STOP_S)
    return int(any(session.thread is not None and session.thread.is_alive() for session in sessions))
