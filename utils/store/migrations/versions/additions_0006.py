"""The lab: whose cases and notes are, and how far ahead a bench's clock was as its record arrived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns."""
    for table in ("cases", "notes"):
        op.add_column(table, sa.Column("station", sa.Text, nullable=False, server_default=""))
    for table in ("checkups", "runs", "happenings"):
        op.add_column(table, sa.Column("bench_ahead_s", sa.Float))
