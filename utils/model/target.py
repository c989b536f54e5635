"""Where a board answers: host, port, user, and the laptop's interface or USB port that leads there. Pure.

parse_host() reads SSH_IP: "192.168.55.1", "192.168.55.1%enx00e04c", "fe80::1%usb0" (in brackets too),
"192.168.55.1%usb-1-2.3", or a host name. Everything that opens a way to the device takes a Target, so no
way can leave by another interface.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

INTERFACE_MOST = 15  # characters; the kernel's IFNAMSIZ is 16 with its zero
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?", re.ASCII)
_INTERFACE = re.compile(r"[A-Za-z0-9_.@+=,-]+", re.ASCII)
_USB_PORT = re.compile(r"usb-\d{1,3}-\d{1,3}(\.\d{1,3}){0,5}", re.ASCII)
GADGET = "fe80::1"
"""What NVIDIA's gadget script gives every board on its USB network, beside the IPv4 address."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """One board's place. interface: a name or, on Windows, a number; "" lets the system choose the way.

    A USB port ("usb-1-2.3") as interface means whatever interface the board there has at the moment.
    """

    host: str
    port: int = 22
    user: str = ""
    interface: str = ""

    @property
    def shown(self) -> str:
        """The host with its interface, as SSH_IP has it."""
        return f"{self.host}%{self.interface}" if self.interface else self.host

    @property
    def where(self) -> str:
        """What the table of host keys calls the address: "192.168.55.1%usb0:22"."""
        return f"{self.shown}:{self.port}"

    @property
    def usb_port(self) -> str:
        """The USB port that the target is bound to; "" where it is bound to none."""
        return self.interface if _USB_PORT.fullmatch(self.interface) else ""

    @property
    def by_port(self) -> tuple[str, ...]:
        """The addresses of the board at a USB port, in the order to try them; none for other targets.

        The link-local one comes first: it needs no DHCP, and no filter of the laptop stands in its way.
        """
        return tuple(dict.fromkeys((GADGET, self.host))) if self.usb_port else ()

    @property
    def literal(self) -> Address | None:
        """The host as an address; None for a name."""
        return literal(self.host)

    def __str__(self) -> str:
        """user@host:port, for people."""
        host = f"[{self.shown}]" if ":" in self.host else self.shown
        user = f"{self.user}@" if self.user else ""
        return f"{user}{host}" + ("" if self.port == 22 else f":{self.port}")


def literal(host: str) -> Address | None:
    """An address without a zone; None for anything else."""
    try:
        return ipaddress.ip_address(host) if "%" not in host else None
    except ValueError:
        return None


def parse_host(text: str, interfaces: Callable[[], Iterable[str]] = tuple) -> tuple[str, str]:
    """Read SSH_IP into host and interface ("" without one). ValueError says what is wrong with it.

    interfaces: asked only for a link-local address without a zone, to name those that could be meant.
    """
    _refuse_more_than_a_host(text)
    whole = text.replace("[", "").replace("]", "") if re.fullmatch(r"\[[^][]+\](%[^][]*)?", text) else text
    host, zone, interface = whole.partition("%")
    address = literal(host)
    if address is None:
        return _name(host, zone), ""
    if zone:
        return str(address), _interface(interface)
    if address.version == 6 and address.is_link_local:
        raise ValueError(
            f"a link-local address needs the interface that leads to the board: {_add(address, interfaces())}"
        )
    return str(address), ""


def _refuse_more_than_a_host(text: str) -> None:
    if "://" in text:
        raise ValueError("it is a host alone, not a URL: leave out what stands before and behind the host")
    if "@" in text.partition("%")[0]:
        raise ValueError("it is a host alone: put the user before the @ into SSH_USER")
    if re.fullmatch(r"\[[^]]+\]:\d*|[^:\s]+:\d*", text):
        raise ValueError("it is a host alone: put the port behind the colon into SSH_PORT")


def _add(address: Address, found: Iterable[str]) -> str:
    """What to write, with the interfaces that are there."""
    ways = [f"{address}%{name}" for name in found]
    if not ways:
        return f"add %usb0, for example: {address}%usb0"
    return f"add %{ways[0].partition('%')[2]}: {' or '.join(ways[:5])}"


def _interface(name: str) -> str:
    if not name:
        raise ValueError("the name of the interface is missing behind the %")
    if _USB_PORT.fullmatch(name):
        return name
    if len(name) > INTERFACE_MOST:
        raise ValueError(
            f"an interface's name has at most {INTERFACE_MOST} characters, {name} has {len(name)}"
        )
    if not _INTERFACE.fullmatch(name) or name in (".", ".."):
        raise ValueError("an interface's name has no blanks, slashes, colons or quotes (ip link lists them)")
    return name


def _name(host: str, zone: str) -> str:
    if re.fullmatch(r"[\d.]+|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*", host):
        raise ValueError(f"{host or 'nothing'} is not a valid IP address")
    if len(host.removesuffix(".")) > 253:
        raise ValueError("a host name has at most 253 characters")
    if not _NAME.fullmatch(host):
        raise ValueError("it is neither an IP address nor a host name")
    if zone:
        raise ValueError("an interface goes with an address, not with a name: write the board's address")
    return host
