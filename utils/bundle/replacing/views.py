"""A text as it is read: with escapes decoded, with lines joined. Each byte knows where it stands in the file.

as_it_is(data)    the file
decoded(data)     \\n, \\", \\u00e4, %41 as what they mean
joined(data)      without line ends and the blanks around them: what was wrapped is whole again
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import re2

_SIMPLE = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"0": b"\0"}


@cache
def expression(pattern: bytes) -> Any:
    """Compiled by RE2, over bytes. Its memory holds some thousands of literals."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = 256 << 20
    options.log_errors = False
    return re2.compile(pattern, options)


_ESCAPES = rb"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\\\"'/bfnrt0])|%[0-9A-Fa-f]{2}"
_ESCAPE = re.compile(_ESCAPES)
_LINE_END = re.compile(rb"(?P<joint>\n[ \t]*+)")
_WRITTEN_END = re.compile(rb"(?P<joint>(?:\n|(?:\\r)?\\n)[ \t]*+)")
_BOTH = re.compile(rb"(?P<joint>(?:\n|(?:\\r)?\\n)[ \t]*+)|" + _ESCAPES)
_BEFORE_IT = b" \t\r\\"
_MOST_BEFORE_IT = 6
_ALL: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class SearchView:
    """data: what is searched. Segments: where each stretch of it begins, here and in the file, and how many
    bytes of the file one of them stands for (0: as many as it has)."""

    data: bytes
    _here: list[int] = field(default_factory=lambda: [0])
    _there: list[int] = field(default_factory=lambda: [0])
    _escaped: list[int] = field(default_factory=lambda: [0])

    def cell(self, place: int) -> tuple[int, int]:
        """Begin and end in the file of what this byte stands for."""
        segment = bisect_right(self._here, place) - 1
        begin = self._there[segment]
        if self._escaped[segment]:
            return begin, begin + self._escaped[segment]
        begin += place - self._here[segment]
        return begin, begin + 1

    def stands_alone(self, begin: int, end: int) -> bool:
        """Whether neither neighbour goes on the word."""
        before = begin > 0 and _word(self.data[begin - 1]) and self.cell(begin - 1)[1] == self.cell(begin)[0]
        after = end < len(self.data) and _word(self.data[end]) and self.cell(end)[0] == self.cell(end - 1)[1]
        return not (before or after)


def _word(byte: int) -> bool:
    return byte == 0x5F or byte > 0x7F or chr(byte).isalnum()


def as_it_is(data: bytes) -> SearchView:
    """The file itself."""
    return SearchView(data)


def decoded(data: bytes) -> SearchView | None:
    """The lines that have escapes, with what those mean; None where there are none."""
    return _made(data, _ESCAPE, _lines_around(data)) if b"\\" in data or b"%" in data else None


def joined(data: bytes) -> SearchView | None:
    """Without line ends; None where it has none."""
    if b"\\n" in data:
        return _made(data, _WRITTEN_END)
    return _made(data, _LINE_END) if b"\n" in data else None


def joined_and_decoded(data: bytes) -> SearchView | None:
    """Both, near escapes; None where either alone says the same."""
    if not (b"\\" in data or b"%" in data) or not (b"\n" in data or b"\\n" in data):
        return None
    return _made(data, _BOTH, _lines_around(data, more=2))


def _lines_around(data: bytes, more: int = 0) -> list[tuple[int, int]]:
    """Stretches of whole lines, each with an escape or so many lines beside one."""
    found: list[tuple[int, int]] = []
    for match in _ESCAPE.finditer(data):
        if found and match.start() < found[-1][1]:
            continue
        begin, end = match.start(), match.start()
        for _ in range(1 + more):
            begin = max(0, data.rfind(b"\n", 0, begin))
            end = data.find(b"\n", end + 1) + 1 or len(data)
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def _made(data: bytes, pattern: re.Pattern[bytes], stretches: Sequence[tuple[int, int]] = _ALL) -> SearchView:
    """These stretches of the text (all of it: none), with what the pattern finds decoded, or dropped where it
    is a joint."""
    pieces: list[bytes] = []
    here, there, escaped = [0], [0], [0]
    length = 0
    for first, past in stretches or ((0, len(data)),):
        here.append(length)
        there.append(first)
        escaped.append(0)
        last = first
        for match in pattern.finditer(data, first, past):
            begin, end = match.span()
            joint = match.lastgroup == "joint"
            if joint:
                begin = _without_blanks(data, begin, last)
            pieces.append(data[last:begin])
            length += begin - last
            if not joint:
                meant = _meant(match[0])
                pieces.append(meant)
                here.append(length)
                there.append(begin)
                escaped.append(end - begin)
                length += len(meant)
            here.append(length)
            there.append(end)
            escaped.append(0)
            last = end
        pieces.append(data[last:past])
        length += past - last
    return SearchView(b"".join(pieces), here, there, escaped)


def _without_blanks(data: bytes, place: int, first: int) -> int:
    """Where what stands before a line end begins: blanks, and the sign that the line goes on."""
    least = max(first, place - _MOST_BEFORE_IT)
    while place > least and data[place - 1] in _BEFORE_IT:
        place -= 1
    return place


def _meant(escape: bytes) -> bytes:
    if escape.startswith(b"%"):
        return unquote_to_bytes(escape)
    kind, rest = escape[1:2], escape[2:]
    if kind == b"u":
        return chr(int(rest, 16)).encode("utf-8", "replace")
    if kind == b"x":
        return bytes([int(rest, 16)])
    return _SIMPLE.get(kind, kind)
