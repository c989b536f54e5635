"""The guard before all judging: a device's text, cut to what any parser reads in moments. Pure.

    bounded(text, TABLE) -> (the text as far as it is judged, what is wrong with it or "")

Each expression here can match only where a run begins, so the time grows with the length and no faster.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """The most that is judged of a text. characters, lines: of the whole; line: characters of one line."""

    characters: int
    lines: int
    line: int


TABLE = Bounds(256 << 10, 5_000, 4_096)
"""Of what is no log. The longest honest ones are lspci's and ps's, with some 2,000 lines."""
LOG = Bounds(2 << 20, 60_000, 16_384)
"""Of a log; a parser of one says so by `BOUNDS = LOG`."""
JSON_LINE_MAX = 64 << 10
"""Characters of a line that begins as JSON does: some tools print all of it in one."""
BLANKS_MAX = 256
"""Blanks and empty lines in a row; the widest honest table has some 130."""
DIGITS_MAX = 300
"""Digits in a row. No tool prints such a number, and int() does not take it."""

_BLANKS = re.compile(rf"(?<!\s)(\s{{{BLANKS_MAX}}})\s+")
_DIGITS = re.compile(rf"(?<!\d)(\d{{{DIGITS_MAX}}})\d+")


def bounded(text: str, bounds: Bounds) -> tuple[str, str]:
    """The text as far as it is judged, and a sentence about what was cut; "" where nothing was."""
    if len(text) <= BLANKS_MAX:
        return text, ""
    size = len(text)
    text, blanks = _BLANKS.subn(_same_line, text[: LOG.characters])
    text, digits = _DIGITS.subn(r"\1", text)
    whole = text.splitlines(keepends=True)
    lines = [_line(line, bounds.line) for line in whole[: bounds.lines]]
    long = any(len(line) < len(before) for line, before in zip(lines, whole, strict=False))
    judged = "".join(lines)[: bounds.characters]
    damage = (
        (blanks, f"it has more than {BLANKS_MAX} blanks in a row"),
        (digits, f"a number in it has more than {DIGITS_MAX} digits"),
        (long, f"a line of it has more than {bounds.line:,} characters"),
        (len(judged) < size, "it is longer than any output of this kind"),
    )
    said = next((words for found, words in damage if found), "")
    return judged, f"The text is damaged: {said}. Only a part of it was judged." if said else ""


def _same_line(run: re.Match[str]) -> str:
    """A run of blanks without its middle; where it had a line's end, it still has one."""
    return run[1] if "\n" in run[1] or "\n" not in run[0] else f"{run[1]}\n"


def _line(line: str, most: int) -> str:
    """The line, cut at a word's end: half a number is another number."""
    if len(line) <= most or (len(line) <= JSON_LINE_MAX and line.lstrip()[:1] in ("[", "{")):
        return line
    return line[:most].rpartition(" ")[0] + "\n"
