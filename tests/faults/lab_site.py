"""A lab for its soak: a hub with PostgreSQL, stations behind cables, boards; each a real program.

with Site(folder, stations=2, spare=2) as site: site.hub.kill(); site.hub.start(); site.look()
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tests import postgres
from tests.faults.lab_boards import NAMES, diagnostics, serial
from tests.faults.proxy import Proxy
from tests.ports import HOST, free_port
from tests.waiting import wait_until
from tests.warm import Warm
from tests.web.program import clean_environment
from utils.demo.device import PASSWORD
from utils.demo.machine import MODEL
from utils.lab.register import Register
from utils.model.device_id import device_id
from utils.settings import PROJECT

BAYS = ("main", "second")
_START_S = 60.0
_ASK_S = 5.0


class Program:
    """One of the programs. What it is asked goes to the port that it was given once."""

    def __init__(self, folder: Path, *options: str, **environ: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.clock = folder / "clock"
        self._options, self._environ = options, environ
        self.process: Warm | None = None

    def start(self) -> None:
        argv = [sys.executable, "-m", "tests.faults.lab_program", str(self.clock), "--no-browser"]
        with (self.folder / "err.txt").open("ab") as err:
            self.process = Warm(
                [*argv, "--port", str(self.port), *self._options],
                cwd=PROJECT, env=clean_environment(self.folder, **self._environ),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
            )  # fmt: skip
        listens = wait_until(lambda: self.ask("GET", "/healthz"), _START_S, every_s=0.2)
        assert listens, f"{self.folder.name} did not start"

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Its answer as a browser gets it; None where there is none."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=_ASK_S)
        try:
            given = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), given)
            answer = connection.getresponse()
            content = answer.read()
            return json.loads(content) if answer.status < 500 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def said(self) -> str:
        """All that it wrote for people."""
        files = [self.folder / name for name in ("app.log", "err.txt")]
        return "".join(path.read_text(errors="replace") for path in files if path.exists())


class Boards:
    """Demo boards, and the hands that move them. places: which board is at which port."""

    def __init__(self, folder: Path, count: int) -> None:
        folder.mkdir()
        self.folder, self.places = folder, dict[int, int]()
        argv = [sys.executable, "-m", "tests.faults.lab_boards", str(folder), str(count)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = Warm(argv, cwd=PROJECT, text=True, **pipes)
        self._lock = threading.Lock()

    def plug(self, number: int, port: int) -> None:
        self._do(f"plug {number} {port}")
        self.places[port] = number

    def pull(self, port: int) -> int:
        number = self.places.pop(port)
        self._do(f"pull {number}")
        return number

    def ran(self) -> list[tuple[int, str]]:
        """Number and serial of each effect that ran, in order."""
        path = self.folder / "ledger"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(number), where) for number, where in (line.split() for line in lines)]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _do(self, line: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            assert self._process.stdout.readline().strip() == line


class Station:
    """A bench: its program, its cable to the hub, and the ports of its bays. fit: nothing keeps it away."""

    def __init__(self, folder: Path, name: str, hub_port: int) -> None:
        self.name, self.fit = name, True
        self.cable = Proxy(cast(Any, SimpleNamespace(port=hub_port)))
        self.ports = [free_port() for _ in BAYS]
        data = folder / "data"
        (data / "diagnostics").mkdir(parents=True)
        (data / "diagnostics" / "effects.toml").write_text(diagnostics(NAMES))
        (data / "bench.toml").write_text(
            f'[[bay]]\nid = "{BAYS[1]}"\nhost = "{HOST}"\nport = {self.ports[1]}\n'
        )
        self.join = folder / f"{name}.v3join"
        self.program = Program(
            folder, "--join", str(self.join), SSH_IP=HOST, SSH_PORT=str(self.ports[0]), SSH_USER="ubuntu",
            SSH_PASSWORD=PASSWORD, SSH_HOST_KEYS="trust-new", V3_DISCOVER="off",
        )  # fmt: skip


class Site:
    """All of it. look(): what the hub's page would show now; None where the hub does not answer."""

    def __init__(self, folder: Path, *, stations: int, spare: int) -> None:
        self.folder, self.nats_port = folder, free_port()
        self._held = contextlib.ExitStack()
        self.database = self._held.enter_context(postgres.running())
        self.url = self.database.url()
        self.hub = Program(
            folder / "hub", "--hub", V3_DISCOVER="off", V3_HUB_ADDRESS=f"{HOST}:{self.nats_port}",
            V3_DATABASE_URL=self.url,
        )  # fmt: skip
        self.stations = [
            Station(folder / f"bench-{n}", f"bench-{n}", self.nats_port) for n in range(1, stations + 1)
        ]
        self.boards = Boards(folder / "boards", stations * len(BAYS) + spare)
        self._held.callback(self.boards.close)

    def __enter__(self) -> Site:
        try:
            self._start()
        except BaseException:
            self._held.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    @property
    def hub_folder(self) -> Path:
        return self.hub.folder / "data" / "hub"

    @property
    def ports(self) -> list[int]:
        """Where a board can be plugged in."""
        return [port for station in self.stations for port in station.ports]

    def look(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.hub.ask("GET", "/api/v1/lab")
        return found

    def kill_nats(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self.hub_folder / "nats.pid").read_text()), signal.SIGKILL)

    def _start(self) -> None:
        register = Register(self.hub_folder)
        for number, port in enumerate(self.ports):
            self.boards.plug(number, port)
        self._held.callback(self.kill_nats)  # a killed hub leaves it
        self._held.callback(self.hub.end)
        for station in self.stations:
            self._held.enter_context(station.cable)
            address = f"{HOST}:{station.cable.port}"
            station.join.write_text(register.invite(station.name, address).text())
        self.hub.start()
        starting = [threading.Thread(target=each.program.start) for each in self.stations]
        for each in self.stations:
            self._held.callback(each.program.end)
        for thread in starting:
            thread.start()
        for thread in starting:
            thread.join()


def id_of(number: int) -> str:
    """A board's device id, as all programs know it."""
    return device_id(MODEL, serial(number), "")


SERIALS = {device_id(MODEL, serial(number), ""): serial(number) for number in range(64)}
