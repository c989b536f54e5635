"""Which records the hub has not: a row for each, written with the record itself, in the same transaction.

Rows are written only where this history's bench has joined a lab.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from utils.store.schema import boards, cases, checkups, golden, happenings, hubs, notes, outbox, runs

_JOINED = select(exists().select_from(hubs))
_WAITING = (
    select(outbox.c.seq, outbox.c.kind, outbox.c.record)
    .where(outbox.c.refused.is_(None))
    .order_by(outbox.c.seq)
    .limit(bindparam("limit"))
)
_COUNTS = select(func.count(), func.count(outbox.c.refused)).select_from(outbox)
_MADE = {
    "run": (runs.c.id, runs.c.asked_at),
    "checkup": (checkups.c.id, checkups.c.started_at),
    "happening": (happenings.c.id, happenings.c.at),
    "case": (cases.c.id, cases.c.opened_at),
    "note": (notes.c.id, notes.c.at),
    "golden": (boards.c.device_id, golden.c.at),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that waits. kind: "run", "checkup" or "happening"."""

    seq: int
    kind: str
    record: str


def add(connection: Connection, *records: tuple[str, str]) -> None:
    """Note that the hub is to get these records: kind and id, in their order."""
    if records and _joined(connection):
        connection.execute(insert(outbox), [{"kind": kind, "record": name} for kind, name in records])


def _joined(connection: Connection) -> bool:
    """Whether records are to be noted. A history that joined a lab once notes them from then on."""
    if not connection.info.get(hubs.name):
        connection.info[hubs.name] = bool(connection.execute(_JOINED).scalar())
    return bool(connection.info[hubs.name])


def join(connection: Connection, hub: str, at: str) -> None:
    """Note records for this hub from now on. What another hub did not get, this one gets."""
    if connection.execute(select(hubs.c.id)).scalar() != hub:
        connection.execute(delete(hubs))
        connection.execute(insert(hubs).values(id=hub, joined_at=at))


def waiting(connection: Connection, limit: int) -> list[Waiting]:
    """The oldest that wait, in the order in which they were written."""
    return [Waiting(*row) for row in connection.execute(_WAITING, {"limit": limit})]


def sent(connection: Connection, seqs: Collection[int]) -> None:
    """The hub has these."""
    connection.execute(delete(outbox).where(outbox.c.seq.in_(list(seqs))))


def park(connection: Connection, seq: int, why: str) -> None:
    """The hub never takes this one; it holds up nobody, and stays in the history here."""
    connection.execute(update(outbox).where(outbox.c.seq == seq).values(refused=why))


def oldest(connection: Connection) -> str | None:
    """When the oldest one that waits was made; None where none waits, or what does is not kept any more."""
    for first in waiting(connection, 1):
        name, at = _MADE[first.kind]
        query = select(at).where(name == first.record)
        if first.kind == "golden":
            query = query.join_from(golden, boards, golden.c.board == boards.c.id)
        return connection.execute(query).scalar()
    return None


def counts(connection: Connection) -> tuple[int, int]:
    """How many wait, and how many are parked."""
    every, parked = connection.execute(_COUNTS).one()
    return every - parked, parked
