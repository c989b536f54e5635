"""What is kept, read and written: one method for each question. Every method raises HistoryTrouble."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    select,
    union_all,
)

from utils.clock import utc_text
from utils.model.records import (
    GOOD,
    BareRun,
    BoardRecord,
    Case,
    CheckupRecord,
    Happening,
    Kind,
    Note,
    Origin,
    Record,
    RememberedBoard,
    RunRecord,
    WholeCheckup,
)
from utils.model.results import Device, Verdict
from utils.store import additions, cases, evidence, interrupted, ledger, outbox, said, tidying
from utils.store.database import Database
from utils.store.schema import boards, checkups, golden, happenings, origins, runs

Sent = BoardRecord | additions.AnyAdded
"""What a hub gets."""
MOST = 200
"""Check-ups or happenings that one answer lists."""
_SIBLINGS = 1000  # check-ups that a band stands on
_AMONG = 10_000  # of any board, in which they are looked for: a long history costs no more
_ORIGIN = ("bay", "who", "device", "program", "catalogue", "profile", "station")
_EVIDENCE = ("body", "stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A check-up that another one may be compared with."""

    id: str
    started_at: str
    verdict: Verdict


class Archive:
    """Of a file or of a server's address."""

    def __init__(self, where: str | Path) -> None:
        self.database = Database(where)

    def write(self, records: Iterable[Record]) -> None:
        """Add the records, all of them or none."""
        with self.database.writing() as connection:
            ledger.write(connection, *records)

    def run(self, run_id: str) -> RunRecord | None:
        """The run of this id."""
        with self.database.reading() as connection:
            return next(iter(_runs(connection, runs.c.id == run_id)), None)

    def settle(self) -> None:
        """Keep what check-ups came to whose program was killed."""
        with self.database.reading() as connection:
            left = interrupted.left(connection)
        if left:
            with self.database.writing() as connection:
                interrupted.settle(connection, left)

    def checkup(self, checkup_id: str) -> CheckupRecord | None:
        """The check-up of this id."""
        with self.database.reading() as connection:
            return next(iter(_checkups(connection, checkups.c.id == checkup_id)), None)

    def whole(self, checkup_id: str) -> WholeCheckup | None:
        """The check-up of this id, with its runs."""
        self.settle()
        with self.database.reading() as connection:
            found = _checkups(connection, checkups.c.id == checkup_id)
            if not found:
                return None
            return WholeCheckup(found[0], _runs(connection, runs.c.checkup == checkup_id))

    def found(self, checkup_ids: Sequence[str], most: int) -> dict[str, said.CheckupSaid]:
        """Of these check-ups those that are kept, by id: every verdict and sentence, so many at most."""
        with self.database.reading() as connection:
            return said.found(connection, checkup_ids, most)

    def checkups(
        self, device_ids: Sequence[str], *, before: str = "", limit: int = 20
    ) -> list[CheckupRecord]:
        """The newest check-ups of a board, by any of its ids; before: those older than this check-up."""
        self.settle()
        with self.database.reading() as connection:
            older = [checkups.c.seq < _seq(before)] if before else []
            most = min(limit, MOST)
            wanted = _newest_of(checkups, _rows_of(connection, device_ids), most, *older)
            return _checkups(connection, wanted, limit=most)

    def earlier(self, device_ids: Sequence[str], *, before: str, checks: float) -> Sequence[Earlier]:
        """A board's check-ups before this one that came to their end with so many checks, the newest first.

        Up to the one that was good, which is the last. Looks MOST check-ups back.
        """
        columns = [checkups.c[name] for name in ("id", "started_at", "verdict", "counts", "cancelled")]
        found: list[Earlier] = []
        with self.database.reading() as connection:
            rows = _rows_of(connection, device_ids)
            wanted = _newest_of(checkups, rows, MOST, checkups.c.seq < _seq(before))
            query = select(*columns, checkups.c.pending.is_(None)).where(wanted)
            for row in connection.execute(query.order_by(checkups.c.seq.desc()).limit(MOST)):
                name, started_at, verdict, counts, cancelled, whole = tuple(row)
                if whole and not cancelled and sum(counts.values()) >= checks:
                    found.append(Earlier(name, started_at, Verdict(verdict)))
                    if found[-1].verdict in GOOD:
                        break
        return found

    def mark_golden(self, checkup_id: str, *, who: str, at: str) -> bool:
        """Make it the check-up that its board is compared with. False where no board has such a check-up."""
        with self.database.writing() as connection:
            query = select(checkups.c.board).where(checkups.c.id == checkup_id)
            board = connection.execute(query).scalar()
            if board is None:
                return False
            connection.execute(delete(golden).where(golden.c.board == board))
            connection.execute(insert(golden).values(board=board, checkup=checkup_id, who=who, at=at))
            outbox.add(connection, ("golden", _device_id(connection, board)))
            return True

    def unmark_golden(self, checkup_id: str) -> None:
        """Its board has no golden check-up any more, if it was this one."""
        with self.database.writing() as connection:
            gone = delete(golden).where(golden.c.checkup == checkup_id).returning(golden.c.board)
            for board in connection.execute(gone).scalars().all():
                outbox.add(connection, ("golden", _device_id(connection, board)))

    def golden(self, device_ids: Sequence[str]) -> str | None:
        """The id of a board's golden check-up."""
        query = select(golden.c.checkup).join(boards, golden.c.board == boards.c.id)
        with self.database.reading() as connection:
            return connection.execute(query.where(boards.c.device_id.in_(list(device_ids)))).scalar()

    def newest(self) -> str:
        """When the newest check-up was begun; "" where there is none."""
        with self.database.reading() as connection:
            query = select(checkups.c.started_at).order_by(checkups.c.seq.desc()).limit(1)
            return connection.execute(query).scalar() or ""

    def tidy(self, *, oldest: str, most_bytes: int = tidying.MOST_BYTES) -> int:
        """Remove what is too old or too much. How many check-ups that were."""
        with self.database.reading() as connection:
            if not tidying.due(connection, oldest=oldest, most_bytes=most_bytes):
                return 0
        with self.database.writing() as connection:
            return tidying.tidy(connection, oldest=oldest, most_bytes=most_bytes)

    def open_case(
        self, device_ids: Sequence[str], *, work_order: str, technician: str, at: str
    ) -> Case | None:
        """Begin a case of a board. None where the history has no such board."""
        with self.database.writing() as connection:
            rows = _rows_of(connection, device_ids)
            told = {"work_order": work_order, "technician": technician, "at": at}
            if not rows:
                return None
            made = cases.open_case(connection, rows[0], **told)
            outbox.add(connection, ("case", made.id))
            return made

    def close_case(self, case_id: str, *, at: str) -> Case | None:
        """End a case; a closed one stays as it is. None: there is no such case."""
        with self.database.writing() as connection:
            closed = cases.close_case(connection, case_id, at=at)
            if closed is not None and closed.closed_at == at:
                outbox.add(connection, ("case", case_id))
            return closed

    def case(self, case_id: str) -> Case | None:
        """The case of this id."""
        with self.database.reading() as connection:
            return cases.one_case(connection, case_id)

    def cases(self, device_ids: Sequence[str]) -> list[Case]:
        """The cases of a board, the newest first."""
        with self.database.reading() as connection:
            return cases.cases_of(connection, _rows_of(connection, device_ids))

    def add_note(
        self, device_ids: Sequence[str], *, case: str | None, at: str, who: str, text: str,
        photo: bytes | None = None, photo_type: str | None = None,
    ) -> Note | None:  # fmt: skip
        """Keep a note of a board. None where the history has no such board."""
        with self.database.writing() as connection:
            rows = _rows_of(connection, device_ids)
            if not rows:
                return None
            its = {"case": case, "at": at, "who": who, "text": text}
            made = cases.add_note(connection, rows[0], **its, photo=photo, photo_type=photo_type)  # type: ignore[arg-type]
            outbox.add(connection, ("note", made.id))
            return made

    def notes(self, device_ids: Sequence[str], case: str | None = None) -> list[Note]:
        """The notes of a board, or those of one of its cases; the newest first."""
        with self.database.reading() as connection:
            return cases.notes_of(connection, _rows_of(connection, device_ids), case)

    def photo(self, note_id: str) -> tuple[bytes, str] | None:
        """A note's photo and its type."""
        with self.database.reading() as connection:
            return cases.photo(connection, note_id)

    def written_words(self) -> dict[str, str]:
        """Work orders, technicians and notes, by device id: for a search."""
        with self.database.reading() as connection:
            return cases.words(connection)

    def siblings(self, device: Device) -> dict[str, list[float]]:
        """What other boards of the same model and release measured in good check-ups, by name; the newest."""
        with self.database.reading() as connection:
            rows = _siblings(connection, device)
            newest = connection.execute(select(func.max(checkups.c.seq))).scalar() if rows else None
            if newest is None:
                return {}
            good = (checkups.c.board.in_(rows), checkups.c.verdict.in_([each.value for each in GOOD]))
            whole = (~checkups.c.cancelled, checkups.c.pending.is_(None), checkups.c.measured.is_not(None))
            query = select(checkups.c.measured).where(*good, *whole, checkups.c.seq > newest - _AMONG)
            query = query.order_by(checkups.c.seq.desc())
            found: dict[str, list[float]] = {}
            for measured in connection.execute(query.limit(_SIBLINGS)).scalars():
                for name, value in measured.items():
                    found.setdefault(name, []).append(value)
            return found

    def boards(self) -> list[RememberedBoard]:
        """Every board that has a record, the one that was seen last first."""
        with self.database.reading() as connection:
            rows = connection.execute(select(boards).order_by(boards.c.last_seen.desc())).mappings()
            return [_board(row) for row in rows]

    def happenings(self, device_ids: Sequence[str]) -> list[Happening]:
        """What else happened to a board, the newest first."""
        with self.database.reading() as connection:
            rows = _rows_of(connection, device_ids)
            return _happenings(connection, _newest_of(happenings, rows, MOST))

    def outgoing(self, limit: int) -> list[tuple[outbox.Waiting, Sent | None]]:
        """What the hub has not, oldest first, with its record; None: it is not kept any more."""
        with self.database.reading() as connection:
            some = outbox.waiting(connection, limit)
            found = _records(connection, some)
            return [(each, found.get((each.kind, each.record))) for each in some]


