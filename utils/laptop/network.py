"""The laptop's side of the connection ladder: USB, address, route. Asks nothing of the device.

look(target) -> Look: the first three rungs. A device that answers all the same may prove a broken rung wrong
(a virtual machine, a lab network). `final` says that it cannot: packets for the board leave through another
interface, so what answers is not the board.

What it looks at (sysfs, the `ip` tool, the route a UDP socket would take) can be given by tests.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from utils.laptop import at_port, chosen, usb
from utils.laptop import names as host_names
from utils.laptop.iptool import Interface, IpAnswer, interfaces_of, run_ip
from utils.model.results import Rung, RungState
from utils.model.rungs import rung
from utils.model.target import Address, Target

USB_NETWORK = ipaddress.ip_network("192.168.55.0/24")
"""The network that a stock module makes over its USB cable; it is .1, the laptop gets .100."""
GADGET = ipaddress.ip_address("fe80::1")
"""What NVIDIA's script gives every board on its USB network besides."""

OK, NOTE, BROKEN = RungState.OK, RungState.NOTE, RungState.BROKEN
NOT_CHECKED = RungState.NOT_CHECKED


def udp_source(address: str) -> str | None:
    """The laptop's own address towards there, without sending anything; None: no way."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None


@dataclass(frozen=True)
class LaptopRungs:
    """The first three rungs. final: whoever answers there is not the board."""

    rungs: tuple[Rung, Rung, Rung]
    final: bool = False


class Laptop:
    """What can be known without the device."""

    def __init__(
        self,
        *,
        sysfs: Path = Path("/sys"),
        ip: Callable[..., IpAnswer] = run_ip,
        source: Callable[[str], str | None] = udp_source,
        names: Callable[[str], list[str]] = host_names.addresses,
        platform: str = sys.platform,
        kernel_log: Callable[[], str] = at_port.kernel_log,
    ) -> None:
        self._sysfs = sysfs
        self._ip = ip
        self._source = source
        self._names = names
        self._platform = platform
        self._kernel_log = kernel_log

    def look(self, target: Target) -> LaptopRungs:
        """USB, address and route towards this target."""
        started = time.monotonic()
        boards = usb.boards(self._sysfs) if self._platform.startswith("linux") else None
        if target.usb_port:
            return self._at_port(target, boards or [])
        try:
            address = target.literal or ipaddress.ip_address(self._names(target.host)[0].partition("%")[0])
        except OSError as exc:
            return LaptopRungs(
                (_usb(boards, None, self._platform), _name_unknown(target.host, exc), rung("route"))
            )
        seen = self._usb(boards, address, target.interface)
        usb_s = time.monotonic() - started
        if address.is_loopback:
            here = "The address is this laptop itself."
            seen = seen if any(board.booted for board in boards or []) else rung("usb", NOT_CHECKED, here)
            address_rung, route_rung, final = rung("address", OK, here), rung("route", OK, here), False
        elif target.interface:
            told = self._ip("addr")
            address_rung, route_rung = chosen.rungs(address, target.interface, told, _nics(boards or []))
            final = False
        else:
            address_rung, route_rung, final = self._network(address, boards or [])
        network_s = time.monotonic() - started - usb_s
        timed = (
            replace(seen, duration_s=usb_s),
            replace(address_rung, duration_s=network_s),
            replace(route_rung, duration_s=0.0)
            if route_rung.state is not RungState.NOT_REACHED
            else route_rung,
        )
        return LaptopRungs(timed, final)

    def _at_port(self, target: Target, boards: list[usb.UsbBoard]) -> LaptopRungs:
        """The same for the board at a USB port, by whatever interface it has now."""
        port, started = target.usb_port, time.monotonic()
        first = at_port.rung_of(port, boards, self._sysfs, self._kernel_log)
        nic = usb.nic_at(port, self._sysfs)
        if not nic:
            return LaptopRungs(
                (replace(first, duration_s=time.monotonic() - started), rung("address"), rung("route"))
            )
        told = self._ip("addr")
        by_six, six_route = chosen.rungs(ipaddress.ip_address(GADGET), nic, told, _nics(boards))
        address, route = by_six, six_route
        if by_six.state is BROKEN and target.literal is not None and target.literal.version == 4:
            by_four, four_route = chosen.rungs(target.literal, nic, told, _nics(boards))
            if by_four.state is not BROKEN:
                address = replace(
                    by_four, state=NOTE, seen=f"{by_six.seen} {by_four.seen}", next_step=by_six.next_step
                )
                route = four_route
        route = chosen.bridged(nic, _nics(boards), self._sysfs) or route
        took_s = time.monotonic() - started
        return LaptopRungs((replace(first, duration_s=took_s), address, route))

    def _usb(self, boards: list[usb.UsbBoard] | None, address: Address, interface: str) -> Rung:
        """The rung of the board behind this interface, where one is named and known."""
        behind = [each for each in boards or [] if interface in each.nics]
        return _usb(behind or boards, address, self._platform)

    def _network(self, address: Address, boards: list[usb.UsbBoard]) -> tuple[Rung, Rung, bool]:
        told = self._ip("addr")
        if not told.usable:
            return *_by_source(address, self._source(str(address))), False
        own = [each for row in told.rows for each in interfaces_of(row)]
        first = _address(address, own, boards)
        if first.state is BROKEN:
            return first, rung("route"), False
        if address.version == 6 and address.is_link_local:
            return (
                first,
                rung("route", NOT_CHECKED, "A link-local address says itself which way to go."),
                False,
            )
        return first, *_route(address, self._ip("route", "get", str(address)), own, boards)


def _name_unknown(host: str, exc: OSError) -> Rung:
    if isinstance(exc, host_names.NoNameServer):
        return rung(
            "address", BROKEN, f"The name servers do not answer, so the address of {host} is not known.",
            "Put the board's address into SSH_IP; a module on its USB cable is 192.168.55.1.",
        )  # fmt: skip
    return rung(
        "address", BROKEN, f"The name {host} is not known here.",
        "Correct SSH_IP; a module on its USB cable is 192.168.55.1.",
    )  # fmt: skip


# -- USB ---------------------------------------------------------------------------------------------


def _on_usb(address: Address | None) -> bool:
    """Whether this is the address of a module on its USB cable."""
    return address is not None and (address in USB_NETWORK or address == GADGET)


def _usb(boards: list[usb.UsbBoard] | None, address: Address | None, platform: str) -> Rung:
    if boards is None:
        linux = platform.startswith("linux")
        why = "This system shows no USB bus" if linux else "Looking at USB is only possible on Linux"
        return rung("usb", NOT_CHECKED, f"{why}.", "See for yourself whether the board shows up on USB.")
    booted = [each for each in boards if each.booted]
    recovery = [each for each in boards if each.in_recovery]
    if booted:
        return _usb_booted(booted, recovery)
    if recovery:
        state = BROKEN if _on_usb(address) else NOTE
        return rung(
            "usb", state, f"In force-recovery mode: {_listed(recovery)}. No Linux runs there.",
            "Remove the recovery jumper or let go of the recovery button, then power-cycle the board.",
        )  # fmt: skip
    others = f" (only {_listed(boards)})" if boards else ""
    if not _on_usb(address):
        return rung(
            "usb", NOT_CHECKED, f"No board on USB{others}; its address is not the one of the USB cable."
        )
    return rung(
        "usb", BROKEN, f"No NVIDIA board is on this laptop's USB{others}.",
        "Use the board's device (flashing) port and a cable that carries data. Try another port of the "
        "laptop. Check the board's power, and give it a minute to boot.",
    )  # fmt: skip


def _usb_booted(booted: list[usb.UsbBoard], recovery: list[usb.UsbBoard]) -> Rung:
    if recovery:
        return rung(
            "usb", NOTE, f"{_listed(booted)}; also in force-recovery mode: {_listed(recovery)}.",
            "Unplug the board you do not mean.",
        )  # fmt: skip
    if len(booted) > 1:
        return rung(
            "usb", NOTE, f"{len(booted)} boards are plugged in, all at the same address: {_listed(booted)}.",
            f"Name the interface of the one you mean (SSH_IP={_named_way(booted)}), or unplug the others.",
        )  # fmt: skip
    return rung("usb", OK, f"{_listed(booted)}.")


def _named_way(boards: list[usb.UsbBoard]) -> str:
    nics = sorted(_nics(boards))
    return f"fe80::1%{nics[0] if nics else 'usb0'}"


def _listed(boards: list[usb.UsbBoard]) -> str:
    return "; ".join(str(board) for board in boards)


# -- address and route ---------------------------------------------------------------------------------


def _nics(boards: list[usb.UsbBoard]) -> set[str]:
    return {nic for board in boards for nic in board.nics}


def _address(address: Address, own: list[Interface], boards: list[usb.UsbBoard]) -> Rung:
    if mine := next((each for each in own if each.address == str(address)), None):
        return rung(
            "address", BROKEN, f"{address} is this laptop's own address, on {mine.name}.",
            f"Take it off {mine.name}, or correct SSH_IP: it is the device's address.",
        )  # fmt: skip
    near = [each for each in own if address in each.network]
    if near and not any(each.carrier for each in near):
        return rung(
            "address", BROKEN, f"{_named(near)}, but nothing is connected there (no carrier).",
            "Check the cable; the board may not have booted yet.",
        )  # fmt: skip
    if near:
        return rung("address", OK, f"{_named(near)}.")
    if not _on_usb(address):
        return rung("address", OK, f"No interface is in the network of {address}: it is reached by a router.")
    nics = sorted(_nics(boards))
    if nics:
        return rung(
            "address", BROKEN, f"{' and '.join(nics)}, the board's USB network: no address in {USB_NETWORK}.",
            "Wait some seconds for the board to give one, or set 192.168.55.100 (255.255.255.0) by hand.",
        )  # fmt: skip
    return rung(
        "address", BROKEN, f"No interface of this laptop has an address in {USB_NETWORK}.",
        "Is the cable in the board's device port, and has the board booted? An interface appears then.",
    )  # fmt: skip


def _named(interfaces: list[Interface]) -> str:
    return ", ".join(f"{each.name} has {each.address}/{each.network.prefixlen}" for each in interfaces)


def _route(
    address: Address, told: IpAnswer, own: list[Interface], boards: list[usb.UsbBoard]
) -> tuple[Rung, bool]:
    if not told.usable or (not told.rows and not told.error):
        return rung("route", NOT_CHECKED, "The ip tool does not tell the route."), False
    row = told.rows[0] if told.rows else {}
    device = str(row.get("dev", ""))
    if told.error or not device:
        seen = f"No route to {address}: {told.error or row.get('type', 'none')}."
        return rung("route", BROKEN, seen, "Look at `ip route`; a VPN may forbid it."), False
    nics, near = _nics(boards), {each.name for each in own if address in each.network}
    if nics & near and device not in nics:
        return _clash(address, device, sorted(nics & near)), True
    gateway = row.get("gateway")
    way = f"By {device}" + (f", router {gateway}" if gateway else "") + "."
    if rivals := sorted(near - {device}):
        return _rivals(way, device, rivals, boards), False
    return rung("route", OK, way), False


def _clash(address: Address, device: str, nics: list[str]) -> Rung:
    board = " and ".join(nics)
    return rung(
        "route", BROKEN,
        f"Subnet clash: packets to {address} leave through {device}, but the board is on {board}.",
        f"Take {device} out of this network: unplug it, or end the VPN. Or give the board's interface the "
        f"route: sudo ip route add {address}/32 dev {nics[0]}",
    )  # fmt: skip


def _rivals(way: str, device: str, rivals: list[str], boards: list[usb.UsbBoard]) -> Rung:
    """More than one interface has an address in the device's network."""
    same_board = any({device, *rivals} <= set(board.nics) for board in boards)
    if same_board:
        return rung(
            "route", NOTE, f"{way} {', '.join(rivals)} leads to the same board (it offers two USB networks).",
            "If the link drops now and then, take the address off one of them.",
        )  # fmt: skip
    return rung(
        "route", NOTE, f"{way} {', '.join(rivals)} has an address in the same network.",
        "Make sure that the board is not behind the other one: unplug what you do not need.",
    )  # fmt: skip


def _by_source(address: Address, source: str | None) -> tuple[Rung, Rung]:
    """Without the ip tool: only the laptop's own address towards there is known."""
    unknown = rung("route", NOT_CHECKED, "Which interface it leaves by is only told by the ip tool (Linux).")
    if source is None:
        return (
            rung(
                "address",
                BROKEN,
                f"This laptop has no way to {address}.",
                "Is the cable in, has the board booted?",
            ),
            rung("route"),
        )
    if source == str(address):
        seen = f"{address} is this laptop's own address."
        return rung("address", BROKEN, seen, "Correct SSH_IP: it is the device's address."), rung("route")
    if _on_usb(address) and ipaddress.ip_address(source) not in USB_NETWORK:
        return (
            rung(
                "address", BROKEN, f"The laptop would use {source}; it has no address in {USB_NETWORK}.",
                "Is the cable in the board's device port, and has the board booted? If so, set the new USB "
                "network adapter to 192.168.55.100, mask 255.255.255.0.",
            ),
            rung("route"),
        )  # fmt: skip
    return rung("address", OK, f"The laptop uses its address {source}."), unknown
