"""What is kept for how long: two years, and one gigabyte of evidence. Oldest first.

A board's newest check-up, its last good one and its golden one stay, however old and large they are. So do
those of a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, union

from utils.model.records import GOOD
from utils.store.schema import boards, cases, checkups, evidence, golden, happenings, notes, runs

MOST_BYTES = 1 << 30
_AT_ONCE = 100  # check-ups that are removed before the size is looked at again


def tidy(connection: Connection, *, oldest: str, most_bytes: int = MOST_BYTES) -> int:
    """Remove what is older than this time or beyond this size. How many check-ups that were."""
    removed = _remove(connection, _stale(connection, checkups.c.started_at < oldest))
    connection.execute(delete(runs).where(runs.c.checkup.is_(None), runs.c.asked_at < oldest))
    connection.execute(delete(happenings).where(happenings.c.at < oldest))
    if removed:
        _sweep(connection)
    while _size(connection) > most_bytes:
        stale = _stale(connection, True, limit=_AT_ONCE)
        if not stale:
            break
        removed += _remove(connection, stale)
        _sweep(connection)
    return removed


def due(connection: Connection, *, oldest: str, most_bytes: int) -> bool:
    """Whether anything is to be removed: looked at without holding up who writes."""
    return bool(_stale(connection, checkups.c.started_at < oldest, limit=1)) or _size(connection) > most_bytes


def _size(connection: Connection) -> int:
    total = connection.execute(select(func.sum(func.length(evidence.c.packed)))).scalar()
    return int(total or 0)


def _stale(connection: Connection, which: Any, *, limit: int | None = None) -> Sequence[str]:
    """The ids of check-ups that may go, oldest first."""
    newest = select(func.max(checkups.c.seq)).group_by(checkups.c.board)
    good = newest.where(checkups.c.verdict.in_([each.value for each in GOOD]), ~checkups.c.cancelled)
    stays = union(newest, good)
    query = select(checkups.c.id).where(which, checkups.c.seq.not_in(stays))
    query = query.where(checkups.c.id.not_in(select(golden.c.checkup)))
    for column in (cases.c.before, cases.c.after, boards.c.checkup):
        query = query.where(checkups.c.id.not_in(select(column).where(column.is_not(None))))
    return connection.execute(query.order_by(checkups.c.seq).limit(limit)).scalars().all()


def _remove(connection: Connection, ids: Sequence[str]) -> int:
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        connection.execute(delete(runs).where(runs.c.checkup.in_(some)))
        connection.execute(delete(checkups).where(checkups.c.id.in_(some)))
    return len(ids)


def _sweep(connection: Connection) -> None:
    """Remove the evidence that no run stands on."""
    columns = (runs.c.body, runs.c.stdout, runs.c.stderr, notes.c.photo)
    used = union(*(select(each).where(each.is_not(None)) for each in columns))
    connection.execute(delete(evidence).where(evidence.c.id.not_in(used)))