def _newest_of(
    table: Table, rows: Sequence[int], limit: int, *more: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Which rows the newest of these boards are among: a board whose identity changed is more than one.

    One by one each is found by the index. Together the database would sort all that there is of them.
    """
    if len(rows) < 2:
        return and_(table.c.board.in_(rows), *more)
    each = [
        select(table.c.seq).where(table.c.board == row, *more).order_by(table.c.seq.desc()).limit(limit)
        for row in rows
    ]
    return table.c.seq.in_(union_all(*(select(one.subquery().c.seq) for one in each)))


def _happenings(connection: Connection, wanted: ColumnElement[bool]) -> list[Happening]:
    query = _joined(happenings).where(wanted).order_by(happenings.c.seq.desc()).limit(MOST)
    whose = _Whose()
    return [
        Happening(
            id=row["id"],
            kind=Kind(row["kind"]),
            at=row["at"],
            facts=row["facts"],
            bench_ahead_s=row["bench_ahead_s"],
            **whose(row),
        )
        for row in connection.execute(query).mappings()
    ]


def _records(connection: Connection, some: Sequence[outbox.Waiting]) -> dict[tuple[str, str], Sent]:
    """What waits, as far as it is kept: one question for all of a kind."""
    ids: dict[str, list[str]] = {}
    found: dict[tuple[str, str], Sent] = {}
    for each in some:
        if each.kind not in additions.KINDS:
            ids.setdefault(each.kind, []).append(each.record)
        elif (added := additions.outgoing(connection, each, utc_text())) is not None:
            found[each.kind, each.record] = added
    for kind, its in ids.items():
        found |= {(kind, record.id): record for record in _of_kind(connection, kind, its)}
    return found


def _of_kind(connection: Connection, kind: str, ids: Sequence[str]) -> Sequence[BoardRecord]:
    match kind:
        case "run":
            return _bare_runs(connection, ids)
        case "checkup":
            return _checkups(connection, checkups.c.id.in_(ids), limit=len(ids))
        case _:
            return _happenings(connection, happenings.c.id.in_(ids))


def _joined(of: Table) -> Select[Any]:
    """Rows of this table, each with its origin and its board."""
    its = [origins.c[name] for name in _ORIGIN]
    query = select(of, *its, boards.c.device_id, cast(boards.c.facts, Text).label("device_facts"))
    return query.join_from(of, origins, of.c.origin == origins.c.id).outerjoin(
        boards, of.c.board == boards.c.id
    )


def _siblings(connection: Connection, device: Device) -> list[int]:
    """The rows of other boards of this model and release."""
    if not device.model or not device.release:
        return []
    query = select(boards.c.id, boards.c.facts).where(boards.c.device_id != device.device_id)
    alike = {"model": device.model, "release": device.release}
    return [row for row, facts in connection.execute(query) if alike.items() <= facts.items()]


def _rows_of(connection: Connection, device_ids: Sequence[str]) -> Sequence[int]:
    """The rows of these boards: by their numbers the database uses its index for certain."""
    query = select(boards.c.id).where(boards.c.device_id.in_(list(device_ids)))
    return connection.execute(query).scalars().all()


def _device_id(connection: Connection, row: int) -> str:
    return str(connection.execute(select(boards.c.device_id).where(boards.c.id == row)).scalar_one())


def _seq(checkup_id: str) -> Any:
    return select(checkups.c.seq).where(checkups.c.id == checkup_id).scalar_subquery()


def _runs(connection: Connection, wanted: ColumnElement[bool]) -> list[RunRecord]:
    query = _joined(runs).where(wanted).order_by(runs.c.position)
    rows = list(connection.execute(query).mappings())
    whose = _Whose()
    used = [row[name] for row in rows for name in _EVIDENCE if row[name] is not None]
    contents = evidence.get(connection, used)
    return [
        RunRecord(
            id=row["id"],
            diagnostic=row["diagnostic"],
            started_at=row["asked_at"],
            bench_ahead_s=row["bench_ahead_s"],
            result=ledger.result_of(dict(row), contents),
            checkup=row["checkup"],
            position=row["position"],
            **whose(row),
        )
        for row in rows
    ]


def _bare_runs(connection: Connection, ids: Sequence[str]) -> list[BareRun]:
    rows = list(connection.execute(_joined(runs).where(runs.c.id.in_(ids))).mappings())
    whose = _Whose()
    used = [row[name] for row in rows for name in _EVIDENCE if row[name] is not None]
    hashes = evidence.hashes_of(connection, used)
    return [
        BareRun(
            id=row["id"],
            diagnostic=row["diagnostic"],
            started_at=row["asked_at"],
            bench_ahead_s=row["bench_ahead_s"],
            checkup=row["checkup"],
            position=row["position"],
            verdict=Verdict(row["verdict"]),
            began_at=row["started_at"],
            duration_s=row["duration_s"],
            evidence={name: hashes[row[name]] for name in _EVIDENCE if row[name] is not None},
            **whose(row),
        )
        for row in rows
    ]


def _checkups(connection: Connection, *wanted: ColumnElement[bool], limit: int = 1) -> list[CheckupRecord]:
    query = _joined(checkups).where(*wanted).order_by(checkups.c.seq.desc()).limit(limit)
    whose = _Whose()
    return [
        CheckupRecord(
            id=row["id"],
            started_at=row["started_at"],
            duration_s=row["duration_s"],
            verdict=Verdict(row["verdict"]),
            counts=row["counts"],
            cancelled=row["cancelled"],
            clock_offset_s=row["clock_offset_s"],
            measured=row["measured"] or {},
            pending=None if row["pending"] is None else tuple(row["pending"]),
            bench_ahead_s=row["bench_ahead_s"],
            **whose(row),
        )
        for row in connection.execute(query).mappings()
    ]


class _Whose:
    """Origin and board of the rows of one answer; most have the same ones, so each is made once."""

    def __init__(self) -> None:
        self._origins: dict[tuple[str, ...], Origin] = {}
        self._devices: dict[str, Device] = {}

    def __call__(self, row: RowMapping) -> dict[str, Any]:
        key = tuple(row[name] for name in _ORIGIN)
        if key not in self._origins:
            self._origins[key] = Origin(**dict(zip(_ORIGIN, key, strict=True)))
        return {"origin": self._origins[key], "device": self._device(row)}

    def _device(self, row: RowMapping) -> Device | None:
        name = row["device_id"]
        if name is None:
            return None
        if name not in self._devices:
            self._devices[name] = ledger.device_of(json.loads(row["device_facts"]))
        return self._devices[name]


def _board(row: RowMapping) -> RememberedBoard:
    its = {name: row[name] for name in ("label", "first_seen", "last_seen", "verdict", "checkup")}
    return RememberedBoard(device=ledger.device_of(row["facts"]), **its)
