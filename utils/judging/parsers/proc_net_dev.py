"""/proc/net/dev -> {interfaces: [{name, wireless, rx_packets, tx_packets, packets, rx_errors, rx_dropped,
tx_errors, tx_dropped, fifo, frame, carrier, collisions, rx_error_percent, tx_error_percent, rx_drop_percent,
tx_drop_percent, frame_permille, fifo_permille, carrier_permille, collision_percent, error_percent,
drop_percent}]}.

Counts since the interface was created; shares are of all frames of that direction, the lost ones with
them. frame: CRC and alignment errors received; fifo: lost in a queue; carrier: no carrier while sending.
error_percent and drop_percent: the worse of both directions. Loopback is left out; a last row that was
cut off makes the text undecided. rows() -> {interface: its 16 numbers}, for who reads the table repeatedly.
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import percent, plain, refuse
from utils.model.results import Reading

_HEAD = re.compile(
    r"(?m)^[ \t]*face[ \t]*\|[ \t]*bytes[ \t]+packets[ \t]+errs[ \t]+drop[ \t]+fifo[ \t]+frame\b"
)
_ROW = re.compile(r"(?m)^[ \t]*+([^\s:|]++(?::\d+)?):[ \t]*+((?:\d{1,20}+[ \t]++){15}\d{1,20}+)[ \t]*$")
READS = (
    "interfaces[name wireless rx_packets tx_packets packets rx_errors rx_dropped tx_errors tx_dropped "
    "fifo frame carrier collisions rx_error_percent tx_error_percent rx_drop_percent tx_drop_percent "
    "frame_permille fifo_permille carrier_permille collision_percent error_percent drop_percent]"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    if not _HEAD.search(text) or not _ROW.search(text):
        raise refuse(stdout, stderr, exit_status)
    last = text.rstrip().splitlines()[-1]
    if ":" in last and not _ROW.fullmatch(last):
        raise Undecided(f"The table is cut off; it ends: {last.strip()[:120]}", Cause.CUT_OFF)
    return {"interfaces": [_interface(name, values) for name, values in rows(text).items()]}


def rows(text: str) -> dict[str, list[int]]:
    """Read the numbers of each interface but the loopback, as the kernel orders them: 8 received, 8 sent."""
    return {name: [int(n) for n in values.split()] for name, values in _ROW.findall(text) if name != "lo"}


def _interface(name: str, values: list[int]) -> dict[str, Any]:
    (
        _,
        rx,
        rx_errors,
        rx_dropped,
        rx_fifo,
        frame,
        _,
        _,
        _,
        tx,
        tx_errors,
        tx_dropped,
        tx_fifo,
        collisions,
        carrier,
        _,
    ) = values
    came, went = rx + rx_errors + rx_dropped, tx + tx_errors + tx_dropped
    return {
        "name": name,
        "wireless": re.match(r"wl(?:an|[opsx]|P\d)", name) is not None,
        "rx_packets": rx,
        "tx_packets": tx,
        "packets": rx + tx,
        "rx_errors": rx_errors,
        "rx_dropped": rx_dropped,
        "tx_errors": tx_errors,
        "tx_dropped": tx_dropped,
        "fifo": rx_fifo + tx_fifo,
        "frame": frame,
        "carrier": carrier,
        "collisions": collisions,
        "rx_error_percent": percent(rx_errors, came),
        "tx_error_percent": percent(tx_errors, went),
        "rx_drop_percent": percent(rx_dropped, came),
        "tx_drop_percent": percent(tx_dropped, went),
        "frame_permille": _permille(frame, came),
        "fifo_permille": _worst(_permille(rx_fifo, came), _permille(tx_fifo, went)),
        "carrier_permille": _permille(carrier, went),
        "collision_percent": percent(collisions, went),
        "error_percent": _worst(percent(rx_errors, came), percent(tx_errors, went)),
        "drop_percent": _worst(percent(rx_dropped, came), percent(tx_dropped, went)),
    }


def _permille(part: int, whole: int) -> float | None:
    """part of whole in tenths of a percent, two decimals; None when whole is 0."""
    return round(1000 * part / whole, 2) if whole else None


def _worst(left: float | None, right: float | None) -> float | None:
    return max((value for value in (left, right) if value is not None), default=None)
