"""A real PostgreSQL for tests: Debian's programs, run by an unprivileged user in a folder of its own.

No cluster of the system is started, stopped or touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from utils.store.database import Database

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
USER = "nobody"


class Postgres:
    """A server, reached by its socket alone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._data = folder, str(folder / "data")
        self._made = 0
        self._template = ""
        as_user(folder, "initdb", "-D", self._data, "-U", "v3", "-A", "trust", "-E", "UTF8", "--no-sync")

    def start(self) -> None:
        """Start it, or start it again."""
        quick = f"-k {self.folder} -h '' -c fsync=off -c max_connections=20 -c shared_buffers=16MB"
        self._control("-l", str(self.folder / "log"), "-o", quick, "start")

    @property
    def pid(self) -> int:
        """The server's own process; all others of it are below."""
        return int((Path(self._data) / "postmaster.pid").read_text().split()[0])

    def kill(self) -> None:
        """End it as a crash does: every connection breaks, and nothing is brought to its end."""
        self._control("-m", "immediate", "stop")

    def _control(self, *arguments: str) -> None:
        as_user(self.folder, "pg_ctl", "-D", self._data, "-w", *arguments)

    def url(self, template: str = "template1") -> str:
        """The address of a new, empty database; template: or a copy of that one."""
        import psycopg
        from psycopg.sql import SQL, Identifier

        self._made += 1
        name = f"history_{self._made}"
        told = f"host={self.folder} user=v3 dbname=postgres"
        with psycopg.connect(told, autocommit=True) as connection:
            connection.execute(
                SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(Identifier, (name, template)))
            )
        return f"postgresql://v3@/{name}?host={self.folder}"

    def ready_url(self) -> str:
        """The address of a new history without records. The program made its tables, once for all of them."""
        if not self._template:
            url = self.url()
            first = Database(url)
            first.engine()
            first.close()
            self._template = str(make_url(url).database)
        return self.url(self._template)


def as_user(folder: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; as root by another user, since it refuses root."""
    assert PROGRAMS is not None
    done = subprocess.run(
        [PROGRAMS / program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        user=USER if os.geteuid() == 0 else None,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """A server that is gone afterwards, with its folder."""
    folder = Path(tempfile.mkdtemp(prefix="v3pg", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        made = Postgres(folder)
        made.start()
        try:
            yield made
        finally:
            made.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
