"""The paramiko transport as we use it: its packets, its sessions, its end. How it is made: handshake.py.

Never uses SSHClient (its file objects can deadlock the transport, paramiko#2685) and never waits without a
bound of its own.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any, ClassVar

import paramiko
from paramiko import auth_handler, buffered_pipe, packet
from paramiko.common import (
    MSG_CHANNEL_CLOSE,
    MSG_CHANNEL_FAILURE,
    MSG_CHANNEL_REQUEST,
    MSG_CHANNEL_SUCCESS,
    MSG_UNIMPLEMENTED,
    cMSG_CHANNEL_OPEN,
    cMSG_CHANNEL_REQUEST,
    cMSG_GLOBAL_REQUEST,
)
from paramiko.packet import Packetizer
from paramiko.ssh_exception import (
    ChannelException,
    IncompatiblePeer,
    SSHException,
)

from utils import errors
from utils.link.request import Deadline
from utils.link.transport.greeting import read_version
from utils.link.watcher import WATCHER

log = logging.getLogger("v3.ssh")

SESSION_S = 90.0  # from login to first session: PAM may wait for logind (25 s), a mount, a name server
OPEN_S = 3.0  # nothing at all for so long after a session was asked for; an idle device is heard every 2 s
SLOW_OPEN_S = 20.0
TICK_S = 0.1
WINDOW_BYTES = 4 << 20  # what a channel may hold that nobody has read: a bound on memory
PACKET_BYTES = 1 << 18  # fewer packets of bulk output; a server that wants smaller ones sends them
MOST_OF_A_PACKET = PACKET_BYTES + 512  # with its own header, padding and MAC
MOST_BEFORE_KEYS = 35_000  # RFC 4253, 6.1


MOST_FAREWELL = 4096


class _Clock:
    """What paramiko takes for the time.

    It only measures how long things take, by the clock of the day. A laptop that is set right by the network
    would stretch its waits by hours.
    """

    time = staticmethod(monotonic)
    sleep = staticmethod(sleep)


_MEASURES = (auth_handler, buffered_pipe, paramiko.channel, packet, paramiko.transport)
for _module in _MEASURES:
    vars(_module)["time"] = _Clock


def _on_channel_request(channel: paramiko.Channel, message: paramiko.Message) -> None:
    """As paramiko does, but keep the signal that ended a command, which it drops."""
    start = message.packet.tell()
    if message.get_text() == "exit-signal":
        message.get_boolean()
        channel.exit_signal = message.get_text()  # type: ignore[attr-defined]
        return
    message.packet.seek(start)
    channel._handle_request(message)  # type: ignore[attr-defined]


def _on_channel_success(channel: Any, message: paramiko.Message) -> None:
    channel._request_success(message)
    channel.transport.begin_serving()


def _on_channel_failure(channel: Any, message: paramiko.Message) -> None:
    channel._request_failed(message)
    channel.transport.begin_serving()


def _on_channel_close(channel: Any, message: paramiko.Message) -> None:
    """A session that ends without an answer is over too: nobody waits for it to start."""
    channel._handle_close(message)
    channel.transport.begin_serving()


class Packets(Packetizer):
    """paramiko's packets. on_idle: called by the transport's thread whenever nothing came for a while.

    The handshake has a bound of ours, so paramiko's timer for it, a thread, is left out. A packet that claims
    to be larger than any that was agreed on ends the connection. paramiko would wait for all of it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.on_idle: Callable[[], None] = _nothing
        self._most = MOST_BEFORE_KEYS
        super().__init__(sock)

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        if n > self._most:
            raise SSHException(f"the device claims a packet of {n} bytes")
        return super().read_all(n, check_rekey)

    def set_inbound_cipher(self, *arguments: Any, **options: Any) -> None:
        self._most = MOST_OF_A_PACKET
        super().set_inbound_cipher(*arguments, **options)

    def _check_keepalive(self) -> None:
        self.on_idle()

    def start_handshake(self, timeout: float) -> None:
        pass

    def complete_handshake(self) -> None:
        pass


