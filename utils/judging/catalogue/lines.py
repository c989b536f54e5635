"""Where in a TOML text a value stands: the line of a path, for messages that lead to the place. Pure.

Lines(text).at(("diagnostic", 1, "check", 0, "warn")) -> the line number of the longest known beginning of
that path. Values are read by tomli; this only looks for headers and keys at the start of lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

TomlPath = tuple[str | int, ...]

_WORD = r"(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
_WORDS = rf"{_WORD}(?:\s*\.\s*{_WORD})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_WORDS})\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"^\s*({_WORDS})\s*=(.*)$")
_LONG_QUOTE = re.compile(r'"""|' + "'''")


class TomlLines:
    """The places of a TOML text's tables and keys. Looked for when one is asked for: most texts are right."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _found(self) -> dict[TomlPath, int]:
        found: dict[TomlPath, int] = {}
        counts: dict[TomlPath, int] = {}
        table: TomlPath = ()
        for number, line in _outside_long_strings(self._text):
            if header := _HEADER.match(line):
                table = self._table(_split(header[2]), counts, is_list=header[1] == "[[")
                found.setdefault(table, number)
            elif key := _KEY.match(line):
                found.setdefault((*table, *_split(key[1])), number)
        return found

    def _table(self, names: Sequence[str], counts: dict[TomlPath, int], *, is_list: bool) -> TomlPath:
        """The path of a header; lists that stand before its last name are at their newest item."""
        path: TomlPath = ()
        for name in names[:-1]:
            path = (*path, name)
            if path in counts:
                path = (*path, counts[path])
        path = (*path, names[-1])
        if is_list:
            counts[path] = counts.get(path, -1) + 1
            path = (*path, counts[path])
        return path

    def at(self, path: Sequence[str | int]) -> int:
        """The line of the path, or of the longest part of it that has one; 1 of none."""
        for length in range(len(path), 0, -1):
            if tuple(path[:length]) in self._found:
                return self._found[tuple(path[:length])]
        return 1


def _split(words: str) -> list[str]:
    return [word.strip("\"'") for word in re.findall(_WORD, words)]


def _outside_long_strings(text: str) -> Iterator[tuple[int, str]]:
    """(number, line) of the lines that do not lie within a string of several lines."""
    quote = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not quote:
            yield number, line
        for found in _LONG_QUOTE.findall(line):
            quote = "" if found == quote else quote or found
