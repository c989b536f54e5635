"""Handshake, host key and login: an authenticated transport, or one of our errors.

paramiko's exceptions become ours here, in one table. No password leaves before the host key was accepted.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from time import monotonic

from paramiko.ssh_exception import IncompatiblePeer, SSHException

from utils import errors
from utils.laptop.limits import laptop_limit
from utils.link.request import Deadline
from utils.link.transport.algorithms import nothing_in_common
from utils.link.transport.large_packets import SMALL_BYTES
from utils.link.transport.sockets import open_socket
from utils.link.transport.transport import SESSION_S, TICK_S, Transport, discard
from utils.link.trust.host_keys import AcceptHostKey, HostKey
from utils.link.trust.key_types import ordered
from utils.model.rungs import Tell, silent
from utils.settings import Settings

BANNER_S = 5.0
HANDSHAKE_S = 8.0
SILENT_S = 5.0  # nothing at all for so long in the midst of a handshake
SMALL_S = 2.5  # for a key exchange in small packets

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


def connect(
    settings: Settings,
    accept: AcceptHostKey,
    login: Callable[[Transport, Deadline], None],
    deadline: Deadline,
    *,
    tell: Tell = silent,
    key_types: Sequence[str] = (),
) -> tuple[Transport, HostKey]:
    """An authenticated transport and the host key, or a LinkError. Leaves nothing open on failure.

    key_types: the host key types that are known, best first; the server is asked for these before others.
    """
    sock = open_socket(settings.target, deadline)
    tell("port", f"{settings.ssh_ip} port {settings.ssh_port} takes the connection")
    transport = None
    try:
        transport = _transport_on(sock, key_types)
        key = _handshake(transport, settings, deadline, tell)
        accept(key)
        login(transport, deadline)
        transport.patience = Deadline(SESSION_S)
        return transport, key
    except BaseException:
        discard(transport, sock)
        raise


def _transport_on(sock: socket.socket, key_types: Sequence[str] = ()) -> Transport:
    transport = Transport(sock, disabled_algorithms=WEAK)
    transport.get_security_options().ciphers = CIPHERS
    transport.get_security_options().key_types = ordered(key_types)
    transport.daemon = True
    return transport


def _answers_in_small_packets(settings: Settings, deadline: Deadline) -> bool:
    """Whether a key exchange succeeds where no packet is large: then large ones were lost before."""
    sock, transport = None, None
    try:
        sock = open_socket(settings.target, deadline, SMALL_BYTES)
        transport = _transport_on(sock)
        transport.start_client(done := threading.Event())
        return done.wait(deadline.left) and bool(transport.initial_kex_done)
    except (errors.LinkError, OSError):
        return False
    finally:
        discard(transport, sock)


def _handshake(transport: Transport, settings: Settings, deadline: Deadline, tell: Tell) -> HostKey:
    transport.banner_timeout = BANNER_S
    started = monotonic()
    try:
        transport.start_client(done := threading.Event())
        _wait_for_keys(transport, done, Deadline(deadline.at_most(HANDSHAKE_S)))
        transport.completion_event = None  # it would be kept as long as the link
        key = transport.get_remote_server_key()
    except errors.SilentAfterGreeting as exc:
        tell("banner", str(transport.remote_version))
        if _answers_in_small_packets(settings, Deadline(deadline.at_most(SMALL_S))):
            raise errors.LargePacketsLost from exc
        raise
    except Exception as exc:
        if transport.remote_version:
            tell("banner", str(transport.remote_version))
        raise _handshake_error(exc, monotonic() - started, transport) from exc
    tell("banner", str(transport.remote_version))
    tell("key-exchange", f"{key.get_name()}, {transport.remote_cipher}")  # type: ignore[attr-defined]
    return HostKey(str(key.fingerprint), key.get_name(), key.get_base64())


def _wait_for_keys(transport: Transport, done: threading.Event, deadline: Deadline) -> None:
    """Until the first key exchange is over or the bound is reached. NotResponding when the device greeted
    and says nothing more; else what ended it is raised as paramiko says it."""
    greeted_at = 0.0
    while not done.wait(TICK_S) and not deadline.passed:
        greeted_at = greeted_at or (monotonic() if transport.remote_version else 0.0)
        if greeted_at and monotonic() - max(greeted_at, transport.heard_at) > SILENT_S:
            raise errors.SilentAfterGreeting
    if not transport.is_active():
        raise transport.get_exception() or SSHException("Negotiation failed.")
    if transport.remote_version and not transport.initial_kex_done:
        raise errors.SilentAfterGreeting


# -- paramiko's exceptions -> ours ----------------------------------------------------------------


def _handshake_error(exc: BaseException, elapsed_s: float, transport: Transport) -> errors.LinkError:
    if limit := laptop_limit(exc):
        return limit
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
