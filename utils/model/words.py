"""The product's words for verdicts, and for what kept a check-up from its end. Page, report and command line
take them from here. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from utils.model.results import Verdict


@dataclass(frozen=True, slots=True)
class Wording:
    """icon: name in _icons.svg; word: on a badge; one, many: after a number ("2 faults"); chip: filter's."""

    icon: str
    word: str
    one: str
    many: str
    chip: str = ""


VERDICTS: Mapping[Verdict, Wording] = {
    Verdict.FAIL: Wording("fail", "Fault", "fault", "faults", "Faults"),
    Verdict.WARN: Wording("warn", "Warning", "warning", "warnings", "Warnings"),
    Verdict.UNKNOWN: Wording("unknown", "Not checked", "not checked", "not checked", "Not checked"),
    Verdict.PASS: Wording("pass", "OK", "OK", "OK", "OK"),
    Verdict.INFO: Wording("info", "Info", "info", "info", "Info"),
    Verdict.SKIP: Wording("skip", "Not applicable", "not applicable", "not applicable", "Not applicable"),
}

CAUSES: Mapping[str, str] = {
    "cancelled": "it was cancelled",
    "link-lost": "the link was lost",
    "outcome-unknown": "the link was lost",
    "unreachable": "no board answers",
    "not-responding": "the board is silent",
    "not-ssh": "the board sends no SSH greeting",
    "incompatible": "laptop and board share no SSH algorithm",
    "no-credentials": "no login is set",
    "auth-failed": "the board refused the login",
    "login-question": "the board asks a question first",
    "login-timeout": "the login did not finish",
    "password-expired": "the password has expired",
    "booting": "the board is still starting",
    "host-key-unknown": "the board is not trusted yet",
    "host-key-changed": "the host key of the board changed",
    "device-changed": "another board was plugged in",
    "channel-refused": "the board takes no more sessions",
    "shell-unusable": "the shell of the board runs no commands",
    "target-ambiguous": "two boards could be meant",
    "busy": "the program was busy",
}
"""By error code: why a diagnostic was never answered, as the end of a sentence."""

PROGRAM_ENDED = "the program ended"
"""Why there is not even an error: the same for a check-up whose program was killed."""


BECAUSE: Mapping[str, str] = {
    "limit": "the limit changed, not the board",
    "rule": "this program judges it otherwise now",
}
"""Why a verdict is another one although the board is the same."""


LEFT_OUT = "Not in it, or not whole"
"""What stands before each thing that a bundle lacks."""

NORMAL = "Normal for this board"
"""What a person calls the unknown messages that a board always prints."""

SPEAKS_UP = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)
"""Verdicts that need somebody."""

EXIT_STATUS: Mapping[Verdict, int] = {
    Verdict.PASS: 0,
    Verdict.INFO: 0,
    Verdict.SKIP: 0,
    Verdict.WARN: 1,
    Verdict.FAIL: 2,
    Verdict.UNKNOWN: 3,
}
"""The convention of Nagios plugins."""

MEANS: Mapping[Verdict, str] = {
    Verdict.FAIL: "A limit is broken or something does not work. The next step repairs it.",
    Verdict.WARN: "It works, and it is close to a limit or unusual. Look at it before it fails.",
    Verdict.UNKNOWN: "The check could not be made or did not decide. It says nothing about the board.",
    Verdict.PASS: "The check was made on real data and found nothing wrong.",
    Verdict.INFO: "A fact about the board, without a judgement.",
    Verdict.SKIP: "The board does not have what the check looks at or looks with.",
}
"""What each verdict means, for somebody who sees a report for the first time."""


def count_words(counts: Mapping[str, int], *, partly: int = 0) -> str:
    """ "2 faults, 3 warnings, 51 OK (1 partly checked), 4 not applicable"; "" of none. partly: of those that
    are OK, how many have checks that could not be made."""
    parts = []
    for verdict, words in VERDICTS.items():
        if count := counts.get(verdict.value, 0):
            part = f"{count} {words.one if count == 1 else words.many}"
            parts.append(f"{part} ({partly} partly checked)" if partly and verdict is Verdict.PASS else part)
    return ", ".join(parts)


def number(count: int, one: str, many: str = "") -> str:
    """ "1 fault", "3 faults"."""
    return f"{count} {one if count == 1 else many or one + 's'}"


