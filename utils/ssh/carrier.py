"""Whether the cable is in: the carrier of the interface that leads to the device (Linux sysfs).

On other systems, and for loopback, nobody knows: None, never a guess.
"""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any


def carrier_of(sock: Any) -> Path | None:
    """The sysfs file that says whether the interface of this connected socket has a link."""
    try:
        address = sock.getsockname()[0]
    except (OSError, AttributeError):
        return None
    name = _interface_of(address)
    return Path("/sys/class/net") / name / "carrier" if name and name != "lo" else None


def way_to(host: str, port: int) -> tuple[str, bool] | None:
    """Our own address on the way there, and whether that interface has a link as far as one can see.

    None when there is no way. Changes when a cable is put in; sends nothing.
    """
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((host, port))  # only chooses the way
        path = carrier_of(probe)
        return str(probe.getsockname()[0]), path is None or has_carrier(path)
    return None


def cable_is_out(host: str, port: int) -> bool:
    """True when packets for this address leave through an interface that has no link."""
    way = way_to(host, port)
    return way is not None and not way[1]


def has_carrier(path: Path) -> bool:
    """False when the link is down or the interface is gone."""
    try:
        return path.read_text().strip() == "1"
    except OSError:  # an interface that is down, or gone, cannot be read
        return False


def _interface_of(address: str) -> str | None:
    """The interface that holds this local IPv4 address (Linux only)."""
    try:
        import fcntl
        import struct
    except ImportError:
        return None
    try:
        names = [name for _, name in socket.if_nameindex()]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for name in names:
                try:
                    packed = fcntl.ioctl(
                        probe, 0x8915, struct.pack("256s", name.encode()[:15])
                    )  # SIOCGIFADDR
                except OSError:
                    continue
                if socket.inet_ntoa(packed[20:24]) == address and Path("/sys/class/net", name).exists():
                    return name
    except OSError:
        return None
    return None
