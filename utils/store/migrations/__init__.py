"""Alembic's migrations of the history, oldest first; database.py runs them."""
