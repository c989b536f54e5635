"""What Linux' `ip` tool tells of this laptop's interfaces, addresses and routes. Sends nothing."""

from __future__ import annotations

import ipaddress
import json
import subprocess
from dataclasses import dataclass
from typing import Any

from utils.laptop import child

IP_S = 2.0


@dataclass(frozen=True)
class IpAnswer:
    """What `ip -j …` said. usable: the tool is there and speaks JSON. error: its words where it failed."""

    usable: bool
    rows: tuple[dict[str, Any], ...] = ()
    error: str = ""


def run_ip(*arguments: str) -> IpAnswer:
    """`ip -j` with these arguments."""
    try:
        done = child.run(["ip", "-j", *arguments], capture_output=True, text=True, timeout=IP_S)
    except (OSError, subprocess.TimeoutExpired):
        return IpAnswer(usable=False)
    if done.returncode != 0:
        refused = "RTNETLINK" in done.stderr  # the kernel's word; anything else is an `ip` without -j
        return IpAnswer(usable=refused, error=done.stderr.strip())
    try:
        rows = json.loads(done.stdout or "[]")
    except ValueError:
        return IpAnswer(usable=False)
    return IpAnswer(usable=True, rows=tuple(row for row in rows if isinstance(row, dict)))


@dataclass(frozen=True)
class Interface:
    """One of the laptop's, with one of its addresses."""

    name: str
    address: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network
    carrier: bool
    tentative: bool = False


def has_link(row: dict[str, Any]) -> bool:
    """Whether the interface of a row of `ip -j addr` is up and has a carrier."""
    flags = row.get("flags") or []
    return "UP" in flags and "LOWER_UP" in flags and "NO-CARRIER" not in flags


def interfaces_of(row: dict[str, Any]) -> list[Interface]:
    """One row of `ip -j addr`; what is odd in it is left out."""
    up = has_link(row)
    found = []
    for info in row.get("addr_info") or []:
        try:
            network = ipaddress.ip_network(f"{info['local']}/{info['prefixlen']}", strict=False)
            tentative = bool(info.get("tentative") or info.get("dadfailed"))
            found.append(Interface(str(row["ifname"]), str(info["local"]), network, up, tentative))
        except (KeyError, TypeError, ValueError):
            continue
    return found
