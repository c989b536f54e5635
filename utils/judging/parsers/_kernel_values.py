"""The values of a kernel message -> whether they tell of trouble where no word of it does. Pure.

A register reads back another value than was written; a link is below what it could be. Nothing turns or flows
where something should; an identity is all ones or zeros. Each kind is asked only of messages that hold
one of its words, for a log has twenty thousand lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_LOOKED_AT = 240  # characters of a message
_VALUE = r"(0x[0-9a-f]{1,16}|\d{1,10})(?![\w.-])"
_WROTE = r"\b(?:wrote|writ(?:e|es|ten|ing)|programmed|set to)\b[^0-9]{0,16}"
_WROTE_READ = re.compile(
    rf"{_WROTE}{_VALUE}.{{0,24}}?\b(?:reads?|read ?back|got|back|is still)\b[^0-9]{{0,12}}{_VALUE}"
)
_READ_WROTE = re.compile(rf"\bread(?:s|ing)?\b(?: ?back)?[^0-9]{{0,12}}{_VALUE}.{{0,24}}?{_WROTE}{_VALUE}")
_LANES = re.compile(r"\bx(\d{1,2})\b")
_RATES = re.compile(r"\bgen ?(\d)\b|\b(\d{1,3}(?:\.\d)?) ?gt/s")
_HELD_DOWN = re.compile(r"\bscontrol f?3?[12]0\b")
_WAS_NOW = (
    re.compile(r"\bwas\b\D{0,16}(\d{1,9}).{0,20}?\bnow\b\D{0,16}(\d{1,9})"),
    re.compile(
        r"\b(?:fell|dropped|reduced|lowered)\b.{0,20}?\bfrom\D{0,12}(\d{1,9}).{0,12}?\bto\D{0,12}(\d{1,9})"
    ),
)
_NOW_WAS = re.compile(r"\bnow\b\D{0,16}(\d{1,9}).{0,20}?\bwas\b\D{0,16}(\d{1,9})")
_NO_TURN = re.compile(r"(?<![\d.,])0(?:\.0{1,3})? ?rpm\b|\brpm\b[ :=]{1,3}0(?![\d.x])")
_NO_FLOW = re.compile(r"(?<![\d.,@x])0(?:\.0{1,3})? ?(?:[mu]?a|[mu]?v|mw|w|fps)\b")
_MEANT = re.compile(
    r"\b(?:stops?|below|min|minimum|idle|off|parked|range|max)\b|\b(?:pwm|duty|state|level)\W{0,3}0(?![\d.x])"
)
_UNEQUAL = re.compile(rf"{_VALUE} ?(?:!=|<>|, (?:want(?:s|ed)?|should be|instead of)) ?{_VALUE}")
_STAYS = re.compile(
    r"\bstays (?:at )?(?:0x[0-9a-f]{2,16}|0)\b|\bout of (?:table|bounds?|spec|window|reach|tolerance)\b"
)
_NONE_DONE = re.compile(
    r"(?<![\d.,x])0 (?:acknowledged|received|answered|delivered|completed|decoded|encoded)\b"
)
_NONE_OF = re.compile(r"(?<![\d.,])0 (?:of|out of) [1-9]\d{0,5}\b")
_ALL_ONES = re.compile(
    r"\b0x(?:ffff|f{8}|f{16})\b(?! ?-|-)"
    r"|\b(?:chip ?id|who_?am_?i|(?:device|phy|vendor) id|csts|stays|(?<!acpi_)id|reads)\b\W{0,4}0xff\b"
)
_ALL_ZEROS = re.compile(r"\b(?<!acpi_)ids?\b\W{0,4}0x0{2,16}\b|\bwho_?am_?i\b\D{0,8}0x0{1,4}\b")
_TOOK = re.compile(r"\btook (?:\d{7,12} ?[u\u00b5]s(?:ecs?)?|\d{4,9} ?ms(?:ecs?)?)\b")  # a second or more
_PAIR = re.compile(r"\bpair [a-d0-3]\b.{0,12}\b(?:open|short(?:ed)?)\b")  # of a network cable
_RANGE = re.compile(r"-\s?0xf{4,16}|\bmask\b|\[mem|\bmem 0x|\bdma\b|\bwindow\b|\baddress\b|\bbase\b")
_NONE_FOR_THIS = re.compile(r"\bno (?:[\w-]{1,20} ){1,3}(?:for|on) this\b")
_PART_MISSING = re.compile(
    r"\bno (?:[\w-]{1,20} ){0,2}?(?:phy|dram|oscillator|crystal|pmic|eeprom|nand|flash|emmc|init|root(?:fs)?"
    r"|console|codec|panel|modem|imu|sensor|camera|bootable \w{1,20})s?"
    r" (?:was |were |is )?(?:found|present|detected|fitted|connected|attached)\b"
)


def _differ(first: str, second: str) -> bool:
    return int(first, 16) != int(second, 16)


def _not_read_back(message: str) -> bool:
    found = _WROTE_READ.search(message) or _READ_WROTE.search(message)
    return found is not None and _differ(found[1], found[2])


def _slower_than_it_could(message: str) -> bool:
    """Two widths or rates of one link; which is the wish and which the fact does not matter."""
    if "available pcie bandwidth" in message:  # of a fast card in a slow slot: pcie-links judges that
        return False
    rates = {float(one or other) for one, other in _RATES.findall(message)}
    return len(set(_LANES.findall(message))) > 1 or len(rates) > 1 or _HELD_DOWN.search(message) is not None


def _fell(message: str) -> bool:
    before_after = [(int(a), int(b)) for pattern in _WAS_NOW for a, b in pattern.findall(message)]
    before_after += [(int(b), int(a)) for a, b in _NOW_WAS.findall(message)]
    return any(after < before for before, after in before_after)


def _stands_still(message: str) -> bool:
    return _NO_TURN.search(message) is not None and not _MEANT.search(message)


def _nothing_flows(message: str) -> bool:
    return " 0" in message and _NO_FLOW.search(message) is not None and not _MEANT.search(message)


def _none_of(message: str) -> bool:
    return "0 o" in message and _NONE_OF.search(message) is not None


def _stays(message: str) -> bool:
    return _STAYS.search(message) is not None


def _none_done(message: str) -> bool:
    return _NONE_DONE.search(message) is not None


def _unequal(message: str) -> bool:
    found = _UNEQUAL.search(message)
    return found is not None and _differ(found[1], found[2])


def _pair_broken(message: str) -> bool:
    return _PAIR.search(message) is not None


def _took_long(message: str) -> bool:
    return _TOOK.search(message) is not None


def _none_for_this(message: str) -> bool:
    return _NONE_FOR_THIS.search(message) is not None


def _part_missing(message: str) -> bool:
    return "no " in message and _PART_MISSING.search(message) is not None


def _nothing_there(message: str) -> bool:
    if not ("0xff" in message or "0x0" in message) or _RANGE.search(message):
        return False
    return _ALL_ONES.search(message) is not None or _ALL_ZEROS.search(message) is not None


_KINDS: tuple[tuple[frozenset[bytes], Callable[[str], bool]], ...] = tuple(
    (frozenset(words.encode().split()), kind)
    for words, kind in (
        ("wrote writes written writing programmed", _not_read_back),
        ("gen gt lane lanes width scontrol link", _slower_than_it_could),
        ("now fell dropped reduced lowered", _fell),
        ("rpm", _stands_still),
        (
            "charger charging charge input supply vbus vin rail encoder stream sensor capture reference",
            _nothing_flows,
        ),
        ("of", _none_of),
        ("stays out", _stays),
        ("acknowledged received answered delivered completed decoded encoded", _none_done),
        ("register reg readback value id want wants wanted", _unequal),
        ("this", _none_for_this),
        ("took", _took_long),
        ("pair", _pair_broken),
        ("found present detected fitted connected attached", _part_missing),
        (
            "id ids whoami who csts status register reg reads read returns returned result chip value",
            _nothing_there,
        ),
    )
)
_GATE = frozenset[bytes]().union(*(words for words, _ in _KINDS))


def values_tell_of_trouble(words: Sequence[bytes], message: str) -> bool:
    """Whether the numbers of a message tell of a fault. words: of the message, in lower case, of letters."""
    if _GATE.isdisjoint(words):
        return False
    present, text = _GATE.intersection(words), message[:_LOOKED_AT].lower()
    return any(not gate.isdisjoint(present) and kind(text) for gate, kind in _KINDS)
