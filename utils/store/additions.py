"""What people added to a board, as it goes to a hub and is kept there: cases, notes, photos, golden marks.

A note never changes. Of a case and of a golden mark the newest state is sent, whatever came between.
Each function works within one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from utils.errors import BadRequest
from utils.model.records import Case, Note
from utils.model.results import Device
from utils.store import cases, evidence, ledger
from utils.store import schema as tables
from utils.store.outbox import Waiting

KINDS = ("case", "note", "golden")
"""As the outbox calls them. The record of a golden mark is its board's device id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """device: the board. station: the bench that it came from, "" for what was made here."""

    id: str
    device: Device
    station: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedCase(Added):
    """A case as it is now."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedNote(Added):
    """A note with its photo."""

    note: Note
    photo: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedGolden(Added):
    """Which check-up of the board is golden; None: none is. at: since when."""

    checkup: str | None
    who: str
    at: str


AnyAdded = AddedCase | AddedNote | AddedGolden


def outgoing(connection: Connection, waiting: Waiting, now: str) -> AnyAdded | None:
    """What waits, as it is now; None: it is not kept any more."""
    match waiting.kind:
        case "case":
            return _case(connection, waiting.record)
        case "note":
            return _note(connection, waiting.record)
        case _:
            return _golden(connection, waiting.record, now)


def known(connection: Connection, ids: list[str]) -> set[str]:
    """Which of these notes are kept."""
    return set(connection.execute(select(tables.notes.c.id).where(tables.notes.c.id.in_(ids))).scalars())


_OF_A_CASE = ("work_order", "technician", "opened_at", "closed_at", "before", "after")


def take(connection: Connection, added: AnyAdded) -> None:
    """Keep it as its station's. BadRequest: another bench has it, or its check-up is not here."""
    board = _row_of(connection, added)
    match added:
        case AddedCase():
            _take_case(connection, board, added)
        case AddedNote():
            note = added.note
            if note.case is not None and _station_of(connection, note.case) not in (None, added.station):
                raise BadRequest("Another bench has this note's case.")
            row = evidence.keep(connection, added.photo) if added.photo else None
            its = {"photo": row, "photo_type": note.photo_type, "station": added.station}
            values = insert(tables.notes).values(id=note.id, board=board, at=note.at, who=note.who, **its)
            connection.execute(values.values(text=note.text, case=note.case))
        case AddedGolden():
            _take_golden(connection, board, added)


def _take_case(connection: Connection, board: int, added: AddedCase) -> None:
    case, table = added.case, tables.cases
    whose = _station_of(connection, case.id)
    its = {name: getattr(case, name) for name in _OF_A_CASE}
    if whose is None:
        connection.execute(insert(table).values(id=case.id, board=board, station=added.station, **its))
    elif whose != added.station:
        raise BadRequest("Another bench has this case.")
    else:
        connection.execute(update(table).where(table.c.id == case.id).values(**its))


def _station_of(connection: Connection, case: str) -> str | None:
    """The bench that a case came from; None where there is no such case."""
    query = select(tables.cases.c.station).where(tables.cases.c.id == case)
    found: str | None = connection.execute(query).scalar()
    return found


def _take_golden(connection: Connection, board: int, added: AddedGolden) -> None:
    """The newest word counts, whichever bench says it."""
    table = tables.golden
    newest = connection.execute(select(table.c.at).where(table.c.board == board)).scalar()
    if newest is not None and newest > added.at:
        return
    if added.checkup is not None:
        its = select(tables.checkups.c.board).where(tables.checkups.c.id == added.checkup)
        if connection.execute(its).scalar() != board:
            raise BadRequest("The golden check-up is not here: it was made before the bench joined.")
    connection.execute(delete(table).where(table.c.board == board))
    if added.checkup is not None:
        marked = insert(table).values(board=board, checkup=added.checkup, who=added.who, at=added.at)
        connection.execute(marked)


def _row_of(connection: Connection, added: AnyAdded) -> int:
    """The board's row; made with these facts where the board is new here."""
    at = added.case.opened_at if isinstance(added, AddedCase) else _at(added)
    return ledger.board_row(connection, added.device, at)


def _at(added: AddedNote | AddedGolden) -> str:
    return added.note.at if isinstance(added, AddedNote) else added.at


def _case(connection: Connection, name: str) -> AddedCase | None:
    found = cases.one_case(connection, name)
    board = _board_of(connection, tables.cases.c.id == name, tables.cases.c.board)
    return (
        AddedCase(id=name, device=ledger.device_of(board["facts"]), case=found) if found and board else None
    )


def _note(connection: Connection, name: str) -> AddedNote | None:
    board = _board_of(connection, tables.notes.c.id == name, tables.notes.c.board)
    note = cases.one_note(connection, name)
    if note is None or board is None:
        return None
    photo = cases.photo(connection, name)
    return AddedNote(
        id=name, device=ledger.device_of(board["facts"]), note=note, photo=photo[0] if photo else None
    )


def _golden(connection: Connection, device_id: str, now: str) -> AddedGolden | None:
    board = (
        connection.execute(select(tables.boards).where(tables.boards.c.device_id == device_id))
        .mappings()
        .first()
    )
    if board is None:
        return None
    query = select(tables.golden).where(tables.golden.c.board == board["id"])
    found = connection.execute(query).mappings().first()
    told = (found["checkup"], found["who"], found["at"]) if found else (None, "", now)
    return AddedGolden(
        id=device_id, device=ledger.device_of(board["facts"]), checkup=told[0], who=told[1], at=told[2]
    )


def _board_of(connection: Connection, wanted: object, column: object) -> RowMapping | None:
    query = select(tables.boards).where(tables.boards.c.id == select(column).where(wanted).scalar_subquery())  # type: ignore[call-overload]
    found: RowMapping | None = connection.execute(query).mappings().first()
    return found
