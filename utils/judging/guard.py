"""The guard before all judging: a device's text, cut to what any parser reads in moments. Pure.

    bounded(text, TABLE) -> (the text as far as it is judged, what is wrong with it or "")

The expressions can match only where a run begins, so the time grows with the length and no faster.
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
_TOO_MANY_BLANKS = f"it has more than {BLANKS_MAX} blanks or empty lines in a row"


def bounded(text: str, bounds: Bounds) -> tuple[str, str]:
    """The text as far as it is judged, and a sentence about what was cut; "" where nothing was.

    Line by line: one expression over all of a long text would hold up every other thread.
    """
    if len(text) <= BLANKS_MAX:
        return text, ""
    lines = text[: LOG.characters].splitlines(keepends=True)
    if len(lines) <= BLANKS_MAX and len(text) <= bounds.characters and max(map(len, lines)) <= BLANKS_MAX:
        return text, ""
    said = ""
    kept: list[str] = []
    blank = 0
    for line in lines[: bounds.lines]:
        blank = blank + 1 if line.isspace() else 0
        if blank > BLANKS_MAX:
            said = said or _TOO_MANY_BLANKS
        elif len(line) <= BLANKS_MAX:
            kept.append(line)
        else:
            cut, why = _shortened(line, bounds.line)
            kept.append(cut)
            said = said or why
    judged = "".join(kept)[: bounds.characters]
    if not said and len(judged) < len(text):
        said = "it is longer than any output of this kind"
    return judged, f"The text is damaged: {said}. Only a part of it was judged." if said else ""


def _shortened(line: str, most: int) -> tuple[str, str]:
    """A long line within its bounds, and what was wrong with it. It is cut at a word's end: half a number
    is another number."""
    body, end = line.rstrip("\r\n"), "\n" if line.endswith("\n") else ""
    body, blanks = _BLANKS.subn(r"\1", body)
    body, digits = _DIGITS.subn(r"\1", body)
    words = [_TOO_MANY_BLANKS] * blanks + [f"a number in it has more than {DIGITS_MAX} digits"] * digits
    is_json = len(body) <= JSON_LINE_MAX and body.lstrip()[:1] in ("[", "{")
    if len(body) > most and not is_json:
        body = body[:most].rpartition(" ")[0]
        words.append(f"a line of it has more than {most:,} characters")
    return (body + end, words[0]) if words else (line, "")
