"""ip -details -statistics link show type can (text or -json) -> {count, interfaces: [{name, state, link_up,
modes, bitrate, restart_ms, tx_errors, rx_errors, restarts, bus_errors, arbitration_lost, error_warnings,
error_passives, bus_offs, frame_errors, frames, unsent, error_percent, complete, past_faults,
counted}]}.

state is as the kernel names it: ERROR-ACTIVE, ERROR-WARNING, ERROR-PASSIVE, BUS-OFF, STOPPED, SLEEPING. It
is DOWN where the interface is down and no controller state is printed. It is None where the text breaks off
before it. tx_errors and rx_errors are the controller's error counters (passive from 128), the others count
events since the interface came up. past_faults: restarts + error_warnings + error_passives + bus_offs;
counted: all counters and frame errors together. frames: received and sent; unsent: dropped before they were
sent. error_percent: errors on the bus or in frames, of all frames and those errors. complete: false for a
last interface whose text breaks off. None for what is not printed. modes: the controller's flags (LOOPBACK,
LISTEN-ONLY, FD, ...) in lower case as one line, "" for none. Virtual CAN (vcan, vxcan) has no controller and
is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from utils.errors import NotApplicable
from utils.judging.parsers._json import records
from utils.judging.parsers._text import percent, plain, refuse
from utils.model.results import Reading

_HEAD = re.compile(r"(?m)^[ \t]*\d+: ([^\s:@]+)(?:@[^\s:]+)?: <([A-Z0-9_,-]*)>(.*)$")
_STATE = re.compile(r"(?m)^[ \t]*can\b(?:\s+<[^>\n]*>)?\s+state\s+([A-Z][A-Z-]*)\b")
_MODES = re.compile(r"(?m)^[ \t]*can[ \t]+<([A-Z0-9,_-]{1,200})>")
_BERR = re.compile(r"\(berr-counter tx (\d+) rx (\d+)\)")
_COUNTERS = re.compile(
    r"re-started\s+bus-errors\s+arbit-lost\s+error-warn\s+error-pass\s+bus-off\s*\n((?:\s*\d+\b){6})"
)
_TRAFFIC = (
    r"(?m)^[ \t]*{0}:\s+bytes\s+packets\s+errors\b.*\n[ \t]*+\d++[ \t]++(\d++)"
    r"[ \t]++(\d++)(?:[ \t]++(\d+))?\b"
)
_NAMES = ("restarts", "bus_errors", "arbitration_lost", "error_warnings", "error_passives", "bus_offs")
_JSON_NAMES = ("restarts", "bus_error", "arbitration_lost", "error_warning", "error_passive", "bus_off")
_LINK_CAN = re.compile(r"link/(?:can\b|\[280\])")  # a number where ip was built without the name
_NO_CAN = re.compile(r"(?i)Device \"?can\w*\"? does not exist|Unknown device type|Cannot find device")
READS = (
    "count interfaces[name state link_up modes bitrate restart_ms tx_errors rx_errors restarts "
    "bus_errors arbitration_lost error_warnings error_passives bus_offs frame_errors frames unsent "
    "error_percent complete past_faults counted]"
)
NEVER_ZERO = "interfaces.bitrate"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    listed = records(text)
    if listed is not None and all("ifname" in item for item in listed):
        interfaces = [_from_json(item) for item in listed if _kind(item) == "can"]
    else:
        blocks = list(_blocks(text))
        stump = blocks.pop() if blocks and not re.search(r"link/\S+\s", blocks[-1][2]) else None
        interfaces = [_from_text(*block) for block in blocks if _is_can(block[2])]
        if stump:  # nothing but its first line came: it may be a CAN interface in any state
            interfaces.append({**_from_text(*stump), "state": None, "complete": False})
        elif interfaces and _cut_off(text, blocks[-1][2]):
            interfaces[-1]["complete"] = False
        _refuse_nothing(bool(blocks or stump), text, stdout, stderr, exit_status)
    if not interfaces:
        raise NotApplicable("There is no CAN interface.")
    return {"count": len(interfaces), "interfaces": interfaces}


def _refuse_nothing(linked: bool, text: str, stdout: str, stderr: str, exit_status: int | None) -> None:
    """Silence with exit status 0 means that there is none; everything else that holds no link is refused."""
    if linked or (not text.strip() and not stderr.strip() and exit_status == 0):
        return
    if _NO_CAN.search(stderr) or _NO_CAN.search(text):
        raise NotApplicable("There is no CAN interface.")
    raise refuse(stdout, stderr, exit_status)


def _cut_off(text: str, block: str) -> bool:
    """What ip always prints below the state (clock, with -statistics counters) is not whole."""
    if "re-started" in block:
        return not _COUNTERS.search(block)
    clock = re.search(r"\bclock \d+(\s)?", block)
    return bool(_STATE.search(block)) and not (clock and (clock.group(1) or text.endswith("\n")))


def _blocks(text: str) -> list[tuple[str, str, str]]:
    """(name, flags, the interface's whole text); -oneline's backslashes become line ends."""
    text = re.sub(r"\\[ \t]*", "\n    ", text)
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)][: len(heads)]
    return [
        (head.group(1), head.group(2), text[head.start() : end])
        for head, end in zip(heads, ends, strict=True)
    ]


def _is_can(block: str) -> bool:
    return bool(_LINK_CAN.search(block)) and not re.search(r"(?m)^[ \t]*v(?:x)?can\b", block)


def _from_text(name: str, flags: str, block: str) -> dict[str, Any]:
    up = "UP" in flags.split(",")
    state, berr, counters = _STATE.search(block), _BERR.search(block), _COUNTERS.search(block)
    bitrate, restart = re.search(r"\bbitrate (\d+)\b", block), re.search(r"\brestart-ms (\d+)\b", block)
    ways = [re.search(_TRAFFIC.format(way), block) for way in ("RX", "TX")]
    packets, errors, dropped = ([_group(way, number) for way in ways] for number in (1, 2, 3))
    values = [int(word) for word in counters.group(1).split()] if counters else [None] * len(_NAMES)
    return _interface(
        name,
        state.group(1) if state else (None if up else "DOWN"),
        up,
        {
            "bitrate": int(bitrate.group(1)) if bitrate else None,
            "restart_ms": int(restart.group(1)) if restart else None,
            "tx_errors": int(berr.group(1)) if berr else None,
            "rx_errors": int(berr.group(2)) if berr else None,
            **dict(zip(_NAMES, values, strict=True)),
            "frame_errors": _total(errors),
            "frames": _total(packets),
            "unsent": dropped[1],
        },
        modes.group(1).split(",") if (modes := _MODES.search(block)) else [],
    )


def _from_json(item: Mapping[str, Any]) -> dict[str, Any]:
    info = _mapping(item.get("linkinfo"))
    data, events = _mapping(info.get("info_data")), _mapping(info.get("info_xstats"))
    berr, timing = _mapping(data.get("berr_counter")), _mapping(data.get("bittiming"))
    flags, state = item.get("flags"), data.get("state")
    up = isinstance(flags, list) and "UP" in flags
    stats = _mapping(item.get("stats64") or item.get("stats"))
    rx, tx = _mapping(stats.get("rx")), _mapping(stats.get("tx"))
    return _interface(
        str(item["ifname"]),
        state if isinstance(state, str) else (None if up else "DOWN"),
        up,
        {
            "bitrate": _number(timing.get("bitrate")),
            "restart_ms": _number(data.get("restart_ms")),
            "tx_errors": _number(berr.get("tx")),
            "rx_errors": _number(berr.get("rx")),
            **{ours: _number(events.get(theirs)) for ours, theirs in zip(_NAMES, _JSON_NAMES, strict=True)},
            "frame_errors": _total([_number(way.get("errors")) for way in (rx, tx)]),
            "frames": _total([_number(way.get("packets")) for way in (rx, tx)]),
            "unsent": _number(tx.get("dropped")),
        },
        [str(mode) for mode in modes] if isinstance(modes := data.get("ctrlmode"), list) else [],
    )


def _interface(
    name: str, state: str | None, up: bool, values: dict[str, int | None], modes: list[str]
) -> dict[str, Any]:
    past = _total([values[key] for key in ("restarts", "error_warnings", "error_passives", "bus_offs")])
    wrong = max(values[key] or 0 for key in ("bus_errors", "frame_errors"))
    everything = [values[key] for key in (*_NAMES, "tx_errors", "rx_errors", "frame_errors")]
    return {
        "name": name,
        "state": state,
        "link_up": up,
        "modes": ", ".join(mode.lower() for mode in modes),
        **values,
        "error_percent": percent(wrong, wrong + values["frames"]) if values["frames"] is not None else None,
        "complete": True,
        "past_faults": past,
        "counted": _total(everything),
    }


def _kind(item: Mapping[str, Any]) -> str | None:
    kind = _mapping(item.get("linkinfo")).get("info_kind")
    if isinstance(kind, str):
        return kind
    return "can" if item.get("link_type") == "can" else None


def _group(found: re.Match[str] | None, number: int) -> int | None:
    return int(found[number]) if found and found[number] else None


def _total(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
