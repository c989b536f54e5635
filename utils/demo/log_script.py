"""A follower's script (utils/live/logs/source.py) -> which log it follows, from where on. Pure.

A real device runs the script. The demo device reads in it what its commands would be told.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from utils.live.logs.source import CHOICES, FILE, JOURNAL, KERNEL, Position, Source

_NONCE = re.compile(r"\Av3_say\(\) \{ printf '[^']*' ([0-9a-f]+) ")
_FILE = re.compile(r" v3-log (.+)\nelif \[ -e ")
_JOURNAL = re.compile(r" v3-log journalctl (.+) \$\(v3_fields ")


@dataclass(frozen=True)
class FollowRequest:
    """nonce: marks what the script says of itself."""

    nonce: str
    source: Source
    position: Position


def is_log_command(text: str) -> bool:
    """Whether this script follows a log, or asks what logs there are."""
    return text == CHOICES or _NONCE.match(text) is not None


def asked(text: str) -> FollowRequest | None:
    """Read what the script follows; None where it is no such script."""
    nonce = _NONCE.match(text)
    if nonce is None:
        return None
    if file := _FILE.search(text):
        path, inode, offset, _ = shlex.split(file[1])
        position = Position(FILE, inode=inode, offset=int(offset)) if inode else Position()
        return FollowRequest(nonce[1], Source(FILE, path=path), position)
    journal = _JOURNAL.search(text)
    return FollowRequest(nonce[1], *_of_journal(shlex.split(journal[1]))) if journal else None


def _of_journal(words: list[str]) -> tuple[Source, Position]:
    given = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
    source = Source(
        KERNEL if "_TRANSPORT=kernel" in words else JOURNAL,
        unit=given.get("unit", ""),
        priority=int(given["priority"]) if "priority" in given else None,
        boot=int(given.get("boot", 0)),
    )
    cursor = given.get("cursor", "")
    return source, Position(JOURNAL, cursor=cursor) if cursor else Position()
