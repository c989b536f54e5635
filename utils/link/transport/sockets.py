"""A TCP connection to a target, or one of our errors. Owns the socket's options and the system's errors.

Where the target names an interface, the socket is bound to it. Whatever else leads to that address, no packet
leaves there. The interface is looked up at each connect; one that is not there is waited for.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
from dataclasses import replace

from utils import errors
from utils.laptop import interfaces, names, usb
from utils.laptop.cable import cable_is_out
from utils.laptop.limits import laptop_limit
from utils.link.request import Deadline
from utils.link.transport.readahead import ReadAhead
from utils.model.target import Target

SIX_S = 1.5  # for fe80::1, where the board's IPv4 address may be tried too
CONNECT_S = 4.0  # a point-to-point USB link answers in milliseconds; ARP gives up after about 3 s
DEAD_PEER_MS = 6000  # TCP_USER_TIMEOUT: unacknowledged data for so long ends the connection


def open_socket(target: Target, deadline: Deadline, packet_bytes: int = 0) -> socket.socket:
    """A TCP connection with the options that make a dead peer noticed.

    packet_bytes: at most so much data in each packet, either way.
    """
    try:
        sock = ReadAhead(_connected(target, deadline, packet_bytes))
    except OSError as exc:
        raise socket_error(exc, target) from exc
    with contextlib.suppress(OSError):  # macOS says EINVAL where the device hung up at once: the login tells
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _notice_the_dead(sock)
    return sock


def _notice_the_dead(sock: socket.socket) -> None:
    """The system's own probes and bound: all there is to go by while a session starts."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 3), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_MS)
    elif sys.platform == "darwin":
        sock.setsockopt(socket.IPPROTO_TCP, 0x80, DEAD_PEER_MS // 1000)  # TCP_RXT_CONNDROPTIME, tcp.h


def _connected(target: Target, deadline: Deadline, packet_bytes: int) -> socket.socket:
    """Connect to the first address of the target that answers; OSError of the best one otherwise."""
    failed: list[OSError] = []
    hosts = target.by_port or names.addresses(target.host, max(0.05, deadline.at_most(names.NAME_S)))
    for host in hosts:
        within_s = SIX_S if target.by_port and host != hosts[-1] else CONNECT_S
        try:
            return _connect(host, target, max(0.05, deadline.at_most(within_s)), packet_bytes)
        except OSError as exc:
            failed.append(exc)
    raise next((exc for exc in failed if isinstance(exc, ConnectionRefusedError)), failed[-1])


def _connect(host: str, target: Target, within_s: float, packet_bytes: int) -> socket.socket:
    sock, address = interfaces.socket_to(host, target.port, target.interface)
    try:
        if packet_bytes:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, packet_bytes)
        sock.settimeout(within_s)
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def way_by_number(target: Target) -> tuple[str, int, str]:
    """Addresses (with commas), port and interface for a program that does not know USB ports.

    It gets the interface by its number, which no other one has. DeviceUnreachable.
    """
    if not target.usb_port:
        return target.host, target.port, target.interface
    try:
        return ",".join(target.by_port), target.port, str(interfaces.index_of(target.usb_port))
    except OSError as exc:
        raise socket_error(exc, target) from exc


def require_way(target: Target) -> None:
    """DeviceUnreachable when the target's interface is not there, or its name leads nowhere.

    For who leaves the connecting to another program, whose own words would say less.
    """
    try:
        if target.interface:
            interfaces.index_of(target.interface)
        names.addresses(target.host)
    except OSError as exc:
        raise socket_error(exc, target) from exc


# -- the system's exceptions -> ours -------------------------------------------------------------------

_NO_ROUTE = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EHOSTDOWN}


def socket_error(exc: OSError, target: Target) -> errors.LinkError:
    """What the system said about a connection to this target."""
    if limit := laptop_limit(exc):
        return limit
    if target.usb_port:
        return _at_port(exc, target)
    where = f"{target.shown} port {target.port}"
    if isinstance(exc, names.NoNameServer | names.Unknown):
        return _name_error(exc, target.host)
    if isinstance(exc, interfaces.NotThere) or (
        target.interface and exc.errno in (errno.ENODEV, errno.ENXIO)
    ):
        return errors.DeviceUnreachable(
            f"The interface {target.interface} is not there.",
            hint="Put the board's cable in and let it boot: the interface appears then. "
            f"`{interfaces.listed_by()}` lists those that are here; SSH_IP names this one.",
            interface=target.interface,
        )
    if target.interface and exc.errno in (errno.EPERM, errno.ENOTSUP, errno.ENOPROTOOPT):
        return _not_bound(exc, target)
    if isinstance(exc, TimeoutError) and cable_is_out(target):
        return errors.DeviceUnreachable(f"No way to {where}: the interface that leads to it has no link.")
    if isinstance(exc, TimeoutError) or exc.errno == errno.ETIMEDOUT:
        return errors.NotResponding(f"No answer from {where}.", hint=_silence(target))
    if isinstance(exc, ConnectionRefusedError):
        return _refused(where, target)
    if exc.errno in _NO_ROUTE:
        return errors.DeviceUnreachable(
            f"No way to {where}: no interface leads to it.", hint=_no_route(target)
        )
    return errors.DeviceUnreachable(f"Cannot connect to {where}: {exc.strerror or exc}.")


