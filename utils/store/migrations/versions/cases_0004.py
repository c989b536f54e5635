"""Cases (a board and a job), and notes with photos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make both tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "cases",
        sa.Column("seq", number, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("board", number, sa.ForeignKey("boards.id"), nullable=False),
        sa.Column("work_order", sa.Text, nullable=False),
        sa.Column("technician", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
    )
    op.create_index("cases_of_board", "cases", ["board", "seq"])
    op.create_table(
        "notes",
        sa.Column("seq", number, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("board", number, sa.ForeignKey("boards.id"), nullable=False),
        sa.Column("case", sa.Text),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("photo", number, sa.ForeignKey("evidence.id")),
        sa.Column("photo_type", sa.Text),
    )
    op.create_index("notes_of_board", "notes", ["board", "seq"])
