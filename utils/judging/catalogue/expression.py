"""A pattern of the signature library: parts that stand in a message one after the other. Pure.

Most messages are no match, and the quickest ways to say so come first: the longest text that each match
must have is looked for, then RE2 is asked about a long message, which may be hostile. Nothing is compiled
before it is needed.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from utils.judging.catalogue.pattern import linear

GAP = " ... "
ATOMS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")  # escapes and character classes: nothing repeats within
_SHORT = 160  # characters that take Python no longer than it takes to ask RE2
_PLAIN = re.compile(r"[\t -~]*")  # of other characters the two engines do not always think the same
_UNPLAIN = re.compile(r"\\[0-9xuUN]|\(\?[a-zA-Z-]|\(\?\(")  # codes of characters, flags, choices by group
_GROUP = re.compile(r"\([^()]*\)")
_LOOK = re.compile(r"\(\?<?[!=]")
_REPEATED = re.compile(r"(?s).(?:[*+?]|\{\d*,?\d*\})[?+]?")


class Expression:
    """needs: a text that stands in each message it fits, "" where none is plain to see."""

    __slots__ = ("__dict__", "needs")

    def __init__(self, pattern: str) -> None:
        self._pattern, self._texts = pattern, pattern.split(GAP)
        self.needs = max(map(literal, self._texts), key=len)

    @cached_property
    def _parts(self) -> list[re.Pattern[str]]:
        return [re.compile(text) for text in self._texts]

    @property
    def wider(self) -> str:
        """A pattern for RE2 that fits whatever this one fits, and perhaps more: without looking around."""
        return GAP.join(map(_without_looks, self._texts))

    @cached_property
    def _screen(self) -> Any:
        return linear((self._pattern,), GAP)

    def fits(self, message: str) -> bool:
        """Whether the message has all parts in their order."""
        return self.needs in message and self.found(message)

    def found(self, message: str) -> bool:
        """As fits(), of a message that has what it needs."""
        return not (len(message) > _SHORT and self._dismissed(message)) and self.in_order(message)

    def _dismissed(self, message: str) -> bool:
        return self._screen is not None and plain(message) and not self._screen.search(message)

    def in_order(self, message: str) -> bool:
        """As fits(), by Python's own engine alone."""
        place = 0
        for part in self._parts:
            found = part.search(message, place)
            if found is None:
                return False
            place = found.end()
        return True


def plain(message: str) -> bool:
    """Whether the two engines think the same of all its characters."""
    return _PLAIN.fullmatch(message) is not None


def _without_looks(part: str) -> str:
    masked = ATOMS.sub(lambda atom: "x" * len(atom[0]), part)
    while look := _LOOK.search(masked):
        depth, end = 0, look.start()
        while depth or end == look.start():
            depth += {"(": 1, ")": -1}.get(masked[end], 0)
            end += 1
        masked, part = masked[: look.start()] + masked[end:], part[: look.start()] + part[end:]
    return part


def literal(part: str) -> str:
    """The longest text that each match of this regular expression has; "" where that is not plain to see."""
    if _UNPLAIN.search(part):
        return ""
    plain, groups = ATOMS.sub("\n", part), 1
    while groups:
        plain, groups = _GROUP.subn("\n", plain)
    if "|" in plain:
        return ""
    return max(re.split(r"[\n.^$]", _REPEATED.sub("\n", plain)), key=len)
