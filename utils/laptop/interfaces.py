"""The laptop's network interfaces, by system: find one, bind a socket to it, see whether it is still there.

A name is looked up at each connect, and the socket is bound by its index. So a rename (udev makes enx… of
usb0) never leads a socket elsewhere. The configured name counts, and one that is not there is waited for.
Linux is what the tests run; macOS and Windows follow their documentation. It and usb.py use the standard
library alone: through.py runs without anything else.
"""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import struct
import sys
from pathlib import Path

from utils.laptop import usb

SYSFS = Path("/sys/class/net")
_SO_BINDTOIFINDEX = 62  # Linux 5.0, asm-generic/socket.h; without root since 5.7
_IP_BOUND_IF, _IPV6_BOUND_IF = 25, 125  # macOS, netinet/in.h and netinet6/in6.h
_UNICAST_IF = 31  # Windows, ws2ipdef.h: of IPPROTO_IP and of IPPROTO_IPV6
_SIOCGIFADDR, _SIOCGIFNETMASK = 0x8915, 0x891B  # Linux, sockios.h
_LINK_LOCAL = ("fe8", "fe9", "fea", "feb")


class NotThere(OSError):
    """The interface is not there (any more)."""

    def __init__(self, name: str) -> None:
        super().__init__(errno.ENODEV, f"The interface {name} is not there")
        self.name = name


def index_of(name: str) -> int:
    """The interface's index now. NotThere when there is none of this name (or number).

    name: "usb-1-2.3" means that of the board at this USB port.
    """
    port = usb.port_name(name) if name.startswith("usb-") else ""
    if port:
        name = usb.nic_at(port)
        if not name:
            raise NotThere(port)
    try:
        return socket.if_nametoindex(name)
    except (OSError, ValueError):
        pass
    with contextlib.suppress(OSError, ValueError, OverflowError):
        if name.isascii() and name.isdigit():
            socket.if_indextoname(int(name))
            return int(name)
    raise NotThere(name)


def listed_by() -> str:
    """The command that lists the interfaces of this laptop."""
    return {"win32": "netsh interface ipv6 show interfaces", "darwin": "ifconfig"}.get(
        sys.platform, "ip link"
    )


def names() -> list[str]:
    """The interfaces that may lead to a board: those on USB if there are any, else all but loopback."""
    try:
        found = [name for _, name in socket.if_nameindex() if not name.startswith("lo")]
    except OSError:
        return []
    found = [name for name in found if _state(name) != "down"] or found
    on_usb = [name for name in found if "/usb" in str((SYSFS / name / "device").resolve())]
    return on_usb or found


def _state(name: str) -> str:
    try:
        return (SYSFS / name / "operstate").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def bind(sock: socket.socket, index: int) -> None:
    """Let nothing of this socket out by another interface. OSError where the system refuses it.

    EPERM: Linux before 5.7 wants root for it.
    """
    six = sock.family == socket.AF_INET6
    if sys.platform.startswith("linux"):
        sock.setsockopt(socket.SOL_SOCKET, _SO_BINDTOIFINDEX, index)
    elif sys.platform == "darwin":
        level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
        sock.setsockopt(level, _IPV6_BOUND_IF if six else _IP_BOUND_IF, index)
    elif sys.platform == "win32":
        level = socket.IPPROTO_IPV6 if six else socket.IPPROTO_IP
        sock.setsockopt(level, _UNICAST_IF, struct.pack("=I" if six else "!I", index))
    else:
        raise OSError(errno.ENOTSUP, "This system binds no socket to an interface")


def bound_to(sock: socket.socket) -> str:
    """The name that the interface of a bound socket has now; "" for a socket that is not bound.

    NotThere once it has vanished: Linux answers ENODEV. Other systems do not tell.
    """
    if not sys.platform.startswith("linux"):
        return ""
    try:
        raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
    except OSError as exc:
        if exc.errno == errno.ENODEV:
            raise NotThere("of this connection") from exc
        return ""
    return raw.rstrip(b"\0").decode(errors="replace")


def strict_filter(interface: str, folder: Path = Path("/proc/sys/net/ipv4/conf")) -> bool:
    """Whether Linux drops what comes by this interface from where it would not send to (rp_filter=1)."""
    values = []
    for name in ("all", interface):
        try:
            values.append(int((folder / name / "rp_filter").read_text(encoding="ascii")))
        except (OSError, ValueError):
            continue
    return max(values, default=0) == 1  # the larger of both counts


def is_near(host: str, name: str) -> bool:
    """Whether this IPv4 address is in the network that the laptop has on this interface. Linux only."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        wanted = ipaddress.IPv4Address(host)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            asked = struct.pack("256s", name.encode()[:15])
            own, mask = (fcntl.ioctl(probe, code, asked)[20:24] for code in (_SIOCGIFADDR, _SIOCGIFNETMASK))
        network = ipaddress.IPv4Network((own, str(ipaddress.IPv4Address(mask))), strict=False)
    except (OSError, ValueError):
        return False
    return wanted in network


def address_of(host: str, port: int, index: int) -> tuple[int, tuple[object, ...]]:
    """The family and the socket address of an IP address behind an interface. index 0: none is chosen."""
    if ":" in host:
        return socket.AF_INET6, (host, port, 0, index if host.lower().startswith(_LINK_LOCAL) else 0)
    return socket.AF_INET, (host, port)


def socket_to(
    host: str, port: int, interface: str, kind: int = socket.SOCK_STREAM
) -> tuple[socket.socket, tuple[object, ...]]:
    """A socket bound to the interface ("": to none), and the address to connect it to."""
    index = index_of(interface) if interface else 0
    family, address = address_of(host, port, index)
    sock = socket.socket(family, kind)
    try:
        if index:
            bind(sock, index)
    except BaseException:
        sock.close()
        raise
    return sock, address
