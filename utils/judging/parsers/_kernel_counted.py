"""Kernel messages that mean something only together: links that drop, devices that come and go, clocks.

counted(lines, kinds) -> (signature's id, severity, line) of each line that counts
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from utils.judging.parsers._kernel_lines import KernelLine

Counted = tuple[str, str, KernelLine]

LINK = re.compile(
    r"(?i)^(?P<name>(?!ata\d|pci)[a-z].{0,80}?)[:\s]\s?(?:NIC )?(?:Copper |Fib(?:er|re) )?"
    r"(?:link (?:is |became |status definitely )?(?P<state>up|down)|link status is: (?P<flag>[01])"
    r"|carrier (?P<carrier>on|off|lost)|link change old \d{1,9} new (?P<speed>\d{1,9}))\b"
)
LINK_UP = re.compile(r"(?i)up|on|[1-9]\d*")
NO_LINK = re.compile(r"(?i)\bpcie?\b|phy link|slot\(|\bata\d|\bdp\b|display|hdmi|\bdrm\b")
RESET = re.compile(r"\busb (\S{1,40}): reset \S{1,20} USB device")
_DISCONNECT = re.compile(r"\busb (\S{1,40}): USB disconnect")
_CLOCK = re.compile(r"\bcpufreq: cpu\d{1,3},\s?cur:(\d{1,9}),\s?set:(\d{1,9}),")  # L4T adds "delta:"
_ARGUS = re.compile(r"\bnvargus-daemon\[\d{1,9}\]: .{0,300}(?:Error Timeout|[Tt]imed out|TIMEOUT)")
_CARD = re.compile(r"^(mmc\d{1,2}): new ")
_FIRMWARE = re.compile(r"^((?:tegra-xusb|xhci-tegra) \S{1,30}): Firmware timestamp: ")

_BOOT_S = 120  # a link that drops once while the board boots is the driver starting it
_AT_ONCE_S = 0.1  # two drivers that tell of the same drop
_RESETS = 3  # so many resets of one USB device are a fault by themselves
_DROPS, _DROPS_S = 3, 600  # so many disconnects of one port within this time
_CLOCKS = 2  # one reading may have been taken while the clock was changing; our own reading provokes it


def ARGUS(raw: str) -> bool:
    """Whether a line of the camera service tells of a time-out."""
    return "nvargus" in raw and _ARGUS.search(raw[:600]) is not None


def counted(lines: Sequence[KernelLine], kinds: set[str]) -> Iterator[Counted]:
    """kinds: of the events that the log has anyhow."""
    yield from _capped_clocks(lines)
    yield from _link_drops(lines)
    yield from _resets(lines, kinds)
    yield from _disconnects(lines)


def settled(lines: Iterable[KernelLine]) -> set[str]:
    """What came up after all: card slots ("mmc0"), USB controllers that got their firmware."""
    ends = [line.message for line in lines if ": new " in line.message or "timestamp" in line.message]
    found = (_CARD.match(message) or _FIRMWARE.match(message) for message in ends)
    return {match[1] for match in found if match}


def capped_clock(message: str) -> str:
    """Severity of a clock that runs far below the one set; "" for any other."""
    match = _CLOCK.search(message) if "cpufreq" in message else None
    if not match or not int(match[2]) or int(match[1]) >= int(match[2]):
        return ""
    short = 1 - int(match[1]) / int(match[2])
    return "fail" if short > 0.3 else "warn" if short > 0.1 else ""


def _capped_clocks(lines: Iterable[KernelLine]) -> Iterator[Counted]:
    """The clock read back is far below the one set, more than once: firmware caps it."""
    capped = [(severity, line) for line in lines if (severity := capped_clock(line.message))]
    for severity, line in capped:
        yield "clock-held-down", severity if len(capped) >= _CLOCKS else "info", line


def link_state(message: str) -> tuple[str, str]:
    """Which network link went "up" or "down"; ("", "") if the message tells of none."""
    low = message.lower()
    if "link" not in low and "carrier" not in low:
        return "", ""
    match = LINK.search(message[:300])
    if not match or NO_LINK.search(message[:300]):
        return "", ""
    state = next(group for group in match.group("state", "flag", "carrier", "speed") if group)
    return match["name"], "up" if LINK_UP.fullmatch(state) else "down"


def _link_drops(lines: Iterable[KernelLine]) -> Iterator[Counted]:
    """A link that went down more than once, or that was up and stays down.

    The one drop of a boot does not count.
    """
    changes: dict[str, list[tuple[str, KernelLine]]] = defaultdict(list)
    for line in lines:
        name, state = link_state(line.message)
        if state and not _told_twice(changes[name], state, line):
            changes[name].append((state, line))
    for states in changes.values():
        downs = [line for state, line in states if state == "down"]
        if len(downs) >= 2:
            yield from (("link-down", "warn", line) for line in downs)
        elif downs and states[0][0] == "up" and states[-1][0] == "down":
            yield "link-down", "warn", downs[0]
        elif downs and (downs[0].seconds or 0) > _BOOT_S:
            yield "link-down", "info", downs[0]


def _told_twice(before: list[tuple[str, KernelLine]], state: str, line: KernelLine) -> bool:
    if not before or before[-1][0] != state:
        return False
    last = before[-1][1].seconds
    return last is not None and line.seconds is not None and line.seconds - last < _AT_ONCE_S


def _resets(lines: Iterable[KernelLine], kinds: set[str]) -> Iterator[Counted]:
    """USB resets count when one device has many, or when the supply alarms beside them."""
    weak_supply = kinds & {"under-voltage", "over-current-alarm", "usb-over-current"}
    for resets in _by_port(lines, RESET, "reset").values():
        if weak_supply or len(resets) >= _RESETS:
            yield from (("usb-resets", "warn", line) for line in resets)


def _disconnects(lines: Iterable[KernelLine]) -> Iterator[Counted]:
    """The same port lost its device several times within minutes."""
    for drops in _by_port(lines, _DISCONNECT, "disconnect").values():
        if any(_within(first, last) for first, last in zip(drops, drops[_DROPS - 1 :], strict=False)):
            yield from (("usb-drops-off", "warn", line) for line in drops)


def _within(first: KernelLine, last: KernelLine) -> bool:
    return first.seconds is None or last.seconds is None or last.seconds - first.seconds <= _DROPS_S


def _by_port(lines: Iterable[KernelLine], pattern: re.Pattern[str], word: str) -> dict[str, list[KernelLine]]:
    found: dict[str, list[KernelLine]] = defaultdict(list)
    for line in lines:
        match = pattern.search(line.message[:300]) if word in line.message else None
        if match:
            found[match[1]].append(line)
    return found
