"""Handshake, host key and login: an authenticated paramiko transport, or one of our errors.

Owns paramiko: its exceptions become ours here, in one table. No password leaves before the host key
was accepted. Never uses SSHClient (its file objects can deadlock the transport, paramiko#2685) and
never waits without a bound of its own.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import paramiko
from paramiko.common import MSG_CHANNEL_REQUEST, cMSG_CHANNEL_REQUEST, cMSG_GLOBAL_REQUEST
from paramiko.ssh_exception import (
    ChannelException,
    IncompatiblePeer,
    SSHException,
)

from utils import errors
from utils.settings import Settings
from utils.ssh.algorithms import nothing_in_common
from utils.ssh.greeting import read_version
from utils.ssh.hostkeys import AcceptHostKey, HostKey
from utils.ssh.login import LOGIN_S, log_in
from utils.ssh.request import Deadline
from utils.ssh.rungs import Tell, silent
from utils.ssh.sockets import open_socket

log = logging.getLogger("v3.ssh")

BANNER_S = 5.0
HANDSHAKE_S = 8.0
OPEN_S = 3.0
WINDOW_BYTES = 4 << 20  # what a channel may hold that nobody has read: a bound on memory
PACKET_BYTES = 1 << 18  # fewer packets of bulk output; a server that wants smaller ones sends them

# AES-GCM first: one pass, in hardware on laptop and board, and not open to Terrapin (CVE-2023-48795).
# The others are there for servers that have no GCM.
CIPHERS = (
    "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr",
)  # fmt: skip
# Weak or slow algorithms paramiko 5.1 would still agree to.
WEAK = {
    "ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1", "hmac-sha1-96"],
}


def _on_channel_request(channel: paramiko.Channel, message: paramiko.Message) -> None:
    """As paramiko does, but keep the signal that ended a command, which it drops."""
    start = message.packet.tell()
    if message.get_text() == "exit-signal":
        message.get_boolean()
        channel.exit_signal = message.get_text()  # type: ignore[attr-defined]
        return
    message.packet.seek(start)
    channel._handle_request(message)  # type: ignore[attr-defined]


class Transport(paramiko.Transport):
    """paramiko's transport with exit-signal kept and exec requests that never wait without bound.

    said: lines the server sent before its SSH greeting. offered: its algorithms, by paramiko's names.
    on_answer: called by its own thread for each answered probe. spare: another connection to the same
    host key, for stopping a command where the device takes no second session.
    """

    _channel_handler_table: ClassVar[dict[int, Callable[..., Any]]] = {
        **paramiko.Transport._channel_handler_table,  # type: ignore[attr-defined]
        MSG_CHANNEL_REQUEST: _on_channel_request,
    }
    # How often an idle connection looks whether it was closed: discard() wakes it by its socket anyway,
    # and paramiko's ten times a second are most of what hundreds of idle links would cost.
    _active_check_timeout = 1.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.said: list[str] = []
        self.offered: dict[str, list[str]] = {}
        self.on_answer: Callable[[], None] = lambda: None
        self.spare: Callable[[Deadline], Transport] | None = None
        super().__init__(*arguments, **options)

    def _check_banner(self) -> None:
        """As paramiko does, but for any bytes, and keeping the lines before: which say why it hangs up."""
        try:
            version = read_version(self.packetizer, self.banner_timeout, self.said)
        except ValueError as exc:
            raise SSHException(str(exc)) from exc
        except (EOFError, OSError) as exc:
            raise SSHException(f"Error reading SSH protocol banner: {exc}") from exc
        self.remote_version = version
        if not version.startswith(("SSH-2.0-", "SSH-1.99-")):
            raise IncompatiblePeer(f"Incompatible version: {version}")

    def _parse_kex_init(self, message: paramiko.Message) -> None:
        start = message.packet.tell()
        self.offered = self._really_parse_kex_init(message)  # type: ignore[attr-defined]
        message.packet.seek(start)
        super()._parse_kex_init(message)  # type: ignore[misc]

    def send_probe(self) -> bool:
        """Asks something every server must answer, which calls on_answer. False: not now, keys are being
        exchanged. Never waits for that: the transport's own thread, which would end it, may be calling."""
        if not self.clear_to_send.is_set():
            return False
        message = paramiko.Message()
        message.add_byte(cMSG_GLOBAL_REQUEST)
        message.add_string("keepalive@openssh.com")
        message.add_boolean(True)
        self._send_message(message)  # type: ignore[attr-defined]
        return True

    def _parse_request_success(self, message: paramiko.Message) -> None:
        self.on_answer()

    def _parse_request_failure(self, message: paramiko.Message) -> None:
        self.on_answer()

    def send_exec(self, channel: paramiko.Channel, command: str) -> None:
        """Asks to run a command without waiting for the answer: a refusal closes the channel.
        LinkLost when the connection broke meanwhile."""
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


def connect(
    settings: Settings, accept: AcceptHostKey, deadline: Deadline, tell: Tell = silent
) -> tuple[Transport, HostKey]:
    """An authenticated transport and the host key, or a LinkError. Leaves nothing open on failure."""
    sock = open_socket(settings.target, deadline)
    tell("port", f"{settings.ssh_ip} port {settings.ssh_port} takes the connection")
    transport = None
    try:
        transport = Transport(sock, disabled_algorithms=WEAK)
        transport.get_security_options().ciphers = CIPHERS
        transport.daemon = True
        key = _handshake(transport, deadline, tell)
        accept(key)
        log_in(transport, settings, deadline, tell)
        # paramiko ends the timer of the handshake again after each packet
        transport.packetizer.complete_handshake = _nothing  # type: ignore[method-assign]
        return transport, key
    except BaseException:
        discard(transport, sock)
        raise


