"""The lab: a record's station, and which records the hub has not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column and both tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("origins", sa.Column("station", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "hubs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("joined_at", sa.Text, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", number, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("refused", sa.Text),
    )
