"""Whether the cable is in: the carrier of the interface that leads to the device (Linux sysfs).

A bound socket names its interface itself, under whatever name it has now. For others it is the one interface
that holds our own address. Nobody knows it where several hold it (every board gives 192.168.55.100), on other
systems and for loopback. It is None then, never a guess.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.laptop import interfaces, names
from utils.model.target import Target

if sys.platform == "linux":  # here: a program that gave its rights up may read no more files
    import fcntl

CABLE_OUT = "the cable was unplugged or the interface went down"


@dataclass(frozen=True)
class Carrier:
    """One interface to look at. name() raises NotThere once it is gone."""

    name: Callable[[], str]


def carrier_of(sock: Any) -> Carrier | None:
    """The interface of this connected socket; None if nobody knows which it is."""
    try:
        bound = interfaces.bound_to(sock)
        own = sock.getsockname()[0]
    except interfaces.NotThere:
        return Carrier(lambda: interfaces.bound_to(sock))
    except (OSError, AttributeError, TypeError):
        return None
    if bound:
        return Carrier(lambda: interfaces.bound_to(sock))
    return _by_index(_index_with(str(own)))


def _by_index(index: int | None) -> Carrier | None:
    return Carrier(lambda: socket.if_indextoname(index)) if index is not None else None


def has_carrier(carrier: Carrier) -> bool:
    """False when the link is down or the interface is gone. A new name for it is no loss."""
    for _ in range(2):  # it may be renamed between the two looks
        try:
            name = carrier.name()
        except OSError:
            return False
        if not name:  # the connection was closed meanwhile; that is told by others
            return True
        try:
            return _read(f"{interfaces.SYSFS}/{name}/carrier").strip() == b"1"
        except OSError:  # an interface that is down, or gone, cannot be read
            continue
    return False


def _read(path: str) -> bytes:
    """A short file. Each link is asked four times a second, and pathlib takes three times as long."""
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.read(handle, 64)
    finally:
        os.close(handle)


def way_to(target: Target) -> tuple[str, bool] | None:
    """Our own address on the way there and its interface, and whether that seems to have a link.

    None when there is no way. Changes when a cable is put in; sends nothing and asks no name server.
    """
    host = target.host if target.literal else names.remembered(target.host)
    ways = (_way(each, target) for each in target.by_port or (host,) if each)
    return next((way for way in ways if way is not None), None)


def _way(host: str, target: Target) -> tuple[str, bool] | None:
    with contextlib.suppress(OSError):
        probe, address = interfaces.socket_to(host, target.port, target.interface, socket.SOCK_DGRAM)
        with probe:
            probe.connect(address)  # only chooses the way
            carrier = carrier_of(probe)
            own, *rest = probe.getsockname()
            index = interfaces.index_of(target.interface) if target.interface else ""
            return f"{own} {rest[-1] if len(rest) > 1 else ''} {index}", carrier is None or has_carrier(
                carrier
            )
    return None


def cable_is_out(target: Target) -> bool:
    """True when packets for this target leave through an interface that has no link."""
    way = way_to(target)
    return way is not None and not way[1]


# -- which interface holds an address (Linux) ------------------------------------------------------


def _index_with(own: str) -> int | None:
    """The index of the one interface that holds this address; None where none or several do."""
    try:
        address = ipaddress.ip_address(own.partition("%")[0])
    except ValueError:
        return None
    if address.is_loopback or not interfaces.SYSFS.exists():
        return None
    held = _with_ipv6(address.packed.hex()) if address.version == 6 else _with_ipv4(address.packed)
    return held[0] if len(held) == 1 else None


def _with_ipv6(wanted: str) -> list[int]:
    """From /proc/net/if_inet6: address, index, and more, in hex."""
    try:
        rows = [line.split() for line in Path("/proc/net/if_inet6").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return []
    return [int(row[1], 16) for row in rows if len(row) == 6 and row[0] == wanted]


def _with_ipv4(wanted: bytes) -> list[int]:
    found: list[int] = []
    if sys.platform == "linux":
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for index, name in socket.if_nameindex():
                with contextlib.suppress(OSError):
                    asked = struct.pack("256s", name.encode()[:15])
                    if fcntl.ioctl(probe, 0x8915, asked)[20:24] == wanted:  # SIOCGIFADDR
                        found.append(index)
    return found
