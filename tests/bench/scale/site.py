"""A hub with its database, and processes of simulated benches; each is a real program of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import create_engine, text

from tests import postgres
from tests.bench.scale.meters import Meters, with_children
from tests.ports import HOST, free_port
from tests.waiting import wait_until
from tests.web.program import Page, clean_environment
from utils.lab.register import Register
from utils.settings import PROJECT

Start = type[subprocess.Popen[str]]
_JOIN_S = 120.0


class Boards:
    """A process of benches (boards.py)."""

    def __init__(self, start: Start, folder: Path, first: int, stations: int, boards: int) -> None:
        numbers = map(str, (first, stations, boards))
        self.process = start(
            [sys.executable, "-m", "tests.bench.scale.boards", str(folder), *numbers],
            cwd=PROJECT, env=clean_environment(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def say(self, *order: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def heard(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()
        self.process.wait()


class Site:
    """Benches with so many boards each, in so many processes. `hub` is the running program."""

    def __init__(
        self, folder: Path, database: postgres.Postgres | None, *, stations: int, boards: int, processes: int,
        start: Start = subprocess.Popen,
    ) -> None:  # fmt: skip
        """database: None for a file. start: how programs are started."""
        self.folder, self.stations, self.boards = folder, stations, boards
        self._start, self._address = start, f"{HOST}:{free_port()}"
        self._url = database.url() if database else None
        url = (self._url or f"sqlite:///{folder}/hub/data/history.db").replace("sql:", "sql+psycopg:")
        self._engine = create_engine(url)
        self._held = contextlib.ExitStack()
        self._held.callback(self._engine.dispose)
        register = Register(self._hub_folder)
        for number in range(stations):
            made = register.invite(f"bench-{number}", self._address)
            (folder / f"bench-{number}.v3join").write_text(made.text())
        self.hub = self._started()
        self._held.callback(lambda: self.hub.stop())
        each = -(-stations // processes)
        self.parts = [
            Boards(start, folder, first, min(each, stations - first), boards)
            for first in range(0, stations, each)
        ]
        for part in self.parts:
            self._held.callback(part.close)
        groups: dict[str, Callable[[], Iterable[int]]] = {
            "hub": lambda: [self.hub.process.pid],
            "nats-server": lambda: [int((self._hub_folder / "nats.pid").read_text())],
            "benches": lambda: [each.process.pid for each in self.parts],
        }
        if database is not None:
            groups["PostgreSQL"] = lambda: with_children(database.pid)
        self.meters = Meters(groups)
        self._held.callback(self.meters.close)

    def __enter__(self) -> Site:
        self.order("start")
        joined = wait_until(lambda: self.facts()["joined"] == self.stations, _JOIN_S, every_s=0.5)
        assert joined, self.facts()
        assert wait_until(lambda: self._here() == self.places, _JOIN_S, every_s=0.5), self._here()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: object, trace: TracebackType | None) -> None:
        self._held.close()

    @property
    def _hub_folder(self) -> Path:
        return self.folder / "hub" / "data" / "hub"

    def _started(self) -> Page:
        (self.folder / "hub").mkdir(exist_ok=True)
        more = {"V3_DATABASE_URL": self._url} if self._url else {}
        return Page(
            self.folder / "hub", "--hub", start=self._start, V3_HUB_ADDRESS=self._address, V3_DISCOVER="off",
            **more,
        )  # fmt: skip

    def order(self, *order: Any) -> list[dict[str, Any]]:
        """Tell all processes of benches the same; what each answers."""
        for each in self.parts:
            each.say(*order)
        return [each.heard() for each in self.parts]

    def facts(self) -> dict[str, int]:
        """Of all benches together."""
        every = self.order("facts")
        return {name: sum(each[name] for each in every) for name in every[0]}

    @contextlib.contextmanager
    def without_hub(self) -> Iterator[None]:
        """The hub ends, and is started again behind the block."""
        self.hub.stop()
        yield
        self.hub = self._started()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        status, told = self.hub.ask(method, path, body)
        assert status == 200, (status, told)
        return told

    @property
    def places(self) -> int:
        return self.stations * self.boards

    def _here(self) -> int:
        return sum(len(each["bays"]) for each in self.ask("GET", "/api/v1/lab")["benches"] if each["here"])

    def churn(self, changes: float) -> None:
        """From now on so many boards a second lose their link or have it back; 0: none."""
        self.order("churn", len(self.parts) / changes if changes else 0)

    def size(self, path: str) -> int:
        """Bytes of an answer of the hub."""
        connection = http.client.HTTPConnection(HOST, self.hub.port, timeout=60)
        connection.request("GET", path, headers={"Sec-Fetch-Site": "same-origin"})
        answer = connection.getresponse()
        size = len(answer.read())
        connection.close()
        assert answer.status == 200, (path, answer.status)
        return size

    def count(self, table: str) -> int:
        """Rows of a table of the hub's database."""
        return self._number(f"select count(*) from {table}")  # noqa: S608 - our own words

    def bytes(self) -> int:
        """What the hub's database takes."""
        if self._url is None:
            return (self.folder / "hub" / "data" / "history.db").stat().st_size
        return self._number("select pg_database_size(current_database())")

    def has_all(self, checkups: int) -> bool:
        """Whether the hub has these check-ups, and no bench has anything left."""
        return self.count("checkups") >= checkups and not self.facts()["waiting"]

    def _number(self, query: str) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())
