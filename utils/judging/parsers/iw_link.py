"""iw dev DEVICE link -> {connected, ad_hoc, interface, ssid, bssid, frequency_mhz, signal_dbm, rx_mbps,
tx_mbps}.

"Not connected." is a reading with connected false. ad_hoc: it has joined a cell without an access point
("Joined IBSS"), which has no single signal. signal_dbm is None where the driver reports none (nothing, or
what no receiver sees: 0 and above, -120 and below). A Wi-Fi device that does not exist is a skip.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_CONNECTED = re.compile(r"(?mi)^(Connected to|Joined IBSS) ([0-9a-f]{2}(?::[0-9a-f]{2}){5}) \(on (\S+)\)")
_WEAKEST_DBM = -120  # below the noise of any receiver: a driver's word for "unknown"
_ABSENT = re.compile(r"(?mi)No such device|^nl80211 not found|^(?:device|interface) .*does not exist")
_BITRATE = r"(\d+(?:\.\d+)?) MBit/s"
READS = "connected ad_hoc interface ssid bssid frequency_mhz signal_dbm rx_mbps tx_mbps"
NEVER_ZERO = "signal_dbm"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    match = _CONNECTED.search(text)
    if match:
        return {
            **_reading(text[match.end() :], match.group(2).lower(), match.group(3)),
            "ad_hoc": match.group(1).startswith("Joined"),
        }
    if re.search(r"(?m)^[ \t]*Not connected\.[ \t]*$", text):
        return _reading("", None, None)
    if _ABSENT.search(stderr) or _ABSENT.search(text):
        raise NotApplicable("There is no Wi-Fi interface.")
    raise refuse(stdout, stderr, exit_status)


def _reading(text: str, bssid: str | None, interface: str | None) -> Reading:
    signal = _number(text, "signal", r"(-?\d+)(?: \[[^\]]*\])? dBm\b")
    return {
        "connected": bssid is not None,
        "ad_hoc": False,
        "interface": interface,
        "ssid": _value(text, "SSID", r"(.*\S)"),
        "bssid": bssid,
        "frequency_mhz": _number(text, "freq", r"(\d+(?:\.\d+)?)\b"),
        "signal_dbm": int(signal) if signal is not None and _WEAKEST_DBM <= signal < 0 else None,
        "rx_mbps": _number(text, "rx bitrate", _BITRATE),
        "tx_mbps": _number(text, "tx bitrate", _BITRATE),
    }


def _value(text: str, key: str, pattern: str) -> str | None:
    match = re.search(rf"(?m)^[ \t]*{key}:[ \t]*{pattern}", text)
    return match.group(1) if match else None


def _number(text: str, key: str, pattern: str) -> float | None:
    value = _value(text, key, pattern)
    return float(value) if value else None
