"""Evidence: what was printed and what was judged of it, zstd-compressed and kept once by its SHA-256.

Results are small and alike, so all are packed with the same dictionary. Each piece tells which one that was.
What is kept was packed with one of them: none may ever change.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
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


_THESE = evidence.c.sha256.in_(bindparam("digests", expanding=True))
_KNOWN_ROWS = select(evidence.c.sha256, evidence.c.id).where(_THESE)
_PACKED = select(evidence.c.sha256, evidence.c.packed).where(_THESE)
_HASHES = select(evidence.c.id, evidence.c.sha256).where(evidence.c.id.in_(bindparam("rows", expanding=True)))
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


def hash_of(content: bytes) -> str:
    """Its name."""
    return hashlib.sha256(content).hexdigest()


def put(
    connection: Connection, contents: Mapping[str, bytes], others: Collection[str] = ()
) -> dict[str, int]:
    """Keep each of these contents once, by its hash. Its row, by hash; and those of others that are here."""
    known = rows(connection, contents.keys() | others)
    missing = contents.keys() - known.keys()
    if missing:
        values = [
            {"sha256": bytes.fromhex(name), "size": len(contents[name]), "packed": pack(contents[name])}
            for name in sorted(missing)
        ]
        known |= {bytes(digest).hex(): row for digest, row in connection.execute(_ADDED, values)}
    return known


def keep(connection: Connection, content: bytes) -> int:
    """Keep this one. Its row."""
    name = hash_of(content)
    return put(connection, {name: content})[name]


def rows(connection: Connection, hashes: Collection[str]) -> dict[str, int]:
    """The rows of those that are here, by hash."""
    found: dict[str, int] = {}
    for some in _some(list(hashes)):
        there = connection.execute(_KNOWN_ROWS, {"digests": [bytes.fromhex(name) for name in some]})
        found |= {bytes(digest).hex(): row for digest, row in there}
    return found


def hashes_of(connection: Connection, wanted: Collection[int]) -> dict[int, str]:
    """The hashes of these rows."""
    found: dict[int, str] = {}
    for some in _some(sorted(set(wanted))):
        there = connection.execute(_HASHES, {"rows": some})
        found |= {row: bytes(digest).hex() for row, digest in there}
    return found


def get(connection: Connection, rows: Collection[int]) -> Mapping[int, bytes]:
    """The contents, by row; ValueError when one is damaged."""
    found: dict[int, bytes] = {}
    for some in _some(sorted(set(rows))):
        query = select(evidence.c.id, evidence.c.packed).where(evidence.c.id.in_(some))
        found |= {row: unpack(packed) for row, packed in connection.execute(query)}
    return found


def packed(connection: Connection, hashes: Collection[str]) -> dict[str, bytes]:
    """Those that are here as they are kept, by hash."""
    found: dict[str, bytes] = {}
    for some in _some(list(hashes)):
        there = connection.execute(_PACKED, {"digests": [bytes.fromhex(name) for name in some]})
        found |= {bytes(digest).hex(): bytes(content) for digest, content in there}
    return found


def contents(connection: Connection, hashes: Collection[str]) -> dict[str, bytes]:
    """The contents, by hash, as far as they are here; ValueError when one is damaged."""
    return {name: unpack(each) for name, each in packed(connection, hashes).items()}


def _some(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """So many at a time as SQLite takes for certain; nothing of nothing."""
    for start in range(0, len(items), 500):
        yield items[start : start + 500]
