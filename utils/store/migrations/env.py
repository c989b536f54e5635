"""Run the migrations on the connection that database.py hands over, within its transaction."""

from __future__ import annotations

from alembic import context

from utils.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
