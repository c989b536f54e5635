"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "boards",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("device_id", sa.Text, nullable=False, unique=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("first_seen", sa.Text, nullable=False),
        sa.Column("last_seen", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("checkup", sa.Text),
    )
    op.create_table(
        "origins",
        sa.Column("id", NUMBER, primary_key=True),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("bay", "who", "device", "program", "catalogue", "profile")
        ),
    )
    op.create_table(
        "evidence",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("sha256", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "checkups",
        sa.Column("seq", NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("board", NUMBER, sa.ForeignKey("boards.id")),
        sa.Column("origin", NUMBER, sa.ForeignKey("origins.id"), nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("duration_s", sa.Float, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.Column("clock_offset_s", sa.Float),
    )
    op.create_index("checkups_of_board", "checkups", ["board", "seq"])
    op.create_table(
        "runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("checkup", sa.Text),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("board", NUMBER, sa.ForeignKey("boards.id")),
        sa.Column("origin", NUMBER, sa.ForeignKey("origins.id"), nullable=False),
        sa.Column("diagnostic", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Text, nullable=False),
        sa.Column("started_at", sa.Text),
        sa.Column("duration_s", sa.Float),
        sa.Column("body", NUMBER, sa.ForeignKey("evidence.id"), nullable=False),
        sa.Column("stdout", NUMBER, sa.ForeignKey("evidence.id")),
        sa.Column("stderr", NUMBER, sa.ForeignKey("evidence.id")),
        sqlite_with_rowid=False,
    )
    op.create_index("runs_of_checkup", "runs", ["checkup"])
    op.create_table(
        "happenings",
        sa.Column("seq", NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("board", NUMBER, sa.ForeignKey("boards.id")),
        sa.Column("origin", NUMBER, sa.ForeignKey("origins.id"), nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("happenings_of_board", "happenings", ["board", "seq"])
