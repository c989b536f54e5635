"""Reads the tables that df prints: any columns, GNU and busybox, wrapped, without header. Pure; no verdict.

A header tells the columns of the rows below it, so space and inode tables are told apart by it. Without a
header a row is one of space only if it proves it. There are three proofs: units (14G), blocks kept for root,
a size that no count of inodes reaches. With blocks kept for root, used and available do not add up to the
size. A header in another language is refused: its columns would be a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import is_noise

READ_ONLY = "read-only "
_NUMBER = r"(?:\d+(?:[.,]\d+)?(?:[kKMGTPEZY]i?B?|B)?|-)"
_COLUMNS = {
    "filesystem": r"(?P<source>\S.*?)(?<=\S)",
    "type": r"(?P<type>[A-Za-z]\S*)",
    "size": rf"(?P<size>{_NUMBER})",
    "used": rf"(?P<used>{_NUMBER})",
    "available": rf"(?P<available>-?{_NUMBER})",
    "percent": r"(?P<percent>\d{1,3}%|-)",
    "inodes": rf"(?P<inodes>{_NUMBER})",
    "iused": rf"(?P<iused>{_NUMBER})",
    "ifree": rf"(?P<ifree>-?{_NUMBER})",
    "ipercent": r"(?P<ipercent>\d{1,3}%|-)",
    "file": r"(?P<file>\S+)",
    "mounted_on": r"(?P<mount>/.*?(?<=\S)|-)",
}
_TITLES = {
    "filesystem": "filesystem",
    "type": "type",
    "size": "size",
    "used": "used",
    "avail": "available",
    "available": "available",
    "use%": "percent",
    "%use": "percent",
    "capacity": "percent",
    "inodes": "inodes",
    "iused": "iused",
    "ifree": "ifree",
    "iuse%": "ipercent",
    "%iused": "ipercent",
    "file": "file",
    "mounted_on": "mounted_on",
}
_BLOCKS = re.compile(r"^\d+[kmgtpezy]?i?b?-blocks$")
_LIKE_HEADER = re.compile(r"(?<!\S)(?:\S*[^\W\d]%|%[^\W\d]\S*|\d+[kKMG]?i?B?-\w+)(?!\S)")
_PLAIN_ROW = ("filesystem", "size", "used", "available", "percent", "mounted_on")
_TYPED_ROW = ("filesystem", "type", *_PLAIN_ROW[1:])
_CUT_ROW = re.compile(
    rf"^(?:/dev/\S*|tmpfs|devtmpfs|udev|none|overlay\S*)(?:\s|$)|^\S+(?:\s+\S+)?\s+{_NUMBER}\s"
)
_NO_ANSWER = re.compile(
    r"^df: ['\"\u2018]?(?P<mount>/[^'\"\u2019]{0,200}?)['\"\u2019]?: "
    r"(?P<error>Input/output error|Stale (?:NFS )?file handle"
    r"|Transport endpoint is not connected|Host is down|No such device(?: or address)?|Connection timed out"
    r"|Structure needs cleaning|Remote I/O error|Bad message)$"
)
_NOT_ROOT = re.compile(r"^(?:(?:dev)?tmpfs|udev|none|/dev/loop\d+) /$")
_MOST_INODES = 2**32  # ext4 cannot hold more


@dataclass(frozen=True)
class Row:
    """One line of a table. kind: "space", "inodes" or "" (cannot be told). Percents as printed, or None."""

    source: str
    type: str
    mount: str  # "" where the row is a total
    percent: int | None
    ipercent: int | None
    kind: str
    size: str
    used: str
    available: str
    inodes: str = ""


@dataclass(frozen=True)
class DfTable:
    """All rows of the text; cut_off: the last line is the beginning of a row."""

    rows: tuple[Row, ...]
    cut_off: bool


def read(text: str) -> DfTable:
    """All rows of all tables in the text. Undecided for a header that is not English."""
    rows: list[Row] = []
    columns: tuple[str, ...] = ()
    pending = ""
    for line in map(str.strip, text.splitlines()):
        if not line or is_noise(line):
            continue
        found = _match(line, columns) or (_match(f"{pending} {line}", columns) if pending else None)
        if found is not None:
            rows.append(found)
            pending = ""
        elif titles := _titles(line):
            columns, pending = titles, ""
        else:
            pending = line
    if (
        rows
        and not pending
        and not text.endswith("\n")
        and _NOT_ROOT.match(f"{rows[-1].source} {rows[-1].mount}")
    ):
        pending = rows.pop().source  # "/" is the beginning of /tmp or /snap/...
    return DfTable(_told_apart(rows), _cut_off(text, pending))


def without_read_only(text: str) -> tuple[str, frozenset[str]]:
    """The text without the lines "read-only MOUNT" that our command adds, and the mounts they name."""
    lines = text.splitlines(keepends=True)
    named = [line for line in lines if line.startswith(READ_ONLY) and line.endswith("\n")]
    rest = "".join(line for line in lines if not line.startswith(READ_ONLY))
    return rest, frozenset(line.removeprefix(READ_ONLY).rstrip("\r\n") for line in named)


def unanswered(text: str, stderr: str) -> list[dict[str, str]]:
    """The mounts that df could not ask, {mount, error}. What only its owner may ask about is none."""
    found = (match for line in f"{stderr}\n{text}".splitlines() if (match := _NO_ANSWER.match(line.strip())))
    return [{"mount": match["mount"], "error": match["error"]} for match in found]


def _cut_off(text: str, pending: str) -> bool:
    """pending: the last line, if it is no row."""
    if not pending:
        return False
    return not text.endswith("\n") or _CUT_ROW.match(pending + " ") is not None


def _titles(line: str) -> tuple[str, ...]:
    """The columns that a header names; () for a line that is none."""
    words = re.sub(r"(?i)mounted\s+on", "mounted_on", line).lower().split()
    columns = tuple("size" if _BLOCKS.match(word) else _TITLES.get(word, "") for word in words)
    if all(columns) and len(columns) > 1 and len(set(columns)) == len(columns):
        return columns
    if _LIKE_HEADER.search(line) and not line.startswith(("df:", "/")):
        raise Undecided(f"The header is not that of df in English (LC_ALL=C): {line[:100]}", Cause.GARBAGE)
    return ()


def _match(line: str, columns: tuple[str, ...]) -> Row | None:
    for layout in [columns] if columns else [_PLAIN_ROW, _TYPED_ROW]:
        match = re.match(r"\s++".join(_COLUMNS[name] for name in layout) + "$", line)
        if match and not match.groupdict().get("mount", "/").startswith("//"):
            return _row(match.groupdict(), bool(columns))
    return None


def _row(parts: dict[str, str], titled: bool) -> Row:
    numbers = [parts.get(name, "-") for name in ("size", "used", "available")]
    percent, ipercent = parts.get("percent", "-"), parts.get("ipercent", "-")
    if not titled:
        kind = "space" if _proves_space(*numbers) else ""
    elif {"inodes", "ipercent"} & parts.keys() and "size" not in parts:
        kind, percent, ipercent = "inodes", "-", parts.get("ipercent", percent)  # busybox titles it Use%
        if not _add_up(*(parts.get(name, "-") for name in ("inodes", "iused", "ifree"))):
            kind, ipercent = "space", "-"  # of another table: df makes the used inodes out of the other two
    else:
        kind = "space"
    if re.fullmatch(r"0+[A-Za-z]{0,3}", parts.get("size", parts.get("inodes", ""))):
        percent = ipercent = "-"  # of nothing, no share is used
    return Row(
        parts.get("source", ""),
        parts.get("type", ""),
        parts.get("mount", "-").removeprefix("-"),
        None if percent == "-" else int(percent[:-1]),
        None if ipercent == "-" else int(ipercent[:-1]),
        kind,
        size=numbers[0],
        used=numbers[1],
        available=numbers[2],
        inodes=parts.get("inodes", ""),
    )


def _add_up(size: str, used: str, available: str) -> bool:
    """False only for bare numbers that do not."""
    bare = size.isdecimal() and used.isdecimal() and available.isdecimal()
    return not bare or int(used) + int(available) == int(size)


def _proves_space(size: str, used: str, available: str) -> bool:
    if not (size.isdecimal() and used.isdecimal() and available.isdecimal()):
        return any(re.search(r"\d[.,]?\d*[A-Za-z]", text) for text in (size, used, available))
    return int(used) + int(available) < int(size) or int(size) > _MOST_INODES


def _told_apart(rows: list[Row]) -> tuple[Row, ...]:
    """Rows without a header: a second line of the same mount counts inodes; the rest go by their table."""
    return tuple(chain.from_iterable(_tables(rows)))


def _tables(rows: list[Row]) -> Iterator[list[Row]]:
    table: list[Row] = []
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if (row.source, row.mount) in seen:
            yield _settled(table)
            table, seen = [], set()
        table.append(row)
        seen.add((row.source, row.mount))
    yield _settled(table)


def _settled(table: list[Row]) -> list[Row]:
    proven = any(row.kind == "space" and row.size.isdecimal() for row in table)
    return [
        Row(**{**row.__dict__, "kind": "space"}) if not row.kind and proven and row.size.isdecimal() else row
        for row in table
    ]
