"""What the answers of systemctl have in common: no systemd at all, blocks of properties. Pure."""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import permission_denied, plain, refuse, tool_missing

_NOT_BOOTED = re.compile(r"(?m)^.*not been booted with systemd.*$")
_PROPERTY = re.compile(r"^([A-Z][A-Za-z0-9]*)=(.*)$")


def require_systemd(stdout: str, stderr: str) -> None:
    """Raise NotApplicable where systemctl says that this system does not run systemd."""
    for text in (stderr, stdout):
        match = _NOT_BOOTED.search(text)
        if match:
            raise NotApplicable(f"This system does not run systemd: {match.group(0).strip()}")


def property_blocks(text: str) -> list[dict[str, str]]:
    """`systemctl show` of several units: one mapping a unit, in order. Raises for any other line."""
    blocks: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        match = _PROPERTY.match(line.strip())
        if match:
            value = match.group(2).strip()
            if blocks[-1].setdefault(match.group(1), value) != value:
                raise Undecided(f"{match.group(1)} is there twice with different values.", Cause.DAMAGED)
        elif line.strip():
            raise Undecided(
                f"The output is not what systemctl show prints: {line.strip()[:120]}", Cause.GARBAGE
            )
        elif blocks[-1]:
            blocks.append({})
    return [block for block in blocks if block]


def ended_blocks(stdout: str, stderr: str, exit_status: int | None, *, end: str) -> list[dict[str, str]]:
    """property_blocks of what stands before the end line that our command prints; raises without it."""
    require_systemd(stdout, stderr)
    text = plain(stdout).rstrip()
    if not text.endswith(f"\n{end}"):
        if not text or tool_missing(stdout, stderr, exit_status) or permission_denied(stdout, stderr):
            raise refuse(stdout, stderr, exit_status)
        raise Undecided("The output of systemctl show is cut off or is something else.", Cause.CUT_OFF)
    return property_blocks(text.removesuffix(end))
