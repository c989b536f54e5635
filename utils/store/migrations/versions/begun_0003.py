"""Check-ups that have begun, what an interrupted one did not come to, and values over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns, and the table of check-ups that run."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("checkups", sa.Column("measured", sa.JSON))
    op.add_column("checkups", sa.Column("pending", sa.JSON))
    op.create_table(
        "begun",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("origin", number, sa.ForeignKey("origins.id"), nullable=False),
        sa.Column("started_at", sa.Text, nullable=False),
        sa.Column("diagnostics", sa.JSON, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
    )
