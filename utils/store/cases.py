"""Cases and notes in the tables: what people add to a board. Each function works within one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, Select, insert, select, update

from utils.clock import new_id
from utils.model.records import Case, Note
from utils.store import evidence
from utils.store.schema import boards, cases, checkups, notes

MOST = 200


def open_case(connection: Connection, board: int, *, work_order: str, technician: str, at: str) -> Case:
    """Begin a case; the newest check-up of the board is what it was before."""
    values = {"id": new_id(), "work_order": work_order, "technician": technician, "opened_at": at}
    connection.execute(insert(cases).values(**values, board=board, before=_newest(connection, board)))
    return _cases(connection, cases.c.id == values["id"])[0]


def close_case(connection: Connection, case_id: str, *, at: str) -> Case | None:
    """End it; the newest check-up since it was opened is what the board is after it. None: no such case."""
    found = connection.execute(select(cases).where(cases.c.id == case_id)).mappings().first()
    if found is None:
        return None
    if found["closed_at"] is None:
        newest = _newest(connection, found["board"])
        after = newest if newest != found["before"] else None
        connection.execute(update(cases).where(cases.c.id == case_id).values(closed_at=at, after=after))
    return _cases(connection, cases.c.id == case_id)[0]


def one_case(connection: Connection, case_id: str) -> Case | None:
    """The case of this id."""
    return next(iter(_cases(connection, cases.c.id == case_id)), None)


def cases_of(connection: Connection, rows: Sequence[int]) -> list[Case]:
    """The cases of a board, the newest first."""
    return _cases(connection, cases.c.board.in_(rows))


def add_note(
    connection: Connection, board: int, *, case: str | None, at: str, who: str, text: str,
    photo: bytes | None = None, photo_type: str | None = None,
) -> Note:  # fmt: skip
    """Keep a note, with a photo or without."""
    row = evidence.keep(connection, photo) if photo else None
    name = new_id()
    connection.execute(
        insert(notes).values(
            id=name, board=board, case=case, at=at, who=who, text=text, photo=row, photo_type=photo_type
        )
    )
    return Note(name, at, who, text, case, photo_type)


def one_note(connection: Connection, note_id: str) -> Note | None:
    """The note of this id."""
    row = connection.execute(select(notes).where(notes.c.id == note_id)).mappings().first()
    return _note(row) if row else None


def notes_of(connection: Connection, rows: Sequence[int], case: str | None = None) -> list[Note]:
    """The notes of a board, or of one case; the newest first."""
    query: Select[tuple[object, ...]] = select(notes).where(notes.c.board.in_(rows))
    if case:
        query = query.where(notes.c.case == case)
    found = connection.execute(query.order_by(notes.c.seq.desc()).limit(MOST)).mappings()
    return [_note(row) for row in found]


def photo(connection: Connection, note_id: str) -> tuple[bytes, str] | None:
    """A note's photo and its type."""
    row = connection.execute(select(notes).where(notes.c.id == note_id)).mappings().first()
    if row is None or row["photo"] is None:
        return None
    return evidence.get(connection, [row["photo"]])[row["photo"]], row["photo_type"]


def words(connection: Connection) -> dict[str, str]:
    """What a search of boards looks through besides their names: work orders, technicians and notes."""
    found: dict[str, list[str]] = {}
    for table, *columns in ((cases, cases.c.work_order, cases.c.technician), (notes, notes.c.text)):
        query = select(boards.c.device_id, *columns).join_from(table, boards, table.c.board == boards.c.id)
        for device_id, *said in connection.execute(query):
            found.setdefault(device_id, []).extend(said)
    return {name: " ".join(said).casefold() for name, said in found.items()}


def _note(row: RowMapping) -> Note:
    return Note(row["id"], row["at"], row["who"], row["text"], row["case"], row["photo_type"])


def _newest(connection: Connection, board: int) -> str | None:
    """The board's newest check-up that came to its end."""
    whole = (checkups.c.board == board, ~checkups.c.cancelled, checkups.c.pending.is_(None))
    query = select(checkups.c.id).where(*whole).order_by(checkups.c.seq.desc()).limit(1)
    return connection.execute(query).scalar()


def _cases(connection: Connection, wanted: object) -> list[Case]:
    query = select(cases, boards.c.device_id).join_from(cases, boards, cases.c.board == boards.c.id)
    rows = connection.execute(query.where(wanted).order_by(cases.c.seq.desc()).limit(MOST)).mappings()  # type: ignore[arg-type]
    return [_case(row) for row in rows]


def _case(row: RowMapping) -> Case:
    names = ("id", "device_id", "work_order", "technician", "opened_at", "closed_at", "before", "after")
    return Case(**{name: row[name] for name in names})
