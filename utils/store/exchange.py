"""What of a history goes to the hub of a lab, and what comes from stations into the hub's own.

A record is known by its id: it is kept once, however often it comes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, union_all

from utils.model.records import BareRun, BoardRecord
from utils.model.results import Verdict
from utils.store import additions, evidence, given, ledger, outbox, schema
from utils.store.archive import Archive, Sent

MOST_UNPACKED = 64 << 20
"""Bytes that one message of evidence may unpack to."""


@dataclass(frozen=True, slots=True)
class KeptVerdict:
    """Of a board's newest check-up that is kept, with its begin; None where there is none."""

    verdict: Verdict | None = None
    at: str | None = None


class Exchange:
    """Of one history. Every method raises HistoryTrouble."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._database = archive.database

    # --- a station's

    def join(self, hub: str, at: str) -> None:
        """Note records for this hub from now on."""
        with self._database.writing() as connection:
            outbox.join(connection, hub, at)

    def outgoing(self, limit: int) -> list[tuple[outbox.Waiting, Sent | None]]:
        """What the hub has not, oldest first, with its record; None: it is not kept any more."""
        return self._archive.outgoing(limit)

    def sent(self, seqs: Collection[int]) -> None:
        """The hub has these."""
        with self._database.writing() as connection:
            outbox.sent(connection, seqs)

    def park(self, seq: int, why: str) -> None:
        """The hub never takes this one."""
        with self._database.writing() as connection:
            outbox.park(connection, seq, why)

    def counts(self) -> tuple[int, int]:
        """How many records wait for the hub, and how many it does not take."""
        with self._database.reading() as connection:
            return outbox.counts(connection)

    def oldest(self) -> str | None:
        """When the oldest record was made that waits for the hub; None where none does."""
        with self._database.reading() as connection:
            return outbox.oldest(connection)

    def hashes_of(self, record: Sent) -> Mapping[str, str]:
        """The SHA-256 of what a record stands on, by its column."""
        if isinstance(record, additions.AddedNote):
            return {"photo": evidence.hash_of(record.photo)} if record.photo else {}
        return record.evidence if isinstance(record, BareRun) else {}

    def packed(self, hashes: Collection[str]) -> list[tuple[bytes, int]]:
        """Evidence as it is kept, which a hub can read, with the bytes that it unpacks to."""
        with self._database.reading() as connection:
            found = evidence.packed(connection, hashes).values()
            return [(each, len(evidence.unpack(each))) for each in found]  # what is damaged goes to nobody

    def had(self, kind: str, below: int | None, limit: int) -> list[given.Given]:
        """Check-ups, happenings or notes that the hub had, newest first, from below this place on."""
        with self._database.reading() as connection:
            return given.page(connection, kind, below, limit)

    def had_loose(self, after: str, limit: int) -> list[given.Given]:
        """Runs of no check-up that the hub had, by their ids, from behind this one on."""
        with self._database.reading() as connection:
            return given.loose_runs(connection, after, limit)

    def had_cases(self) -> list[tuple[given.Given, bool]]:
        """Cases that the hub had, and whether each is closed here."""
        with self._database.reading() as connection:
            return given.cases_since(connection)

    def joined_at(self) -> str:
        """Since when records are given to this hub."""
        with self._database.reading() as connection:
            return given.joined_at(connection)

    def give_again(self, records: Iterable[tuple[str, str]], golden_since: str = "") -> int:
        """Put these (kind, record) before all that waits; a check-up brings its runs. How many that were.

        golden_since: and the golden marks that were made since then.
        """
        listed = list(records)
        with self._database.writing() as connection:
            its = given.runs_of(connection, [name for kind, name in listed if kind == "checkup"])
            rows = [
                row
                for kind, name in listed
                for row in (*(("run", run) for run in its.get(name, ())), (kind, name))
            ]
            marks = given.golden_since(connection, golden_since) if golden_since else []
            return given.again(connection, [*rows, *(("golden", board) for board in marks)])

    # --- a hub's

    def lacked(self, ids: Sequence[str], closed: Sequence[str]) -> tuple[str, ...]:
        """Which of these records are not here, and which of these cases are still open here."""
        with self._database.reading() as connection:
            return given.lacked(connection, ids, closed)

    def unpacked(self, pieces: Sequence[bytes]) -> list[bytes]:
        """Evidence that was sent; ValueError where it is damaged, or more than fits."""
        found: list[bytes] = []
        for piece in pieces:
            found.append(evidence.unpack(piece))
            if sum(map(len, found)) > MOST_UNPACKED:
                raise ValueError("too much evidence at once")
        return found

    def keep_evidence(self, contents: Iterable[bytes]) -> None:
        """Keep what records stand on that come next."""
        named = {evidence.hash_of(each): each for each in contents}
        with self._database.writing() as connection:
            evidence.put(connection, named)

    def contents(self, hashes: Collection[str]) -> dict[str, bytes]:
        """The evidence with these SHA-256, as far as it is here."""
        if not hashes:
            return {}
        with self._database.reading() as connection:
            return evidence.contents(connection, hashes)

    def known(self, ids: Ids, hashes: Collection[str]) -> tuple[set[str], dict[str, int]]:
        """Which of these records are kept, and the rows of this evidence as far as it is."""
        with self._database.reading() as connection:
            return _known(connection, ids), evidence.rows(connection, hashes)

    def of_others(self, station: str, checkup_ids: Collection[str]) -> set[str]:
        """Which of these check-ups another bench has."""
        whose = select(schema.checkups.c.id).join_from(schema.checkups, schema.origins)
        query = whose.where(schema.checkups.c.id.in_(checkup_ids), schema.origins.c.station != station)
        with self._database.reading() as connection:
            return set(connection.execute(query).scalars())

    def newest_verdicts(self, device_ids: Collection[str]) -> dict[str, KeptVerdict]:
        """By board, all of these."""
        found = dict.fromkeys(device_ids, KeptVerdict())
        with self._database.reading() as connection:
            rows = connection.execute(_VERDICTS, {"boards": list(device_ids)})
            return found | {board: KeptVerdict(Verdict(verdict), at) for board, verdict, at in rows}

    def take_added(self, added: additions.AnyAdded) -> None:
        """Keep what people added to a board. BadRequest where it cannot be; a known note stays."""
        with self._database.writing() as connection:
            if added.id not in additions.known(connection, [added.id]):
                additions.take(connection, added)

    def take(self, records: Sequence[BoardRecord], rows: Mapping[str, int]) -> list[BoardRecord]:
        """Keep those that are new, all or none. Which ones they were. rows: of their evidence, which is here.
        Where it was removed meanwhile none is kept."""
        ids: dict[str, list[str]] = {}
        for each in records:
            ids.setdefault(ledger.kind_of(each), []).append(each.id)
        with self._database.writing() as connection:
            known = _known(connection, ids)
            new = list({each.id: each for each in records if each.id not in known}.values())
            ledger.write(connection, *new, kept=rows)
        return new


Ids = Mapping[str, Sequence[str]]
"""Of records, by their kind."""
_TABLES = {
    "run": schema.runs, "checkup": schema.checkups, "happening": schema.happenings, "note": schema.notes,
}  # fmt: skip
_KNOWN = union_all(
    *(
        select(table.c.id).where(table.c.id.in_(bindparam(kind, expanding=True)))
        for kind, table in _TABLES.items()
    )
)
_VERDICTS = (
    select(schema.boards.c.device_id, schema.boards.c.verdict, schema.checkups.c.started_at)
    .join_from(schema.boards, schema.checkups, schema.boards.c.checkup == schema.checkups.c.id)
    .where(schema.boards.c.device_id.in_(bindparam("boards", expanding=True)))
)


def _known(connection: Connection, ids: Ids) -> set[str]:
    """A case or a golden mark is never known: its newest word counts."""
    return set(connection.execute(_KNOWN, {kind: ids.get(kind, []) for kind in _TABLES}).scalars())
