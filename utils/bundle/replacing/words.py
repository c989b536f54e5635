"""How a value ends, and which words are too common to mean a person, a board or a secret. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter

_MOST = 400
"""Characters that one value may have."""
_NEXT_KEY = re.compile(
    rb"[ \t,;&]+[\"']?[A-Za-z_][\w.-]{0,40}[\"']?[ \t]{0,2}[=:]|[ \t]{2}|[ \t]--?[a-z]|[\r\n]"
)
_ENDS = re.compile(rb"[\s,;&|<>\]})]")
COMMON = frozenset((
    "admin", "administrator", "anonymous", "daemon", "default", "demo", "generic", "guest", "host",
    "hostname", "jetson", "linux", "localhost", "module", "name", "nobody", "none", "null", "nvidia",
    "operator", "orin", "pi", "raspberrypi", "root", "sensor", "service", "system", "tegra",
    "tegra-ubuntu", "test", "tester", "ubuntu", "unknown", "user", "v3", "xavier", "yes", "no", "true",
    "false", "on", "off", "enabled", "disabled", "required", "(none)", "n/a", "auto",
))  # fmt: skip
"""Names that images are shipped with, and words that stand where a name could."""


def value_at(data: bytes, begin: int) -> tuple[int, int]:
    """Begin and end of the value that stands there: what is in quotes, else up to the next key or the line's
    end, for a passphrase may hold blanks. Empty where there is none."""
    if data[begin : begin + 1] in (b'"', b"'", b"`"):
        end = _closing(data, begin)
        if end > begin:
            return begin + 1, end
    rest = data[begin : begin + _MOST]
    found = _NEXT_KEY.search(rest)
    rest = rest[: found.start()] if found else rest
    return begin, begin + len(rest.rstrip(b" \t,;\"'"))


def _closing(data: bytes, begin: int) -> int:
    """Where the quote ends, maybe lines later; 0 where it does not."""
    place = begin + 1
    for _ in range(20):
        place = data.find(data[begin : begin + 1], place, begin + _MOST)
        if place < 0:
            return 0
        if data[place - 1 : place] != b"\\":
            return place
        place += 1
    return 0


def first_word(text: str) -> str:
    """What stands before the first blank."""
    return text.split(None, 1)[0] if text.split() else ""


def word_end(data: bytes, begin: int) -> int:
    """Where the word that stands there ends."""
    found = _ENDS.search(data, begin, begin + _MOST)
    return found.start() if found else min(len(data), begin + _MOST)


def is_distinct(value: str) -> bool:
    """Whether it can be looked for everywhere: no word or number that ordinary text holds."""
    if len(value) < 6 or value.lower() in COMMON:
        return False
    if value.isdigit():
        return len(value) >= 8
    plain = value.isalpha() and (value.islower() or value.istitle() or value.isupper())
    return not plain or len(value) >= 12


def entropy(value: str) -> float:
    """Bits a character."""
    counts = Counter(value)
    return -sum(many / len(value) * math.log2(many / len(value)) for many in counts.values())