# Endings of reading keys that are units; the longest that fits counts.
UNITS: Mapping[str, str] = {
    "_kb": "kB", "_mb": "MB", "_gb": "GB", "_kib": "KiB", "_mib": "MiB", "_gib": "GiB", "_bytes": "bytes",
    "_percent": "%", "_celsius": "°C", "_mhz": "MHz", "_khz": "kHz", "_hz": "Hz", "_mw": "mW", "_ma": "mA",
    "_mv": "mV", "_w": "W", "_v": "V", "_dbm": "dBm", "_db": "dB", "_mbps": "Mbit/s", "_bps": "bit/s",
    "_ms": "ms", "_us": "µs", "_s": "s", "_seconds": "s", "_minutes": "min", "_hours": "h", "_days": "days",
    "_rpm": "rpm", "_ppm": "ppm", "_gts": "GT/s",
    "_millivolts": "mV", "_milliamps": "mA", "_milliwatts": "mW",
}  # fmt: skip
QUANTITIES: Mapping[str, str] = {
    "°C": "temperature", "%": "share", "rpm": "speed", "s": "time", "ms": "time", "µs": "time",
    "Hz": "frequency", "kHz": "frequency", "MHz": "frequency", "V": "voltage", "mV": "voltage",
    "mA": "current", "W": "power", "mW": "power", "kB": "size", "MB": "size", "GB": "size",
}  # fmt: skip
"""By unit: what a key that is a unit alone is called."""
LARGER: Mapping[str, tuple[int, str, int]] = {
    "mV": (1000, "V", 2), "mA": (1000, "A", 2), "mW": (1000, "W", 2), "Mbit/s": (1000, "Gbit/s", 0),
    "bit/s": (1000, "kbit/s", 0), "kbit/s": (1000, "Mbit/s", 0), "kB": (1024, "MB", 0), "MB": (1024, "GB", 0),
}  # fmt: skip
"""By unit: from which number on a technician says which other one, and its fewest decimals. The kernel's kB
has 1024 bytes."""
_SIZES = ("kB", "MB", "GB")
_LONG_S = 120
"""From so many seconds on a time is told in days, hours and minutes."""
_LONGER = ((86400, "d"), (3600, "h"), (60, "min"))
_MOMENTS = {"epoch_s", "now_s"}
"""Readings that are no stretch of time."""
ACRONYMS: Mapping[str, str] = {
    word.lower(): word
    for word in (
        "CPU", "CPUs", "GPU", "RAM", "IO", "ID", "UUID", "MAC", "IP", "USB", "PCIe", "NVMe", "eMMC", "CAN",
        "I2C", "UART", "SIM", "IMEI", "RTC", "NTP", "L4T", "SSH", "PID", "EOL", "MTU", "RX", "TX", "SSID",
        "BSSID", "OOM", "UTC", "DNS", "SMART", "PMIC", "EMC", "FPS", "CRC", "URL", "RSRP", "RSRQ", "SNR",
        "OC1", "OC2", "OC3", "ECC", "AER", "DMA", "PSI", "inode", "lfb",
    )
}  # fmt: skip


_LEAVES = (str, int, float, type(None))


def with_unit(value: float, unit: str, *, rounded: bool = False) -> str:
    """The number as a technician says it: "4.90 V" of 4900 mV, "10 Gbit/s" of 10000 Mbit/s, "2 h" of 7200 s.

    All digits stay, of a size five: a value that broke a limit never reads as if it kept it. rounded: a size
    to three, a time to its two largest parts. static/checkup/measure.js does the same for the page's tables.
    """
    if unit == "s" and _LONG_S <= abs(value) < math.inf:
        return ("-" if value < 0 else "") + _duration(abs(value), rounded=rounded)
    decimals = 0
    while unit in LARGER and abs(value) >= LARGER[unit][0]:
        step, unit, decimals = LARGER[unit]
        value = value / step
    digits = 10 if unit not in _SIZES or abs(value) >= 1000 else 3 if rounded else 5
    text = str(value) if isinstance(value, int) else f"{value or 0.0:.{digits}g}"  # -0.0 is 0
    if "e" not in text and "n" not in text:  # neither inf nor nan
        text += "." * (decimals > 0 and "." not in text)
        text += "0" * (decimals - len(text.partition(".")[2]))
    return f"{text} {unit}".rstrip()


def span(seconds: float) -> str:
    """ "32 s", "1 min 5 s", "2 h": to the second."""
    return _duration(round(seconds), rounded=False) or "0 s"


def _duration(seconds: float, *, rounded: bool) -> str:
    """ "2 h 5 min"; rounded: its two largest parts, without parts of a second."""
    seconds, parts = round(seconds) if rounded else seconds, []
    for size, unit in _LONGER:
        count, seconds = divmod(seconds, size)
        parts += [f"{count:.0f} {unit}"] if count else []
    parts += [f"{seconds:.10g} s"] if seconds else []
    return " ".join(parts[:2] if rounded else parts)


@lru_cache(maxsize=2048)  # each result names its values, and readings have few names
def value_label(key: str) -> tuple[str, str]:
    """(label, unit) of a reading's key: "available_percent" -> ("Available", "%")."""
    fits = [ending for ending in UNITS if f"_{key}".endswith(ending)]
    ending = max(fits, key=len, default="")
    stem = key.removesuffix(ending) if f"_{key}" != ending else QUANTITIES.get(UNITS[ending], key)
    words = [ACRONYMS.get(word, word) for word in stem.split("_") if word]
    label = " ".join(words)
    return (label[:1].upper() + label[1:] if words and words[0] not in ACRONYMS.values() else label), (
        "s since 1970" if key in _MOMENTS else UNITS[ending] if ending else ""
    )


def value_labels(reading: Any) -> dict[str, tuple[str, str]]:
    """(label, unit) of every key in a reading, however deep."""
    found: set[str] = set()
    _find_keys(reading, found)
    return {key: value_label(key) for key in sorted(found)}


def _find_keys(value: Any, found: set[str]) -> None:
    if isinstance(value, Mapping):
        found.update(value)
        value = value.values()
    elif not isinstance(value, list):
        return
    for inner in value:
        if not isinstance(inner, _LEAVES):
            _find_keys(inner, found)
