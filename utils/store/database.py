"""Open the database: SQLite in the data folder, or PostgreSQL. Migrates it, and says what its errors mean.

SQLite runs with a write-ahead log, so that the server and a command line read and write at once. Who writes
holds the one lock for it from the beginning, on both databases, and waits BUSY_S for it. SQLite's log reaches
the disk at its own pace. A killed program loses nothing; a power cut may lose the last seconds.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    make_url,
    select,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from utils.errors import (
    HistoryDamaged,
    HistoryFull,
    HistoryLocked,
    HistoryNewer,
    HistoryTrouble,
    HistoryUnreachable,
)
from utils.folders import make_private, open_private
from utils.store.schema import HEAD, metadata

BUSY_S = 5
_LAST_WAIT_S = 0.3  # for who still reads as this program ends
_LOCK = 0x7633  # the number of PostgreSQL's lock for who writes
_UPGRADING = threading.Lock()  # alembic keeps what it works on in its module, for all threads of a program
_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


class Database:
    """Opened at first use; what cannot be opened is tried again at the next."""

    def __init__(self, where: str | Path) -> None:
        self._url = _url(where)
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    @property
    def name(self) -> str:
        """For people: the file, or the server without the password."""
        return self._url.database or "" if self.is_file else self._url.render_as_string(hide_password=True)

    @property
    def is_file(self) -> bool:
        """Whether it is a file of this laptop."""
        return self._url.get_backend_name() == "sqlite"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to look records up; HistoryTrouble."""
        with self._translated(), self.engine().connect() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is kept whole or not at all; HistoryTrouble."""
        with self._translated(), _writing(self.engine()) as connection:
            yield connection

    def engine(self) -> Engine:
        """The open database; HistoryTrouble."""
        with self._lock:
            if self._engine is None:
                self._engine = self._opened()
            return self._engine

    def bare(self) -> Engine:
        """A new engine for what is there, whatever its version. Whoever asks disposes of it."""
        return self._made()

    def fold(self) -> None:
        """Bring SQLite's write-ahead log into the file: it may hold megabytes, and no later program may come.

        A reader that goes on when this program ends would keep SQLite from doing so by itself.
        """
        with self._lock:
            engine = self._engine if self.is_file else None
        if engine is not None:
            with contextlib.suppress(SQLAlchemyError), engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {_LAST_WAIT_S * 1000:.0f}")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.invalidate()  # nobody else may get it with this short a patience

    def close(self) -> None:
        """Let go of its connections."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def _opened(self) -> Engine:
        try:
            engine = self._made()
        except ImportError as exc:
            raise HistoryUnreachable(
                "PostgreSQL needs the Python package psycopg, which is not installed.",
                hint="Install it (pip install 'psycopg[binary]'), or unset V3_DATABASE_URL.",
            ) from exc
        try:
            if self.is_file and self._url.database:
                _make_file(Path(self._url.database))
            _migrate(engine, self.name)
        except (SQLAlchemyError, OSError) as exc:
            engine.dispose()
            raise self._trouble(exc) from exc
        except HistoryTrouble:
            engine.dispose()
            raise
        return engine

    def _made(self) -> Engine:
        more: dict[str, Any] = {"hide_parameters": True}
        if self.is_file:
            more |= {"connect_args": {"timeout": BUSY_S, "check_same_thread": False}}
            # In memory: one connection alone, which one thread after the other uses.
            more |= {} if self._url.database else {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
        else:
            options = f"-c lock_timeout={BUSY_S * 1000}"
            more |= {"connect_args": {"connect_timeout": BUSY_S, "options": options}, "pool_pre_ping": True}
        engine = create_engine(self._url, **more)
        if self.is_file:
            event.listen(engine, "connect", _prepare)
        return engine

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as exc:
            raise self._trouble(exc) from exc
        except (ValueError, KeyError, TypeError) as exc:  # what is kept there is not what was written
            raise HistoryDamaged(name=self.name, cause=type(exc).__name__) from exc

    def _trouble(self, exc: Exception) -> HistoryTrouble:
        """A foreign exception as ours: the one table of what goes wrong with a database."""
        cause: Any = exc.orig if isinstance(exc, DBAPIError) else exc
        if isinstance(cause, sqlite3.Error):
            kind = _of_sqlite(getattr(cause, "sqlite_errorname", ""))
        elif isinstance(cause, OSError):
            kind = HistoryFull if cause.errno in (errno.ENOSPC, errno.EDQUOT) else HistoryUnreachable
        else:
            kind = _of_postgresql(getattr(cause, "sqlstate", None) or "")
        return kind(name=self.name, cause=type(cause).__name__)


def _of_sqlite(name: str) -> type[HistoryTrouble]:
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return HistoryLocked
    if name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE"):
        return HistoryFull
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return HistoryDamaged
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_IOERR", "SQLITE_AUTH")):
        return HistoryUnreachable
    return HistoryDamaged  # a table or a column that is not as it was made


def _of_postgresql(state: str) -> type[HistoryTrouble]:
    if state.startswith("53"):
        return HistoryFull
    if state in ("55P03", "57014", "40P01"):
        return HistoryLocked
    if state.startswith(("42", "XX")):
        return HistoryDamaged
    return HistoryUnreachable


def _url(where: str | Path) -> URL:
    """A file's (an empty path: in memory), or the server's with the driver that is used here."""
    if isinstance(where, Path):
        return URL.create("sqlite", database=str(where) if where.name else None)
    return make_url(where).set(drivername="postgresql+psycopg")


def _make_file(path: Path) -> None:
    """The file and its folder, for this user alone; SQLite gives its helper files the same mode."""
    make_private(path.parent)
    os.close(open_private(path, os.O_RDWR | os.O_CREAT))


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # this file begins transactions, not the driver
    _log_ahead(connection)
    for pragma in ("synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _log_ahead(connection: Any) -> None:
    """Where two programs open a new file at once, SQLite refuses one of them without any patience."""
    until = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() >= until:
                raise
            time.sleep(0.01)


@contextlib.contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that takes at once the one lock of who writes.

    Who turns from reading to writing halfway may be refused.
    """
    with engine.begin() as connection:
        sqlite = engine.dialect.name == "sqlite"
        connection.exec_driver_sql("BEGIN IMMEDIATE" if sqlite else f"SELECT pg_advisory_xact_lock({_LOCK})")
        yield connection


def _migrate(engine: Engine, name: str) -> None:
    """Bring the tables to HEAD, one program at a time; HistoryNewer where a newer program was first."""
    with engine.connect() as connection:
        if version_of(connection) == HEAD:
            return
    with _writing(engine) as connection, _UPGRADING:
        if not inspect(connection).get_table_names():
            _make_tables(connection)
        elif version_of(connection) != HEAD:
            _upgrade(connection, name)


def _make_tables(connection: Connection) -> None:
    """Make what all migrations together make: to load alembic takes longer than anything else here."""
    metadata.create_all(connection, checkfirst=False)
    _VERSION.create(connection)
    connection.execute(insert(_VERSION).values(version_num=HEAD))


def version_of(connection: Connection) -> str | None:
    """The newest migration that its tables have; None where there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def _upgrade(connection: Connection, name: str) -> None:
    from alembic import command, config, script
    from alembic.util import CommandError

    settings = config.Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    settings.attributes["connection"] = connection
    version = version_of(connection)
    try:
        script.ScriptDirectory.from_config(settings).get_revision(version or HEAD)
    except CommandError as exc:
        raise HistoryNewer(name=name) from exc
    command.upgrade(settings, "head")
