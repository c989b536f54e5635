"""Evidence: what was printed and what was judged of it, zstd-compressed and kept once by its SHA-256.

Results are small and alike, so all are packed with the same dictionary. Each piece tells which one that was.
What is kept was packed with one of them: none may ever change.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, bindparam, insert, select

from utils.store.schema import evidence

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_FIRST = zstd.ZstdDict(  # of 0.2.0, before it was released
    b'"fail""warn""unknown""pass""info""skip","path":"subprocess","path":"persistent","truncated":true,'
    b'"error":{"code":"","message":"","hint":"","retryable":true,"details":{}}}{"label":"","verdict":"warn",'
    b'"reason":"","next_step":"","evidence":"","limit":"at most ","limit_source":"the board\'s own",'
    b'"limit":"at least ","limit_source":"our own","why":"","related":[""]},cat /sys/class/ /proc/ /dev/null'
    b' 2>/dev/null || true; done; do [ -e "$" ] && echo "for in exit 127 grep -H . {"diagnostic":"","verdict'
    b'":"pass","summary":"","findings":[{"label":"","verdict":"pass","reason":" is within the limit (",'
    b'"next_step":"","evidence":"","limit":"","limit_source":"","why":"","related":[]}],"reading":{"":null,'
    b'"":true,"":false},"title":"","category":"system","command":"","exit_status":0,"path":"persistent",'
    b'"truncated":false,"error":null}',
    is_raw=True,
)
_NEWEST = zstd.ZstdDict((Path(__file__).parent / "results.zdict").read_bytes())
_KNOWN = {0: _FIRST, _NEWEST.dict_id: _NEWEST}
_LEVEL = 6
Item = TypeVar("Item")
_LARGEST = 64 << 20
"""Bytes of one piece of evidence; what claims to be larger is damaged."""


_KNOWN_ROWS = select(evidence.c.sha256, evidence.c.id).where(
    evidence.c.sha256.in_(bindparam("digests", expanding=True))
)


_ADDED = insert(evidence).returning(evidence.c.sha256, evidence.c.id)


def pack(content: bytes) -> bytes:
    """Compress."""
    return zstd.compress(content, _LEVEL, zstd_dict=_NEWEST.as_digested_dict)


def unpack(packed: bytes) -> bytes:
    """The content again; ValueError when it is damaged or unreasonably large."""
    try:
        which = _KNOWN[zstd.get_frame_info(packed).dictionary_id]
        found = zstd.ZstdDecompressor(zstd_dict=which.as_digested_dict)
        content = found.decompress(packed, max_length=_LARGEST)
    except (zstd.ZstdError, KeyError) as exc:
        raise ValueError("damaged evidence") from exc
    if not found.eof:
        raise ValueError("damaged evidence")
    return content


def put(connection: Connection, contents: Collection[bytes]) -> dict[bytes, int]:
    """Keep each of them once. Its row, by content."""
    digests = {hashlib.sha256(content).digest(): content for content in contents}
    known = _rows(connection, digests)
    missing = digests.keys() - known.keys()
    if missing:
        values = [
            {"sha256": digest, "size": len(digests[digest]), "packed": pack(digests[digest])}
            for digest in sorted(missing)
        ]
        known |= {bytes(digest): row for digest, row in connection.execute(_ADDED, values)}
    return {digests[digest]: row for digest, row in known.items()}


def _rows(connection: Connection, digests: Iterable[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for some in _some(list(digests)):
        rows = connection.execute(_KNOWN_ROWS, {"digests": some})
        found |= {bytes(digest): row for digest, row in rows}
    return found


def get(connection: Connection, rows: Collection[int]) -> Mapping[int, bytes]:
    """The contents, by row; ValueError when one is damaged."""
    found: dict[int, bytes] = {}
    for some in _some(sorted(set(rows))):
        query = select(evidence.c.id, evidence.c.packed).where(evidence.c.id.in_(some))
        found |= {row: unpack(packed) for row, packed in connection.execute(query)}
    return found


def of_digests(connection: Connection, digests: Collection[bytes]) -> Mapping[bytes, bytes]:
    """The contents, by SHA-256, as far as they are here; ValueError when one is damaged."""
    found: dict[bytes, bytes] = {}
    for some in _some(list(digests)):
        query = select(evidence.c.sha256, evidence.c.packed).where(evidence.c.sha256.in_(some))
        found |= {bytes(digest): unpack(packed) for digest, packed in connection.execute(query)}
    return found


def _some(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """So many at a time as SQLite takes for certain; nothing of nothing."""
    for start in range(0, len(items), 500):
        yield items[start : start + 500]
