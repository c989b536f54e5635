"""A TCP connection to the device, or one of our errors. Owns the socket's options and the system's errors."""

from __future__ import annotations

import errno
import socket
import sys

from utils import errors
from utils.settings import Settings
from utils.ssh.carrier import cable_is_out
from utils.ssh.readahead import ReadAhead
from utils.ssh.request import Deadline

CONNECT_S = 4.0  # a point-to-point USB link answers in milliseconds; ARP gives up after about 3 s
DEAD_PEER_MS = 6000  # TCP_USER_TIMEOUT: unacknowledged data for so long ends the connection


def open_socket(settings: Settings, deadline: Deadline) -> socket.socket:
    """A TCP connection with the options that make a dead peer noticed."""
    try:
        sock = socket.create_connection(
            (settings.ssh_ip, settings.ssh_port), timeout=max(0.05, deadline.at_most(CONNECT_S))
        )
    except OSError as exc:
        raise _socket_error(exc, settings) from exc
    sock = ReadAhead(sock)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)
    elif sys.platform == "darwin":
        sock.setsockopt(socket.IPPROTO_TCP, 0x80, DEAD_PEER_MS // 1000)  # TCP_RXT_CONNDROPTIME, tcp.h
    return sock


# -- the system's exceptions -> ours -------------------------------------------------------------------

_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EHOSTDOWN}


def _socket_error(exc: OSError, settings: Settings) -> errors.LinkError:
    where = f"{settings.ssh_ip} port {settings.ssh_port}"
    if isinstance(exc, TimeoutError) and cable_is_out(settings.ssh_ip, settings.ssh_port):
        return errors.DeviceUnreachable(f"No way to {where}: the interface that leads to it has no link.")
    if isinstance(exc, TimeoutError) or exc.errno == errno.ETIMEDOUT:
        return errors.NotResponding(
            f"No answer from {where}.", hint="Check the cable; a firewall on either side may also drop it."
        )
    if isinstance(exc, ConnectionRefusedError):
        return errors.DeviceUnreachable(
            f"{where} refuses the connection: the device is up, its SSH server is not.",
            hint="Wait a minute if it is booting. On a first boot, finish the setup wizard on its screen.",
        )
    if isinstance(exc, socket.gaierror):
        return errors.DeviceUnreachable(f"The name {settings.ssh_ip} is not known.", hint="Set SSH_IP.")
    if exc.errno in _NO_ROUTE:
        return errors.DeviceUnreachable(
            f"No way to {where}: no interface leads to it.",
            hint="Is the USB cable in, does it carry data, and has the board booted?",
        )
    return errors.DeviceUnreachable(f"Cannot connect to {where}: {exc.strerror or exc}.")