def _at_port(exc: OSError, target: Target) -> errors.LinkError:
    """The same for the board at a USB port: what is plugged in there says more than the socket."""
    port, nic = target.usb_port, usb.nic_at(target.usb_port)
    if nic and not isinstance(exc, interfaces.NotThere):
        return socket_error(exc, replace(target, interface=nic))
    board = usb.board_at(port)
    if board is None:
        return errors.DeviceUnreachable(
            f"No board is at {port} now.",
            hint="Put its cable into that port and let it boot.",
            interface=port,
        )
    if board.in_recovery:
        return errors.DeviceUnreachable(
            f"The board at {port} waits to be flashed: it is in force-recovery mode.",
            hint="Flash it; or remove the recovery jumper and power-cycle it.", interface=port,
        )  # fmt: skip
    if not board.set_up:
        return errors.DeviceUnreachable(
            f"This laptop has not set up the board at {port}: its USB controller may be full.",
            hint="Plug the board into a port of another USB controller, or unplug a device.", interface=port,
        )  # fmt: skip
    return errors.DeviceUnreachable(
        f"The board at {port} has no network interface yet.",
        hint="It appears while the board boots. Give it a minute.", interface=port,
    )  # fmt: skip


def _name_error(exc: OSError, host: str) -> errors.DeviceUnreachable:
    if isinstance(exc, names.Unknown):
        return errors.DeviceUnreachable(
            f"The name {host} is not known.",
            hint="Correct SSH_IP, or put the board's address there: on its USB cable it is 192.168.55.1.",
        )
    return errors.DeviceUnreachable(
        f"The name servers do not answer, so the address of {host} is not known.",
        hint="Put the board's address into SSH_IP (on its USB cable: 192.168.55.1), or look at this "
        "computer's network.",
    )


def _not_bound(exc: OSError, target: Target) -> errors.DeviceUnreachable:
    way = f"fe80::1%{target.interface}"
    return errors.DeviceUnreachable(
        f"This system does not bind a connection to the interface {target.interface}: {exc.strerror}. "
        "Nothing was sent by another one.",
        hint=f"Linux allows it from 5.7 on. Set SSH_IP={way}: a V3 board answers there without it.",
    )


def _refused(where: str, target: Target) -> errors.DeviceUnreachable:
    hint = "Wait a minute if it is booting. On a first boot, finish the setup wizard on its screen."
    address = target.literal
    if address is not None and address.is_link_local:
        hint += (
            " If sshd there listens on IPv4 alone (AddressFamily, ListenAddress), set "
            f"SSH_IP=192.168.55.1%{target.interface}."
        )
    return errors.DeviceUnreachable(
        f"{where} refuses the connection: the device is up, its SSH server is not.", hint=hint, refused=True
    )


def _silence(target: Target) -> str:
    """The next step when nobody answers."""
    address = target.literal
    if (
        target.interface
        and address is not None
        and address.version == 4
        and interfaces.strict_filter(target.interface)
    ):
        return (
            f"This laptop may drop the answers: rp_filter is 1. As root: sysctl -w "
            f"net.ipv4.conf.{target.interface}.rp_filter=2; or set SSH_IP=fe80::1%{target.interface}."
        )
    return "Check the cable; a firewall on either side may also drop it."


def _no_route(target: Target) -> str:
    if target.interface and ":" in target.host and sys.platform != "linux":
        return f"Does {target.interface} have an IPv6 address? IPv6 may be off there."
    if target.interface and ":" in target.host:
        return (
            f"Does {target.interface} have an IPv6 address that is not tentative (ip -6 addr)? IPv6 may be "
            f"off: sysctl net.ipv6.conf.{target.interface}.disable_ipv6."
        )
    if target.interface:
        return (
            f"Has {target.interface} an address in the board's network? The board gives one after its boot."
        )
    return "Is the USB cable in, does it carry data, and has the board booted?"
