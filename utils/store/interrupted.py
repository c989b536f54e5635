"""Check-ups whose program was killed: what they came to is a check-up too, and says that it was cut off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, insert, select

from utils.clock import utc_text
from utils.model.outcome import Answer, outcome
from utils.store import evidence, holder, outbox
from utils.store.schema import begun, checkups, runs


def left(connection: Connection) -> list[str]:
    """The check-ups that have no end, and will have none."""
    day_ago = utc_text(holder.LONGEST_S)
    rows = connection.execute(select(begun.c.id, begun.c.holder, begun.c.started_at)).mappings()
    return [row["id"] for row in rows if row["started_at"] < day_ago or holder.gone(row["holder"])]


def settle(connection: Connection, ids: list[str]) -> None:
    """Keep what these came to. Who else settles one meanwhile wins."""
    for row in connection.execute(select(begun).where(begun.c.id.in_(ids))).mappings().all():
        connection.execute(insert(checkups).values(**_checkup(connection, row)))
        outbox.add(connection, ("checkup", row["id"]))
        connection.execute(delete(begun).where(begun.c.id == row["id"]))


def _checkup(connection: Connection, row: RowMapping) -> dict[str, object]:
    query = select(runs).where(runs.c.checkup == row["id"])
    done = connection.execute(query.order_by(runs.c.position)).mappings().all()
    boards = {run["board"] for run in done if run["board"] is not None}
    bodies = evidence.get(connection, [run["body"] for run in done])
    answers = {run["diagnostic"]: Answer.told(json.loads(bodies[run["body"]])) for run in done}
    ended = outcome(row["diagnostics"], answers)
    return {
        "id": row["id"],
        "board": boards.pop() if len(boards) == 1 else None,
        "origin": done[0]["origin"] if done else row["origin"],
        "started_at": row["started_at"],
        "duration_s": _lasted(row, done),
        "verdict": ended.verdict.value,
        "counts": ended.counts,
        "cancelled": False,
        "pending": list(ended.rest) or None,
    }


def _lasted(row: RowMapping, done: Sequence[RowMapping]) -> float:
    """Seconds to the end of the last run that was kept."""
    ends = [
        datetime.fromisoformat(run["started_at"]) + timedelta(seconds=run["duration_s"] or 0)
        for run in done
        if run["started_at"]
    ]
    began = datetime.fromisoformat(row["started_at"])
    return round(max([0.0, *((end - began).total_seconds() for end in ends)]), 3)
