"""Golden check-ups: the one that a board is compared with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of golden check-ups."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "golden",
        sa.Column("board", number, sa.ForeignKey("boards.id"), primary_key=True, autoincrement=False),
        sa.Column("checkup", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