class Transport(paramiko.Transport):
    """paramiko's transport with exit-signal kept and no wait without a bound.

    said: lines the server sent before its SSH greeting. offered: its algorithms, by paramiko's names, if
    we have none of them. farewell: the server's words as it ended the connection.
    serving: the first session was asked to do something and answered; until then the device may be at
    work for long without a word, and only the system's own signs tell that it is gone. when_serving:
    called by the transport's own thread at that moment. on_answer: the same for each answered probe.
    spare: another connection to the same host key, for stopping a command where the device takes no
    second session.
    """

    _channel_handler_table: ClassVar[dict[int, Callable[..., Any]]] = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
        MSG_CHANNEL_REQUEST: _on_channel_request,
        MSG_CHANNEL_SUCCESS: _on_channel_success,
        MSG_CHANNEL_FAILURE: _on_channel_failure,
        MSG_CHANNEL_CLOSE: _on_channel_close,
    }
    # How often an idle connection looks whether it was closed. discard() wakes it by its socket anyway.
    # paramiko's ten times a second are most of what hundreds of idle links would cost.
    _active_check_timeout = 1.0

    def __init__(self, sock: socket.socket, **options: Any) -> None:
        self.said: list[str] = []
        self.offered: dict[str, list[str]] = {}
        self.farewell = ""
        self.on_answer: Callable[[], None] = _nothing
        self._asking: list[threading.Event] = []
        self.spare: Callable[[Deadline], Transport] | None = None
        self.serving = threading.Event()
        self.when_serving: list[Callable[[], None]] = []
        self.patience = Deadline(SESSION_S)
        self._asked_for_keys = False
        self._ahead: tuple[Any, threading.Event] | None = None
        super().__init__(sock, packetizer_class=Packets, **options)
        # some servers answer a probe so (tinyssh, libssh): it is an answer
        self._handler_table[MSG_UNIMPLEMENTED] = self._parse_request_success  # type: ignore[attr-defined]

    @property
    def heard_at(self) -> float:
        """When anything came last, on the monotonic clock."""
        return float(getattr(self.sock, "heard_at", 0.0))

    def begin_serving(self) -> None:
        """The first session works."""
        if not self.serving.is_set():
            self.serving.set()
            told, self.when_serving = self.when_serving, []  # once: they would keep what they have seen
            for each in told:
                each()

    def _check_banner(self) -> None:
        """As paramiko does, but for any bytes, and keeping the lines before, which say why it hangs up.

        Ask for keys before the greeting came.
        """
        with contextlib.suppress(EOFError, OSError):  # who has hung up already may have said why
            self._send_kex_init()
        self._asked_for_keys = True
        try:
            version = read_version(self.packetizer, self.banner_timeout, self.said)
        except ValueError as exc:
            raise SSHException(str(exc)) from exc
        except (EOFError, OSError) as exc:
            raise SSHException(f"Error reading SSH protocol banner: {exc}") from exc
        self.remote_version = version
        if not version.startswith(("SSH-2.0-", "SSH-1.99-")):
            raise IncompatiblePeer(f"Incompatible version: {version}")

    def _send_kex_init(self) -> None:
        """paramiko asks once more after the greeting: that was done already."""
        if self._asked_for_keys:
            self._asked_for_keys = False
            return
        super()._send_kex_init()  # type: ignore[misc]

    def _parse_disconnect(self, message: paramiko.Message) -> None:
        start = message.packet.tell()
        message.get_int()
        self.farewell = message.get_binary().decode("utf-8", "replace")[:MOST_FAREWELL]
        message.packet.seek(start)
        super()._parse_disconnect(message)  # type: ignore[misc]

    def _parse_debug(self, message: paramiko.Message) -> None:
        """paramiko spells each byte for its log, and sshd sends hundreds of them in each login."""
        if self.logger.isEnabledFor(logging.DEBUG):
            super()._parse_debug(message)  # type: ignore[misc]

    def _parse_kex_init(self, message: paramiko.Message) -> None:
        start = message.packet.tell()
        try:
            super()._parse_kex_init(message)  # type: ignore[misc]
        except IncompatiblePeer:
            message.packet.seek(start)
            self.offered = self._really_parse_kex_init(message)  # type: ignore[attr-defined]
            raise

    def send_probe(self) -> bool:
        """Ask something every server must answer, which calls on_answer. False: not now, keys are being
        exchanged. Never waits for that: the transport's own thread, which would end it, may be calling."""
        if not self.clear_to_send.is_set():
            return False
        message = paramiko.Message()
        message.add_byte(cMSG_GLOBAL_REQUEST)
        message.add_string("keepalive@openssh.com")
        message.add_boolean(True)
        self._send_message(message)  # type: ignore[attr-defined]
        return True

    def answers(self, silent_s: float, patience_s: float) -> bool:
        """Whether the device was heard within silent_s, or answers a probe now."""
        if monotonic() - self.heard_at < silent_s:
            return True
        until, heard = Deadline(patience_s), threading.Event()
        self._asking.append(heard)
        try:
            self.clear_to_send.wait(until.left)
            if not self.send_probe():
                return False
            while self.is_active() and not until.passed:
                if heard.wait(min(TICK_S, until.left)):
                    return True
            return False
        finally:
            self._asking.remove(heard)

    def _parse_request_success(self, message: paramiko.Message) -> None:
        self.on_answer()
        for each in list(self._asking):
            each.set()

    def _parse_request_failure(self, message: paramiko.Message) -> None:
        self._parse_request_success(message)

    def send_exec(self, channel: paramiko.Channel, command: str) -> None:
        """Ask to run a command without waiting for the answer, except for the first of a connection. Nothing
        else can be done there before. A refusal closes the channel. LinkLost when the connection
        broke meanwhile, NotResponding when the first session does not start."""
        message = paramiko.Message()
        message.add_byte(cMSG_CHANNEL_REQUEST)
        message.add_int(channel.remote_chanid)
        message.add_string("exec")
        message.add_boolean(True)
        message.add_string(command)
        try:
            self._send_user_message(message)  # type: ignore[attr-defined]
        except (EOFError, OSError, SSHException) as exc:
            raise errors.LinkLost from exc
        if not self.serving.is_set():
            self.wait_for(self.serving, self.patience)

    def open(self, window_bytes: int, deadline: Deadline) -> Any:
        """A session channel. ChannelException when the device refuses it, LinkLost when the connection is
        gone, NotResponding when nothing comes. Patient with a device that is heard."""
        ahead, self._ahead = self._ahead, None
        try:
            channel, answered = ahead or self._ask_for_session(window_bytes)
        except (EOFError, OSError, SSHException) as exc:
            raise errors.LinkLost from exc
        try:
            self.wait_for(answered, deadline)
        except (errors.NotResponding, errors.CommandTimeout):
            _close_when_opened(channel, answered)
            raise
        if self._channels.get(channel.chanid) is None:  # type: ignore[attr-defined]
            raise self.get_exception() or ChannelException(0, "refused")
        return channel

    def open_ahead(self) -> None:
        """Ask for the first session in one flight with a login that let us in before. Who refuses it this
        time may hang up (RFC 4252, 6), or answer the login alone: then forget_ahead()."""
        with contextlib.suppress(EOFError, OSError, SSHException):  # the login tells what broke
            self._ahead = self._ask_for_session(WINDOW_BYTES)

    def forget_ahead(self) -> None:
        """The login was refused, so nothing comes of the session that was asked for."""
        if self._ahead is not None:
            self._channels.delete(self._ahead[0].chanid)  # type: ignore[attr-defined]
            self._ahead = None

    def _ask_for_session(self, window_bytes: int) -> tuple[Any, threading.Event]:
        with self.lock:
            number = self._next_channel()  # type: ignore[attr-defined]
            channel: Any = paramiko.Channel(number)
            self._channels.put(number, channel)  # type: ignore[attr-defined]
            self.channel_events[number] = answered = threading.Event()
            self.channels_seen[number] = True
            channel._set_transport(self)
            channel._set_window(window_bytes, PACKET_BYTES)
        self._send_user_message(_open_message(number, window_bytes))  # type: ignore[attr-defined]
        return channel, answered

    def wait_for(self, event: threading.Event, deadline: Deadline) -> None:
        """Until event. LinkLost when the connection ends. A device that serves has SLOW_OPEN_S while it is
        heard, OPEN_S while it is not: NotResponding. One that does not serve yet has SESSION_S:
        SessionStarting.
        CommandTimeout when the deadline passes while the device is heard."""
        asked_at = monotonic()
        while not event.wait(TICK_S):
            if not self.is_active():
                raise errors.LinkLost
            if not self.serving.is_set():
                if deadline.passed or self.patience.passed:
                    raise errors.SessionStarting
                continue
            now = monotonic()
            if now - max(asked_at, self.heard_at) > OPEN_S * WATCHER.stretch or now - asked_at > SLOW_OPEN_S:
                raise errors.NotResponding("The device does not answer on the open connection.")
            if deadline.passed:
                raise errors.CommandTimeout("The device gave no session in time. Nothing was run.")
        if not self.is_active():
            raise errors.LinkLost


