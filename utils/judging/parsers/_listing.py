"""Lists that our own commands print line by line and close with an end line. Pure.

Sysfs loops print nothing where nothing is found; the end line tells an empty list from a cut-off one.
"""

from __future__ import annotations

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import is_noise, permission_denied, plain, refuse, tool_missing

_NONE = "none: "


def listed(stdout: str, stderr: str, exit_status: int | None, *, end: str) -> list[str]:
    """The stripped, non-empty lines before the end line. Raises when the end line is not the last one."""
    lines = [line.strip() for line in plain(stdout).splitlines() if line.strip()]
    if lines and lines[-1] == end:
        return lines[:-1]
    if tool_missing(stdout, stderr, exit_status) or permission_denied(stdout, stderr) or not lines:
        raise refuse(stdout, stderr, exit_status)
    raise Undecided(
        f"The output is cut off or not what this command prints; it begins: {lines[0][:120]}", Cause.CUT_OFF
    )


def between(stdout: str, stderr: str, exit_status: int | None, *, of: str) -> list[str]:
    """The lines between "begin of {of}" and "end of {of}", without what a shell says beside them.

    Raises where one of them is missing and where nothing stands between them. Raises too where a line "none:
    <why>" says that the thing is not there.
    """
    lines = listed(stdout, stderr, exit_status, end=f"end of {of}")
    begin = f"begin of {of}"
    if lines.count(begin) != 1:
        raise Undecided("The output is cut off: its begin is missing.", Cause.CUT_OFF)
    data = [line for line in lines[lines.index(begin) + 1 :] if not is_noise(line)]
    absent = next((line.removeprefix(_NONE) for line in data if line.startswith(_NONE)), "")
    if absent:
        raise NotApplicable(f"{absent[0].upper()}{absent[1:]}.")
    if not data:
        raise refuse("", stderr, exit_status)
    return data


def unread(line: str) -> Undecided:
    """The exception for a line that stands where none of its kind belongs. Use: `raise unread(line)`."""
    return Undecided(f"A line of the output cannot be read: {line[:120]}", Cause.GARBAGE)
