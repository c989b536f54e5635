"""Two looks at each network card's error counters, 2 s apart -> {seconds, interfaces[], vanished[]}.

Lines `card NAME wired|wireless`, `stat NAME COUNTER VALUE` (sysfs) and `nic NAME COUNTER: VALUE` (the lines
of `ethtool -S` that speak of errors). interfaces[]: {interface, wireless, grown (the largest growth of one
counter), per_second, growing (the counters that grew, with their growth), errors (the largest one since
boot), largest (its name), nic_counters (how many of them are the card's own)}. The same event is counted by
several counters, so they are never added up. vanished: cards that only the first look saw.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.judging.parsers._looks import growth, two_looks
from utils.model.results import Reading

_CARD = re.compile(r"^card (\S{1,64}) (wired|wireless)$")
_STAT = re.compile(r"^stat (\S{1,64}) (\w{1,64}) (\d{1,20})$")
_NIC = re.compile(r"^nic (\S{1,64}) (\S(?:[^:\n]{0,100}[^:\s])?): (\d{1,20})$")
# "interrupts" and "fec_corrected_errors" hold the word, and are no errors.
_ERROR = re.compile(
    r"(?i)crc|fcs|symbol|align|jabber|carrier|collision|(?<![a-z])err(?:or)?s?(?![a-z])|(?<![a-z])missed"
)
_HARMLESS = re.compile(r"(?i)no_?err|(?<!un)(?<!in)correct(?:ed|able)?|interrupt")
READS = "seconds interfaces[interface wireless grown per_second growing errors largest nic_counters] vanished"

_Counters = dict[tuple[str, str, str], int]


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    looks = two_looks(between(stdout, stderr, exit_status, of="network error growth"))
    (cards, before), (still, after) = _look(looks.first), _look(looks.second)
    if not cards and not still:
        raise Undecided("No look saw a network card.", Cause.NOT_SAID)
    return {
        "seconds": looks.seconds,
        "interfaces": [
            _interface(name, cards[name], before, after, looks.seconds) for name in cards if name in still
        ],
        "vanished": [name for name in cards if name not in still],
    }


def _look(lines: Iterable[str]) -> tuple[dict[str, bool], _Counters]:
    cards: dict[str, bool] = {}
    counters: _Counters = {}
    for line in lines:
        if card := _CARD.match(line):
            cards[card[1]] = card[2] == "wireless"
        elif (stat := _STAT.match(line)) and stat[1] in cards:
            counters[stat[1], "stat", stat[2]] = int(stat[3])
        elif (nic := _NIC.match(line)) and nic[1] in cards:
            if _ERROR.search(nic[2]) and not _HARMLESS.search(nic[2]):
                counters[nic[1], "nic", nic[2]] = int(nic[3])
        elif not line.startswith("nic "):
            raise unread(line)
    if missing := [name for name in cards if not any(key[0] == name for key in counters)]:
        raise Undecided(f"The output is cut off: there is no counter of {missing[0]}.", Cause.CUT_OFF)
    return cards, counters


def _interface(
    name: str, wireless: bool, before: _Counters, after: _Counters, seconds: float
) -> dict[str, Any]:
    own = {key: value for key, value in after.items() if key[0] == name and key in before}
    if not own:
        raise Undecided(f"The output is cut off: the looks share no counter of {name}.", Cause.CUT_OFF)
    grown = {key: growth(before[key], value) for key, value in own.items()}
    most, largest = max(grown.values()), max(own, key=lambda key: own[key])
    growing = [f"{key[2]} +{more}" for key, more in grown.items() if more]
    return {
        "interface": name,
        "wireless": wireless,
        "grown": most,
        "per_second": round(most / seconds, 1),
        "growing": ", ".join(growing) or "none",
        "errors": own[largest],
        "largest": largest[2],
        "nic_counters": sum(key[1] == "nic" for key in own),
    }
