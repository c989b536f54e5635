"""ethtool DEVICE -> {interface, link, speed_mbps, duplex, auto_negotiation, best_speed_mbps,
partner_best_mbps, supported_mbps, state}.

speed_mbps in Mb/s; None for "Unknown!" and for what is not printed. duplex: "full" or "half".
best_speed_mbps: the fastest full-duplex speed that both ends offer. Where the partner's modes are not
reported, this end alone counts. Where nothing is advertised, what it supports counts. A reason in brackets
behind "no" (newer versions: "no (No cable)") is left out. A cut-off word counts as missing. state is one of:
- no-link, half-duplex, below-best, best
- fixed: copper below what this end supports, with auto-negotiation off
- no-comparison: no modes are reported
- not-told: a link, and neither speed nor modes, as of a virtual network or a driver that never tells
- not said: speed, duplex or the link line is missing or unknown
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable, ParseError
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_HEADER = re.compile(r"(?m)^[ \t]*Settings for (\S+?):[ \t]*$")
_FIELD = re.compile(r"^\s*+([A-Z][A-Za-z0-9 -]*+):(.*)$")
_NO_SPEED = (0, 0xFFFF, 0xFFFFFFFF)  # "unknown" of old and new drivers, where ethtool prints it as a number
_COPPER = ("Twisted Pair", "MII", "TP")  # the module in a cage for fibre sets the speed
_MODE = re.compile(r"\b(\d+)base[A-Za-z0-9_-]{0,40}/(Half|Full)\b")
READS = (
    "interface link speed_mbps duplex auto_negotiation best_speed_mbps partner_best_mbps supported_mbps state"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    header = _HEADER.search(text)
    if header is None:
        raise _nothing(stdout, stderr, exit_status)
    following = _HEADER.search(text, header.end())
    fields = _fields(text[header.end() : following.start() if following else len(text)])
    if not fields.keys() & {"speed", "duplex", "link detected"}:
        raise _nothing(stdout, stderr, exit_status)
    speed = re.fullmatch(r"(\d{1,10})Mb/s", fields.get("speed", ""))
    partner = _full_speeds(fields, "link partner advertised link modes")
    reading: Reading = {
        "interface": header.group(1),
        "link": {"yes": True, "no": False}.get(fields.get("link detected", "").partition(" (")[0]),
        "speed_mbps": int(speed.group(1)) if speed and int(speed.group(1)) not in _NO_SPEED else None,
        "duplex": {"Full": "full", "Half": "half"}.get(fields.get("duplex", "")),
        "auto_negotiation": {"on": True, "off": False}.get(fields.get("auto-negotiation", "")),
        "best_speed_mbps": _best(fields, partner),
        "partner_best_mbps": max(partner, default=None),
        "supported_mbps": max(_full_speeds(fields, "supported link modes"), default=None),
    }
    return {**reading, "state": _state(reading, copper=fields.get("port") in _COPPER)}


def _nothing(stdout: str, stderr: str, exit_status: int | None) -> ParseError:
    if "No such device" in stdout + stderr:
        return NotApplicable("There is no such Ethernet interface.")
    return refuse(stdout, stderr, exit_status)


def _fields(block: str) -> dict[str, str]:
    """Lower-case keys; a line of modes alone continues the list of modes above it."""
    found: dict[str, str] = {}
    modes = ""
    for line in block.splitlines():
        match = _FIELD.match(line)
        if match:
            key = match.group(1).lower()
            modes = key if key.endswith("link modes") else modes
            found.setdefault(key, match.group(2).strip())
        elif modes and _MODE.search(line):
            found[modes] += f" {line.strip()}"
    return found


def _full_speeds(fields: dict[str, str], key: str) -> set[int]:
    return {int(speed) for speed, duplex in _MODE.findall(fields.get(key, "")) if duplex == "Full"}


def _best(fields: dict[str, str], partner: set[int]) -> int | None:
    own = _full_speeds(fields, "advertised link modes") or _full_speeds(fields, "supported link modes")
    return max(own & partner if partner and own else own | partner, default=None)


def _state(reading: Reading, *, copper: bool) -> str:
    speed, duplex, best = reading["speed_mbps"], reading["duplex"], reading["best_speed_mbps"]
    if reading["link"] is False:
        return "no-link"
    if reading["link"] and speed is None and duplex is None and best is None:
        return "not-told"
    if reading["link"] is None or speed is None or duplex is None:
        return "not said"
    if duplex == "half":
        return "half-duplex"
    if best is None:
        return "no-comparison"
    if copper and reading["auto_negotiation"] is False and speed < max(best, reading["supported_mbps"] or 0):
        return "fixed"
    return "below-best" if speed < best else "best"
