"""A history as one file, and back: SQLite by its own back-up, PostgreSQL by pg_dump and pg_restore.

    reach, version = save(where, Path("history.dump"), env)    # a program may write meanwhile
    load(Path("history.dump"), where, env)                     # whole or not at all

env: the environment for PostgreSQL's programs. A copy is of one moment. A password goes to those programs by
their environment, never by an argument.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection, Table, func, inspect, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from utils.errors import ConfigError, HistoryTrouble, HistoryUnreachable
from utils.process import tied
from utils.store.database import Database, version_of
from utils.store.schema import HEAD, checkups, happenings, notes, runs

Extent = Mapping[str, int]
"""How far a history goes: the newest number of each kind of record, and how many runs. {}: there is none."""
_SECONDS = 3600
_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
"""  # PostgreSQL's own workers have no user
_NUMBERED: tuple[Table, ...] = (checkups, happenings, notes)


def save(where: str | Path, to: Path, env: Mapping[str, str]) -> tuple[Extent, str]:
    """Copy the history into this file: how far it goes, and its tables' version. HistoryTrouble, ConfigError.

    {}: there is no history, and no file.
    """
    if isinstance(where, Path):
        return _save_file(where, to)
    with _connected(where) as connection:
        if not (found := _reach(connection)):
            return {}, ""
        name = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        its = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={name}", f"--file={to}"]
        _run("pg_dump", where, env, *its)
        return found, version_of(connection) or ""


def load(source: Path, where: str | Path, env: Mapping[str, str]) -> None:
    """Put this copy in the place of whatever is there. HistoryTrouble, ConfigError: nothing was changed."""
    if isinstance(where, Path):
        for name in (where, *helpers(where)):
            name.unlink(missing_ok=True)
        os.replace(source, where)
        return
    how = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction"]
    _run("pg_restore", where, env, "--exit-on-error", *how, str(source))


def reach(where: str | Path) -> Extent:
    """How far the history goes that is there now. HistoryTrouble; ConfigError for one of a newer program."""
    if isinstance(where, Path) and not where.exists():
        return {}
    with _connected(where) as connection:
        if (version_of(connection) or "") > HEAD:
            raise ConfigError(
                "The history that is there was written by a newer version of this program.",
                hint="Use that version.",
            )
        return _reach(connection)


def in_use(where: str | Path) -> bool:
    """Whether another program has it open now. HistoryTrouble."""
    if not isinstance(where, Path):
        with _connected(where) as connection:
            return bool(connection.execute(text(_OTHERS)).scalar())
    if not where.exists():
        return False
    with contextlib.closing(sqlite3.connect(where, timeout=0)) as connection:
        try:  # to leave the write-ahead log one must be alone
            return bool(connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "wal")
        except sqlite3.OperationalError:
            return True
        except sqlite3.DatabaseError:  # no history at all
            return False


def is_newer(one: Extent, other: Extent) -> bool:
    """Whether one has records that the other has not."""
    return any(number > other.get(name, 0) for name, number in one.items())


def _save_file(where: Path, to: Path) -> tuple[Extent, str]:
    if not where.exists():
        return {}, ""
    try:
        with (
            contextlib.closing(sqlite3.connect(f"{where.resolve().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(to)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as exc:
        raise HistoryUnreachable(name=str(where), cause=type(exc).__name__) from exc
    with _connected(to) as connection:
        return _reach(connection), version_of(connection) or ""


@contextlib.contextmanager
def _connected(where: str | Path) -> Iterator[Connection]:
    """One look at it as it was at one moment; its tables stay as they are."""
    database = Database(where)
    engine = database.bare()
    try:
        level = {} if database.is_file else {"isolation_level": "REPEATABLE READ"}
        with engine.connect().execution_options(**level) as connection:
            yield connection
    except (SQLAlchemyError, OSError) as exc:
        raise HistoryUnreachable(name=database.name, cause=type(exc).__name__) from exc
    finally:
        engine.dispose()


def _reach(connection: Connection) -> Extent:
    there = inspect(connection)
    found = {
        table.name: int(connection.execute(select(func.max(table.c.seq))).scalar() or 0)
        for table in _NUMBERED
        if there.has_table(table.name)
    }
    if there.has_table(runs.name):
        found[runs.name] = int(connection.execute(select(func.count()).select_from(runs)).scalar_one())
    return found


def _run(program: str, where: str, env: Mapping[str, str], *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise ConfigError(
            f"A history in PostgreSQL needs {program}, which is not installed.",
            hint="Install PostgreSQL's client programs (Debian: postgresql-client).",
        )
    url = make_url(where).set(drivername="postgresql")
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    plain = url.set(password=None).render_as_string(hide_password=False)
    done = subprocess.run(
        tied([found, "--no-password", f"--dbname={plain}", *arguments]),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        env={**env, **secret}, timeout=_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        raise HistoryTrouble(
            f"{program} failed: {said}",
            hint=f"Use the {program} of the server's version or a newer one.",
        )


def helpers(where: Path) -> tuple[Path, Path]:
    """What SQLite has beside a history."""
    return where.with_name(f"{where.name}-wal"), where.with_name(f"{where.name}-shm")
