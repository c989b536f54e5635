"""Shared reading of `grep -sH "" /sys/...` text: lines "path:value". Pure.

Commands of this kind say "none: <why>" where the thing is not there, and print "end" last. So a text that was
cut off does not pass for a board with fewer sensors.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import plain, refuse

# "iio:device0" is part of a path, so a colon ends the path only where no such name follows.
_LINE = re.compile(r"^(/(?:sys|proc)/\S+?):(?!device\d+/)(.*)$")
_NONE = re.compile(r"(?m)^none: (\S.*)$")


def entries(stdout: str) -> list[tuple[str, str]]:
    """(path, value) in order of appearance; a last line without its end is left out."""
    text = plain(stdout)
    whole = text[: text.rfind("\n") + 1]
    return [
        (found.group(1), found.group(2).strip()) for line in whole.splitlines() if (found := _match(line))
    ]


def _match(line: str) -> re.Match[str] | None:
    return _LINE.match(line.strip())


def wanted(
    stdout: str, stderr: str, exit_status: int | None, pattern: str, *, needs_end: bool = True
) -> list[tuple[re.Match[str], str]]:
    """(match of the path, value) of the entries whose whole path matches; raises where there are none.

    needs_end: without the closing "end" line the text was cut off and says too little.
    """
    text = plain(stdout)
    found = [(hit, value) for path, value in entries(stdout) if (hit := re.fullmatch(pattern, path))]
    if not found:
        raise nothing(text, stderr, exit_status)
    if needs_end and not ended(text):
        raise Undecided("The output is cut off: its end is missing.", Cause.CUT_OFF)
    return found


def ended(text: str) -> bool:
    """Whether the closing line is there."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return bool(lines) and lines[-1] == "end"


def nothing(text: str, stderr: str, exit_status: int | None) -> NotApplicable | Undecided:
    """The exception for a text without data: what it says is absent, or why it cannot be judged."""
    absent = _NONE.search(text)
    if absent:
        reason = absent.group(1).strip()
        return NotApplicable(f"{reason[0].upper()}{reason[1:]}.")
    return refuse(text, stderr, exit_status)


def number(value: str | None) -> int | None:
    """A whole number as the kernel prints it, or None."""
    return int(value) if value is not None and re.fullmatch(r"-?\d{1,18}", value) else None
