"""Which records the hub has not: a row for each, written with the record itself, in the same transaction.

Rows are written only where this history's bench has joined a lab.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, Text, bindparam, cast, delete, exists, func, insert, select, update

from utils.store.schema import hubs, outbox

_ADD = insert(outbox).from_select(
    ["kind", "record"],
    select(cast(bindparam("kind"), Text), cast(bindparam("record"), Text)).where(exists().select_from(hubs)),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that waits. kind: "run", "checkup" or "happening"."""

    seq: int
    kind: str
    record: str


def add(connection: Connection, kind: str, record: str) -> None:
    """Note that the hub is to get this record."""
    connection.execute(_ADD, {"kind": kind, "record": record})


def join(connection: Connection, hub: str, at: str) -> None:
    """Note records for this hub from now on. What another hub did not get, this one gets."""
    if connection.execute(select(hubs.c.id)).scalar() != hub:
        connection.execute(delete(hubs))
        connection.execute(insert(hubs).values(id=hub, joined_at=at))


def waiting(connection: Connection, limit: int) -> list[Waiting]:
    """The oldest that wait, in the order in which they were written."""
    query = select(outbox.c.seq, outbox.c.kind, outbox.c.record).where(outbox.c.refused.is_(None))
    return [Waiting(*row) for row in connection.execute(query.order_by(outbox.c.seq).limit(limit))]


def sent(connection: Connection, seqs: Collection[int]) -> None:
    """The hub has these."""
    connection.execute(delete(outbox).where(outbox.c.seq.in_(list(seqs))))


def park(connection: Connection, seq: int, why: str) -> None:
    """The hub never takes this one; it holds up nobody, and stays in the history here."""
    connection.execute(update(outbox).where(outbox.c.seq == seq).values(refused=why))


def counts(connection: Connection) -> tuple[int, int]:
    """How many wait, and how many are parked."""
    query = select(func.count(), func.count(outbox.c.refused))
    every, parked = connection.execute(query.select_from(outbox)).one()
    return every - parked, parked
