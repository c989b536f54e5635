"""Lists that our own commands print line by line and close with an end line. Pure.

Sysfs loops print nothing where nothing is found; the end line tells an empty list from a cut-off one.
"""

from __future__ import annotations

from utils.errors import Undecided
from utils.parsers._text import permission_denied, plain, refuse, tool_missing


def listed(stdout: str, stderr: str, exit_status: int | None, *, end: str) -> list[str]:
    """The stripped, non-empty lines before the end line. Raises when the end line is not the last one."""
    lines = [line.strip() for line in plain(stdout).splitlines() if line.strip()]
    if lines and lines[-1] == end:
        return lines[:-1]
    if tool_missing(stdout, stderr, exit_status) or permission_denied(stdout, stderr) or not lines:
        raise refuse(stdout, stderr, exit_status)
    raise Undecided(f"The output is cut off or not what this command prints; it begins: {lines[0][:120]}")
