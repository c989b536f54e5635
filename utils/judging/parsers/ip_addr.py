"""ip -j addr, ip addr, or our own sysfs lines -> {interfaces: [{name, up, carrier, operstate, mac, mtu,
master, addresses, twice}], up_count, with_address_count, listed, conflicts, unaddressed}.

`listed` names the interfaces that are up with their addresses, as one line. up_count counts interfaces other
than loopback that are up and have a carrier; addresses as "192.168.55.1/24". twice: IPv6 addresses that
another host has as well (dadfailed); conflicts names them all. unaddressed: network cards that are up
without an address, or with its own alone (169.254, fe80). The sysfs lines `link NAME
operstate=up carrier=1 mac=.. mtu=..` carry no addresses (None). An output without the loopback interface is
not a whole list and is refused.
"""

from __future__ import annotations

import re
from typing import Any

from utils.judging.parsers._json import records
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_HEAD = re.compile(r"(?m)^(\d+): ([^\s:@]+)(?:@[^\s:]+)?: <([A-Z0-9_,-]*)>(.*)$")
_ADDRESS = re.compile(r"(?m)^[ \t]+inet6? ([0-9a-fA-F.:]+(?: peer [0-9a-fA-F.:]+)?(?:/\d+)?)\b")
_SYSFS = re.compile(r"(?m)^link (\S+) operstate=([a-z]*) carrier=([01]?) mac=([0-9a-f:]*) mtu=(\d*)[ \t]*$")
_TWICE = re.compile(r"(?m)^[ \t]+inet6 ([0-9a-f:]{2,39})/\d{1,3} .*\bdadfailed\b")
_PARENT = re.compile(r'(?m)^\d+: [^\s:@]+@([^\s:]+):|"link": ?"([^"\n]{1,32})"')
_CARD = re.compile(r"(?:e|wl)[a-zA-Z0-9]+")  # bridges, tunnels, CAN and modems may well be without
_SELF_GIVEN = ("169.254.", "fe80:")
READS = (
    "interfaces[name up carrier operstate mac mtu master addresses twice] up_count with_address_count "
    "listed conflicts unaddressed"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    interfaces = _from_json(text) or _from_text(text) or [_from_sysfs(row) for row in _SYSFS.findall(text)]
    if not any(item["name"] == "lo" for item in interfaces):
        raise refuse(stdout, stderr, exit_status)
    others = [item for item in interfaces if item["name"] != "lo"]
    parents = {name for pair in _PARENT.findall(text) for name in pair}  # a VLAN has the addresses
    up = [item for item in others if item["up"] and item["carrier"]]
    return {
        "interfaces": interfaces,
        "up_count": len(up),
        "with_address_count": sum(1 for item in others if item["addresses"]),
        "listed": "; ".join(f"{item['name']} {_first(item['addresses'])}".strip() for item in up) or "none",
        "conflicts": [f"{address} on {item['name']}" for item in others for address in item["twice"]],
        "unaddressed": [item["name"] for item in up if _unaddressed(item) and item["name"] not in parents],
    }


def _unaddressed(item: dict[str, Any]) -> bool:
    given = item["addresses"]
    return (
        given is not None
        and not item["master"]
        and _CARD.fullmatch(item["name"]) is not None
        and all(address.startswith(_SELF_GIVEN) for address in given)
    )


def _from_json(text: str) -> list[dict[str, Any]]:
    listed = records(text) or []
    if not all("ifname" in item and isinstance(item.get("addr_info"), list) for item in listed):
        return []
    return [_interface_of(item) for item in listed]


def _interface_of(item: dict[str, Any]) -> dict[str, Any]:
    flags = item["flags"] if isinstance(item.get("flags"), list) else []
    entries = [
        entry
        for entry in item["addr_info"]
        if isinstance(entry, dict) and isinstance(entry.get("local"), str)
    ]
    return {
        "name": str(item["ifname"]),
        "up": "UP" in flags,
        "carrier": "LOWER_UP" in flags,
        "operstate": item.get("operstate"),
        "mac": item.get("address"),
        "mtu": item.get("mtu"),
        "master": item.get("master"),
        "addresses": [f"{entry['local']}/{entry.get('prefixlen', '?')}" for entry in entries],
        "twice": [entry["local"] for entry in entries if entry.get("dadfailed")],
    }


def _from_text(text: str) -> list[dict[str, Any]]:
    text = re.sub(r"\\[ \t]*", "\n    ", text)
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)][: len(heads)]
    return [_block(head, text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def _block(head: re.Match[str], body: str) -> dict[str, Any]:
    flags, rest = head.group(3).split(","), head.group(4)
    mac = re.search(r"(?m)^[ \t]+link/ether ([0-9a-f:]{17})\b", body)
    mtu = _word(rest, "mtu")
    return {
        "name": head.group(2),
        "up": "UP" in flags,
        "carrier": "LOWER_UP" in flags,
        "operstate": _word(rest, "state"),
        "mac": mac.group(1) if mac else None,
        "mtu": int(mtu) if mtu and re.fullmatch(r"[0-9]+", mtu) else None,
        "master": _word(rest, "master"),
        "addresses": _ADDRESS.findall(body),
        "twice": _TWICE.findall(body),
    }


def _from_sysfs(row: tuple[str, ...]) -> dict[str, Any]:
    name, operstate, carrier, mac, mtu = row
    return {
        "name": name,
        "up": carrier != "",  # the kernel refuses to read the carrier of an interface that is down
        "carrier": carrier == "1",
        "operstate": operstate.upper() or None,
        "mac": mac or None,
        "mtu": int(mtu) if mtu else None,
        "master": None,
        "addresses": None,
        "twice": [],
    }


def _word(text: str, key: str) -> str | None:
    match = re.search(rf"\b{key} (\S+)", text)
    return match.group(1) if match else None


def _first(addresses: list[str] | None) -> str:
    return addresses[0] if addresses else ""