def _nothing() -> None:
    pass


def discard(
    transport: paramiko.Transport | None,
    sock: socket.socket | None = None,
    then: Callable[[], object] = lambda: None,
) -> None:
    """Ends a connection at once, whatever state it is in; never blocks the caller. `then` is done by
    the thread that waits for its end: lanes hold pipes that only their own close() gives back."""
    for each in (sock, getattr(transport, "sock", None)):
        with contextlib.suppress(OSError, AttributeError):
            each.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
    if transport is None:
        if sock is not None:
            sock.close()
        return
    with contextlib.suppress(Exception):
        transport.packetizer.complete_handshake()  # ends the timer that a failed handshake leaves behind
    with contextlib.suppress(Exception):
        transport.packetizer.close()
    # paramiko's close() can wait for a lock that a stalled thread holds: let it wait by itself.
    threading.Thread(target=_close_quietly, args=(transport, then), name="v3-discard", daemon=True).start()


def _close_quietly(transport: paramiko.Transport, then: Callable[[], object]) -> None:
    transport.join(1.0)  # it ends by itself once its socket is shut, and logs nothing then
    for close in (transport.close, transport.sock.close, then):
        with contextlib.suppress(Exception):
            close()


def _handshake(transport: Transport, deadline: Deadline, tell: Tell) -> HostKey:
    transport.banner_timeout = BANNER_S
    transport.handshake_timeout = HANDSHAKE_S
    transport.channel_timeout = OPEN_S
    transport.auth_timeout = LOGIN_S
    started = time.monotonic()
    try:
        transport.start_client(timeout=max(0.05, deadline.at_most(HANDSHAKE_S)))
        key = transport.get_remote_server_key()
    except Exception as exc:
        if transport.remote_version:
            tell("banner", str(transport.remote_version))
        raise _handshake_error(exc, time.monotonic() - started, transport) from exc
    tell("banner", str(transport.remote_version))
    tell("key-exchange", f"{key.get_name()}, {transport.remote_cipher}")  # type: ignore[attr-defined]
    return HostKey(str(key.fingerprint), key.get_name(), key.get_base64())


# -- paramiko's exceptions -> ours ----------------------------------------------------------------


def _handshake_error(exc: BaseException, elapsed_s: float, transport: Transport) -> errors.LinkError:
    if isinstance(exc, IncompatiblePeer):
        return _incompatible(exc, transport)
    if isinstance(exc, SSHException) and ("banner" in str(exc) or "Indecipherable" in str(exc)):
        # A server that hangs up at once refuses (throttling) or is not SSH; one that stays silent hangs.
        quick = elapsed_s < min(1.0, BANNER_S) or "Indecipherable" in str(exc)
        kind = errors.NotSsh if quick else errors.NotResponding
        if not transport.said:
            return kind()
        said = " | ".join(line for line in transport.said if line.strip())[:200]
        return kind(f"The port is open, but no SSH greeting came. It said: {said}", said=said)
    if isinstance(exc, SSHException) and "No existing session" in str(exc):
        return errors.NotResponding()
    if isinstance(exc, EOFError | OSError):
        return errors.LinkLost("The connection broke during the SSH handshake.")
    if isinstance(exc, SSHException):
        return errors.Incompatible(f"The SSH handshake failed: {exc}.")
    return errors.LinkInternal(f"The SSH handshake failed: {type(exc).__name__}.")


def _incompatible(exc: IncompatiblePeer, transport: Transport) -> errors.Incompatible:
    if "Incompatible version" in str(exc):
        return errors.Incompatible(
            f"The device only speaks an SSH protocol of before 2006: {transport.remote_version}.",
            hint="Update its SSH server.",
        )
    ours = {
        "key exchange": transport.preferred_kex, "host key signatures": transport.preferred_keys,
        "cipher": transport.preferred_ciphers, "message authentication": transport.preferred_macs,
    }  # fmt: skip
    return nothing_in_common(transport.offered, ours)


def open_session(transport: Transport, deadline: Deadline, window_bytes: int = WINDOW_BYTES) -> Any:
    """A session channel. ChannelRefused when the device has no more; LinkLost when the link is dead."""
    for pause_s in (0.05, 0.1, 0.2, None):  # a slot is free only some time after its channel closed
        try:
            return transport.open_session(
                window_size=window_bytes,
                max_packet_size=PACKET_BYTES,
                timeout=max(0.05, deadline.at_most(OPEN_S)),
            )
        except ChannelException as exc:
            if pause_s is None:
                raise errors.ChannelRefused from exc
        except (SSHException, EOFError, OSError) as exc:
            if not transport.is_active() or "Unable to open" not in str(exc) or pause_s is None:
                raise _open_error(exc, transport) from exc
        time.sleep(pause_s)
    raise errors.ChannelRefused


def _open_error(exc: BaseException, transport: Transport) -> errors.LinkError:
    if transport.is_active() and "Unable to open" in str(exc):
        return errors.ChannelRefused()
    if "Timeout" in str(exc):
        return errors.NotResponding("The device does not answer on the open connection.")
    return errors.LinkLost()
