"""Kernel log -> {kernel_lines, lines, uptime_s, events[{kind, severity, count, first_line, last_line}]}.

kind: oom-kill under-voltage over-current-alarm ext4-error remounted-read-only mmc-error nvme-error io-error
usb-enumeration usb-over-current pcie-aer-corrected pcie-aer-uncorrected pcie-aer-fatal gpu-fault
camera-timeout can-bus-off link-down thermal-throttle thermal-critical kernel-oops soft-lockup hung-task
i2c-error. severity: fail, warn or info. uptime_s: seconds since boot of the newest line, None where the log
does not say. first_line, last_line: as printed. Events stand worst first. Only the kernel's own messages
are judged; of what programs log beside it only the camera service's time-outs count. Silence is only a
reading where the text is such a log.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from utils.errors import Undecided
from utils.guard import LOG
from utils.parsers._kernel_lines import KERNEL, Line, read
from utils.parsers._kernel_rules import BENIGN, FAIL, INFO, WARN
from utils.parsers._kernel_signature import ARGUS, LINK, RESET, capped_clock, link_state, rule_of
from utils.parsers._text import refuse
from utils.result import Reading

_RANK = {FAIL: 0, WARN: 1, INFO: 2}
_BOOT_S = 120  # a link that drops once while the board boots is the driver starting it
_RESETS = 3  # so many resets of one USB device are a fault by themselves
BOUNDS = LOG
_EMPTY = re.compile(r"(?m)^[ \t]*-- No entries --\s*$")


@dataclass(frozen=True, slots=True)
class _Hit:
    kind: str
    severity: str
    line: Line
    opens: bool = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    log = read(stdout)
    kernel = [line for line in log.kernel if line.message]
    hits = [hit for line in kernel if (hit := _by_rule(line)) is not None]
    hits += _capped_clocks(kernel)
    hits += _link_drops(kernel)
    hits += _resets(kernel, {hit.kind for hit in hits})
    hits += [_Hit("camera-timeout", FAIL, line) for line in log.lines if ARGUS.search(line.raw)]
    silent = all(hit.severity == INFO for hit in hits)
    if silent and (not kernel or not log.is_log):
        if _EMPTY.search(stdout):
            raise Undecided("The journal holds no entries for this: nothing was checked.")
        raise refuse(stdout, stderr, exit_status)
    if silent and _is_half_a_line(stdout, kernel):
        raise Undecided("The log is a single line that breaks off: nothing was checked.")
    seconds = [line.seconds for line in kernel if line.seconds is not None]
    return {
        "kernel_lines": sum(1 for line in kernel if line.origin == KERNEL) or len(kernel),
        "lines": len(log.lines),
        "uptime_s": max(seconds, default=None),
        "events": sorted(_events(hits), key=lambda event: _RANK[str(event["severity"])]),
    }


def _is_half_a_line(text: str, kernel: list[Line]) -> bool:
    """One line without an end that is not known to be harmless as it stands."""
    known = [line for line in kernel if line.origin == KERNEL] or kernel  # not what was pasted beside them
    message = known[0].message
    whole = len(known) > 1 or text.endswith(("\n", "}")) or BENIGN.search(message) or LINK.search(message)
    return not whole


def _by_rule(line: Line) -> _Hit | None:
    rule = rule_of(line.message)
    return _Hit(rule.kind, rule.severity, line, rule.opens) if rule else None


def _events(hits: Iterable[_Hit]) -> Iterator[dict[str, str | int]]:
    kinds: dict[str, list[_Hit]] = defaultdict(list)
    for hit in hits:
        kinds[hit.kind].append(hit)
    for kind, found in kinds.items():
        opening = [hit for hit in found if hit.opens] or found
        yield {
            "kind": kind,
            "severity": min((hit.severity for hit in found), key=_RANK.__getitem__),
            "count": len(opening),
            "first_line": found[0].line.raw[:300],
            "last_line": found[-1].line.raw[:300],
        }


def _capped_clocks(lines: Iterable[Line]) -> Iterator[_Hit]:
    """The clock read back is far below the one set: firmware caps it (an over-current event is latched)."""
    for line in lines:
        if severity := capped_clock(line.message):
            yield _Hit("over-current-alarm", severity, line)


def _link_drops(lines: Iterable[Line]) -> Iterator[_Hit]:
    """A link that went down more than once, or that was up and stays down; not the one drop of a boot."""
    changes: dict[str, list[tuple[str, Line]]] = defaultdict(list)
    for line in lines:
        name, state = link_state(line.message)
        if state:
            changes[name].append((state, line))
    for states in changes.values():
        downs = [line for state, line in states if state == "down"]
        was_up = states[0][0] == "up"
        if len(downs) >= 2:
            yield from (_Hit("link-down", WARN, line) for line in downs)
        elif downs and was_up and states[-1][0] == "down":
            yield _Hit("link-down", WARN, downs[0])
        elif downs and (downs[0].seconds or 0) > _BOOT_S:
            yield _Hit("link-down", INFO, downs[0])


def _resets(lines: Iterable[Line], kinds: set[str]) -> Iterator[_Hit]:
    """USB resets count when one device has many, or when the supply alarms beside them."""
    devices: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        match = RESET.search(line.message)
        if match:
            devices[match[1]].append(line)
    weak_supply = kinds & {"under-voltage", "over-current-alarm", "usb-over-current"}
    for resets in devices.values():
        if weak_supply or len(resets) >= _RESETS:
            yield from (_Hit("usb-enumeration", WARN, line) for line in resets)
