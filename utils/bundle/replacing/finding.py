"""How a rule finds its values in a text: behind a word, in the groups of an expression, by what they say.

Every expression goes through RE2, so the time grows with the text's length alone. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from utils.bundle.replacing.views import expression
from utils.bundle.replacing.words import COMMON, value_at

Span = tuple[int, int]
Find = Callable[[bytes], Iterator[Span]]

_SIGN = rb"[\"']?[ \t]{0,4}(?:=>|:=|[:=])[ \t]{0,40}"


def after(word: bytes, *, tail: bytes = rb"[\w.-]{0,24}") -> Find:
    """The value behind such a word and its sign; also on the next line, if this one says nothing more."""
    key = expression(rb"(?i)" + word + tail + _SIGN)

    def find(data: bytes) -> Iterator[Span]:
        past = 0
        for match in key.finditer(data):
            if match.end() < past:  # within the value of the one before
                continue
            begin, end = value_at(data, match.end())
            if data[begin:end] in _BLOCK and (next_line := _NEXT_LINE.match(data, match.end())):
                begin, end = value_at(data, next_line.end())
            past = end
            if end - begin >= 3:
                yield begin, end

    return find


_BLOCK = (b"", b">", b"|", b">-", b"|-")
"""What says in YAML that the value stands below."""
_NEXT_LINE = re.compile(rb"[|>]?-?[ \t]{0,8}\r?\n[ \t]{1,40}")


def groups(pattern: bytes) -> Find:
    """What each group of the pattern holds, or all of it."""
    compiled = expression(pattern)
    wanted = range(1, compiled.groups + 1) if compiled.groups else (0,)

    def find(data: bytes) -> Iterator[Span]:
        for match in compiled.finditer(data):
            yield from (match.span(group) for group in wanted if match.span(group)[0] >= 0)

    return find


def where(find: Find, wanted: Callable[[str], bool]) -> Find:
    """Those that are wanted by their text."""

    def checked(data: bytes) -> Iterator[Span]:
        return (span for span in find(data) if wanted(data[slice(*span)].decode("utf-8", "replace")))

    return checked


def is_named(value: str) -> bool:
    """A name begins with a letter."""
    return value[:1].isalpha() and value.lower().strip("\"'") not in _NO_VALUE


def is_a_value(value: str) -> bool:
    """Not a word that only says whether there is one."""
    return value.lower().strip("\"'<>[]()") not in _NO_VALUE and not value.startswith("[redacted]")


_NO_VALUE = COMMON | {
    "required", "not set", "set", "is", "expired", "invalid", "missing", "ok", "failed", "empty",
}  # fmt: skip