def _open_message(number: int, window_bytes: int) -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_OPEN)
    message.add_string("session")
    for value in (number, window_bytes, PACKET_BYTES):
        message.add_int(value)
    return message


def _close_when_opened(channel: paramiko.Channel, answered: threading.Event) -> None:
    """A session that nobody waits for any more is given back should it come after all."""

    def close() -> None:
        with contextlib.suppress(Exception):
            if answered.wait(SESSION_S):
                channel.close()

    threading.Thread(target=close, name="v3-late", daemon=True).start()


def _nothing() -> None:
    pass


def discard(
    transport: paramiko.Transport | None,
    sock: socket.socket | None = None,
    then: Callable[[], object] = lambda: None,
) -> None:
    """End a connection at once, whatever state it is in; never blocks the caller.

    The thread that waits for its end does `then`: lanes hold pipes that only their own close() gives back.
    """
    for each in (sock, getattr(transport, "sock", None)):
        with contextlib.suppress(OSError, AttributeError):
            each.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    if transport is None:
        if sock is not None:
            sock.close()
        return
    with contextlib.suppress(Exception):
        transport.packetizer.close()
    # paramiko's close() can wait for a lock that a stalled thread holds: let it wait by itself.
    waiting = threading.Thread(target=_close_quietly, args=(transport, then), name="v3-discard", daemon=True)
    with contextlib.suppress(RuntimeError):  # no thread left on this laptop: the socket is shut all the same
        waiting.start()


def _close_quietly(transport: paramiko.Transport, then: Callable[[], object]) -> None:
    with contextlib.suppress(RuntimeError):  # it never started
        transport.join(1.0)  # it ends by itself once its socket is shut, and logs nothing then
    for close in (transport.close, transport.sock.close, then):
        with contextlib.suppress(Exception):
            close()


def open_session(transport: Transport, deadline: Deadline, window_bytes: int = WINDOW_BYTES) -> Any:
    """A session channel. ChannelRefused when the device has no more, LinkLost when the link is dead,
    NotResponding when nothing comes."""
    for pause_s in (0.05, 0.1, 0.2, None):  # a slot is free only some time after its channel closed
        try:
            return transport.open(window_bytes, deadline)
        except ChannelException as exc:
            if pause_s is None:
                raise errors.ChannelRefused from exc
        sleep(pause_s)
    raise errors.ChannelRefused
