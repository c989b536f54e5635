"""What check-ups found, as a table of many boards needs it: the verdict and the sentence of each run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from utils.model.results import Verdict
from utils.store import evidence
from utils.store.schema import checkups, runs


@dataclass(frozen=True, slots=True)
class Said:
    """What a diagnostic said of a board."""

    diagnostic: str
    verdict: Verdict
    summary: str


@dataclass(frozen=True, slots=True)
class CheckupSaid:
    """What a check-up found. told: by diagnostic."""

    verdict: Verdict
    told: dict[str, Said]


def found(connection: Connection, ids: Sequence[str], most: int) -> dict[str, CheckupSaid]:
    """Those of these check-ups that are kept, by their ids; so many at most."""
    query = select(checkups.c.id, checkups.c.verdict).where(checkups.c.id.in_(ids)).limit(most)
    there = {name: CheckupSaid(Verdict(verdict), {}) for name, verdict in connection.execute(query)}
    ran = select(runs.c.checkup, runs.c.diagnostic, runs.c.verdict, runs.c.body)
    rows = connection.execute(ran.where(runs.c.checkup.in_(list(there))).order_by(runs.c.position)).all()
    bodies = evidence.get(connection, {row.body for row in rows})
    summaries = {row: str(json.loads(body)["summary"]) for row, body in bodies.items()}
    for row in rows:
        said = Said(row.diagnostic, Verdict(row.verdict), summaries[row.body])
        there[row.checkup].told[row.diagnostic] = said
    return there
