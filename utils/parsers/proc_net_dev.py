"""/proc/net/dev -> {interfaces: [{name, wireless, rx_packets, tx_packets, packets, rx_errors, rx_dropped,
tx_errors, tx_dropped, fifo, frame, carrier, error_percent, drop_percent}]}.

Counts since the interface was created. error_percent and drop_percent are of both directions' packets
together with the lost ones. Loopback is left out; so are rows that were cut off.
"""

from __future__ import annotations

import re
from typing import Any

from utils.parsers._text import percent, plain, refuse
from utils.result import Reading

_HEAD = re.compile(r"(?m)^\s*face\s*\|\s*bytes\s+packets\s+errs\s+drop\s+fifo\s+frame\b")
_ROW = re.compile(r"(?m)^\s*([^\s:|]+(?::\d+)?):\s*((?:\d+\s+){15}\d+)[ \t]*$")


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    rows = _ROW.findall(text)
    if not _HEAD.search(text) or not rows:
        raise refuse(stdout, stderr, exit_status)
    return {"interfaces": [_interface(name, values) for name, values in rows if name != "lo"]}


def _interface(name: str, values: str) -> dict[str, Any]:
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
        _,
        carrier,
        _,
    ) = (int(value) for value in values.split())
    errors, dropped = rx_errors + tx_errors, rx_dropped + tx_dropped
    return {
        "name": name,
        "wireless": re.match(r"wl(?:an|[opsx])", name) is not None,
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
        "error_percent": percent(errors, rx + tx + errors),
        "drop_percent": percent(dropped, rx + tx + dropped),
    }
