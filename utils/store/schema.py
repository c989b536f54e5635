"""The tables, the same on SQLite and PostgreSQL. A change here needs a migration beside it.

A row never changes once it is written, except a board's newest facts and the end of a case. Ids of records
are those of the API.
Times are ISO 8601 in UTC.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

HEAD = "0006"
"""The newest migration's name."""

metadata = MetaData()
RowNumber = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up an INTEGER alone

boards = Table(
    "boards",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("device_id", Text, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("facts", JSON, nullable=False),  # the fields of a Device, as they were seen last
    Column("first_seen", Text, nullable=False),
    Column("last_seen", Text, nullable=False),
    Column("verdict", Text),
    Column("checkup", Text),
)

origins = Table(
    "origins",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("bay", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("program", Text, nullable=False),
    Column("catalogue", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("station", Text, nullable=False, server_default=""),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", RowNumber, primary_key=True),
    Column("sha256", LargeBinary, nullable=False, unique=True),
    Column("size", Integer, nullable=False),  # bytes before packing
    Column("packed", LargeBinary, nullable=False),
)

checkups = Table(
    "checkups",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("board", RowNumber, ForeignKey("boards.id")),
    Column("origin", RowNumber, ForeignKey("origins.id"), nullable=False),
    Column("started_at", Text, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("clock_offset_s", Float),
    Column("measured", JSON(none_as_null=True)),  # what wears or drifts, by name
    Column("pending", JSON(none_as_null=True)),  # what an interrupted one did not come to
    Column("bench_ahead_s", Float),  # how far ahead its station's clock was as it arrived
    Index("checkups_of_board", "board", "seq"),
)

begun = Table(
    "begun",
    metadata,
    Column("id", Text, primary_key=True),
    Column("origin", RowNumber, ForeignKey("origins.id"), nullable=False),
    Column("started_at", Text, nullable=False),
    Column("diagnostics", JSON, nullable=False),
    Column("holder", Text, nullable=False),  # the program that runs it (holder.py)
)

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("checkup", Text),
    Column("position", SmallInteger, nullable=False),
    Column("board", RowNumber, ForeignKey("boards.id")),
    Column("origin", RowNumber, ForeignKey("origins.id"), nullable=False),
    Column("diagnostic", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("started_at", Text),
    Column("duration_s", Float),
    Column("body", RowNumber, ForeignKey("evidence.id"), nullable=False),
    Column("stdout", RowNumber, ForeignKey("evidence.id")),
    Column("stderr", RowNumber, ForeignKey("evidence.id")),
    Column("bench_ahead_s", Float),
    Index("runs_of_checkup", "checkup"),
    sqlite_with_rowid=False,
)

happenings = Table(
    "happenings",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("board", RowNumber, ForeignKey("boards.id")),
    Column("origin", RowNumber, ForeignKey("origins.id"), nullable=False),
    Column("at", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("bench_ahead_s", Float),
    Index("happenings_of_board", "board", "seq"),
)

golden = Table(
    "golden",
    metadata,
    Column("board", RowNumber, ForeignKey("boards.id"), primary_key=True, autoincrement=False),
    Column("checkup", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Text, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("board", RowNumber, ForeignKey("boards.id"), nullable=False),
    Column("work_order", Text, nullable=False),
    Column("technician", Text, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("closed_at", Text),
    Column("before", Text),  # the board's newest check-up as it was opened
    Column("after", Text),  # and as it was closed
    Column("station", Text, nullable=False, server_default=""),
    Index("cases_of_board", "board", "seq"),
)

notes = Table(
    "notes",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("board", RowNumber, ForeignKey("boards.id"), nullable=False),
    Column("case", Text),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("photo", RowNumber, ForeignKey("evidence.id")),
    Column("photo_type", Text),
    Column("station", Text, nullable=False, server_default=""),
    Index("notes_of_board", "board", "seq"),
)

hubs = Table(
    "hubs",
    metadata,
    Column("id", Text, primary_key=True),  # one row at most: the lab that this bench joined
    Column("joined_at", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("refused", Text),  # why the hub never takes it
)
