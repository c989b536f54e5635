"""The rungs of address and route for a target that names its interface. Pure, but for the laptop's filter.

Whatever else leads to that address does not count: the socket is bound to this interface.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from utils.laptop.interfaces import strict_filter
from utils.laptop.iptool import Interface, IpAnswer, has_link, interfaces_of
from utils.model.results import Rung, RungState
from utils.model.rungs import rung
from utils.model.target import Address

OK, NOTE, BROKEN = RungState.OK, RungState.NOTE, RungState.BROKEN
NOT_CHECKED = RungState.NOT_CHECKED


def rungs(address: Address, name: str, told: IpAnswer, board_nics: Iterable[str]) -> tuple[Rung, Rung]:
    """Address and route behind the interface of this name. told: what `ip -j addr` said."""
    if not told.usable:
        unknown = "What addresses it has is only told by the ip tool (Linux)."
        return rung("address", NOT_CHECKED, f"{name}: {unknown}"), _route(name)
    row = next((row for row in told.rows if row.get("ifname") == name), None)
    if row is None:
        return _not_there(name, board_nics), rung("route")
    every = [each for row in told.rows for each in interfaces_of(row)]
    first = _address(address, name, has_link(row), [each for each in every if each.name == name], every)
    if first.state is BROKEN:
        return first, rung("route")
    return first, _filtered(address, name, every) or _route(name)


def bridged(name: str, board_nics: Iterable[str], sysfs: Path | None = None) -> Rung | None:
    """The route's rung where this laptop bridges the board's interface: then others answer there, too."""
    folder = (sysfs or Path("/sys")) / "class/net"
    bridge = _bridge_of(folder, name)
    if not bridge:
        return None
    others = sorted(each for each in set(board_nics) - {name} if _bridge_of(folder, each) == bridge)
    return rung(
        "route", BROKEN if others else NOTE,
        f"{name} is in the bridge {bridge} of this laptop"
        + (f", together with {' and '.join(others)}: several boards answer at one address there." if others
           else ": its packets may leave by the bridge's other interfaces."),
        f"As root: ip link set {name} nomaster. NetworkManager or a virtual machine made the bridge.",
    )  # fmt: skip


def _bridge_of(folder: Path, name: str) -> str:
    link = folder / name / "brport/bridge"
    return link.resolve().name if link.exists() else ""


def _not_there(name: str, board_nics: Iterable[str]) -> Rung:
    others = sorted(board_nics)
    step = "Put the board's cable in and let it boot: the interface appears then."
    if others:
        step += f" A board is on {' and '.join(others)} now: is SSH_IP right?"
    return rung("address", BROKEN, f"The interface {name} is not there.", step)


def _address(address: Address, name: str, link: bool, own: list[Interface], every: list[Interface]) -> Rung:
    if mine := next((each for each in every if each.address == str(address)), None):
        return rung(
            "address", BROKEN, f"{address} is this laptop's own address, on {mine.name}.",
            f"Take it off {mine.name}, or correct SSH_IP: it is the device's address.",
        )  # fmt: skip
    if not link:
        return rung(
            "address", BROKEN, f"{name} is there, but nothing is connected to it (no carrier).",
            "Check the cable; the board may not have booted yet.",
        )  # fmt: skip
    same = [each for each in own if each.network.version == address.version]
    if not same:
        return _no_address(address, name)
    if all(each.tentative for each in same):
        return rung(
            "address", BROKEN,
            f"{name} has only the tentative address {same[0].address}: it is in use twice, or being checked.",
            "Wait two seconds. If it stays so, another computer has the same address.",
        )  # fmt: skip
    listed = ", ".join(f"{each.address}/{each.network.prefixlen}" for each in same if not each.tentative)
    near = any(address in each.network for each in same) or (address.version == 6 and address.is_link_local)
    if not near:
        return rung(
            "address", NOTE, f"{name} has {listed}, which is not in the network of {address}.",
            "Wait for the board to give an address, or set one by hand (192.168.55.100, 255.255.255.0).",
        )  # fmt: skip
    return rung("address", OK, f"{name} has {listed}.")


def _no_address(address: Address, name: str) -> Rung:
    if address.version == 6:
        return rung(
            "address", BROKEN, f"{name} has no IPv6 address: IPv6 is off there.",
            f"As root: sysctl -w net.ipv6.conf.{name}.disable_ipv6=0; or set SSH_IP=192.168.55.1%{name}.",
        )  # fmt: skip
    return rung(
        "address", BROKEN, f"{name} has no IPv4 address yet.",
        f"The board gives one within 15 s of its boot. SSH_IP=fe80::1%{name} needs none.",
    )  # fmt: skip


def _route(name: str) -> Rung:
    return rung("route", OK, f"By {name}, as SSH_IP says, and by no other.")


def _filtered(address: Address, name: str, every: list[Interface]) -> Rung | None:
    """Whether the laptop itself drops the answers: another interface leads to the same network."""
    rivals = sorted({each.name for each in every if address in each.network} - {name})
    if address.version == 6 or not rivals or not strict_filter(name):
        return None
    return rung(
        "route", NOTE,
        f"By {name}, but {', '.join(rivals)} has an address in the same network and rp_filter is 1. "
        "This laptop may drop the board's answers.",
        f"Set SSH_IP=fe80::1%{name}; or as root: sysctl -w net.ipv4.conf.{name}.rp_filter=2.",
    )  # fmt: skip
