"""What a hub was given, to be looked for there: after a restore it lacks the newest of it.

Records were given in the order in which they were written. So of check-ups, happenings and notes a hub lacks
what is newer than the newest that it has. Runs without a check-up, cases and golden marks have no such order.
Each function works within one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, func, insert, or_, select

from utils.store.schema import boards, cases, checkups, golden, happenings, hubs, notes, outbox, runs

ORDERED = {
    "checkup": (checkups, checkups.c.started_at),
    "happening": (happenings, happenings.c.at),
    "note": (notes, notes.c.at),
}
_AT_ONCE = 400
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Given:
    """A record that left the outbox. place: its number among those of its kind. at: by this bench's clock."""

    record: str
    at: str
    place: int = 0


def joined_at(connection: Connection) -> str:
    """Since when records are given to this hub; "" where none is joined."""
    return connection.execute(select(hubs.c.joined_at)).scalar() or ""


def page(connection: Connection, kind: str, below: int | None, limit: int) -> list[Given]:
    """Those of a kind of ORDERED, newest first, from below this place on. What waits or is parked is not."""
    table, at = ORDERED[kind]
    query = select(table.c.id, at, table.c.seq).where(_left(table.c.id))
    if below is not None:
        query = query.where(table.c.seq < below)
    return [Given(*row) for row in connection.execute(query.order_by(table.c.seq.desc()).limit(limit))]


def loose_runs(connection: Connection, after: str, limit: int) -> list[Given]:
    """Runs of no check-up that has ended, by their ids from behind this one on, since the bench joined."""
    ended = runs.c.checkup.is_not(None) & runs.c.checkup.in_(select(checkups.c.id))
    query = select(runs.c.id, runs.c.asked_at).where(runs.c.id > after, ~ended, _left(runs.c.id))
    query = query.where(runs.c.asked_at >= joined_at(connection))
    return [Given(*row) for row in connection.execute(query.order_by(runs.c.id).limit(limit))]


def cases_since(connection: Connection) -> list[tuple[Given, bool]]:
    """Cases that were opened or closed since the bench joined, and whether each is closed."""
    since = joined_at(connection)
    changed = or_(cases.c.opened_at >= since, cases.c.closed_at >= since)
    query = select(cases.c.id, cases.c.opened_at, cases.c.closed_at).where(changed, _left(cases.c.id))
    rows = connection.execute(query.order_by(cases.c.seq))
    return [(Given(name, opened), closed is not None) for name, opened, closed in rows]


def golden_since(connection: Connection, at: str) -> list[str]:
    """The boards, by device id, whose golden check-up was chosen since then."""
    query = select(boards.c.device_id).join(golden, golden.c.board == boards.c.id)
    query = query.where(golden.c.at >= at, _left(boards.c.device_id))
    return list(connection.execute(query).scalars())


def runs_of(connection: Connection, checkup_ids: Sequence[str]) -> dict[str, list[str]]:
    """The runs of these check-ups, by check-up, in their order."""
    found: dict[str, list[str]] = {name: [] for name in checkup_ids}
    for some in _pieces(checkup_ids):
        query = select(runs.c.checkup, runs.c.id).where(runs.c.checkup.in_(some), _left(runs.c.id))
        for checkup, run in connection.execute(query.order_by(runs.c.position)):
            found[checkup].append(run)
    return found


def again(connection: Connection, records: Iterable[tuple[str, str]]) -> int:
    """Put these (kind, record) before all that waits: the hub gets everything in its order. How many."""
    rows = list(records)
    first = connection.execute(select(func.min(outbox.c.seq))).scalar()
    start = (1 if first is None else first) - len(rows)
    values = [{"seq": seq, "kind": kind, "record": record} for seq, (kind, record) in enumerate(rows, start)]
    for some in _pieces(values):
        connection.execute(insert(outbox), some)
    return len(rows)


def lacked(connection: Connection, ids: Sequence[str], closed: Sequence[str]) -> tuple[str, ...]:
    """At a hub: which of these records it has not, and which of these closed cases are open there."""
    here: set[str] = set()
    for table in (runs, checkups, happenings, notes, cases):
        here.update(connection.execute(select(table.c.id).where(table.c.id.in_(list(ids)))).scalars())
    still = select(cases.c.id).where(cases.c.id.in_(list(closed)), cases.c.closed_at.is_(None))
    open_here = set(connection.execute(still).scalars())
    return tuple(name for name in ids if name not in here or name in open_here)


def _left(column: Any) -> Any:
    """It is in the outbox no more: the hub had it."""
    return column.not_in(select(outbox.c.record))


def _pieces(items: Sequence[Item]) -> Iterator[list[Item]]:
    for start in range(0, len(items), _AT_ONCE):
        yield list(items[start : start + _AT_ONCE])
