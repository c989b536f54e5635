"""A web app around a stand-in door: by Flask's test client, or by a real waitress on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.templates import keep_compiled
from tests.web import described
from tests.web.small_catalogue import SMALL
from utils.audit import Audit
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.settings import Settings
from utils.web import create_web_app
from utils.web.server import make_server, port_of
from utils.web.sse import Times

keep_compiled()
TOKEN = "token-of-the-tests-0123456789"
BASE = "http://127.0.0.1"


@pytest.fixture
def make_settings(tmp_path: Path) -> Callable[..., Settings]:
    def make(**changes: Any) -> Settings:
        values = {"v3_token": TOKEN, "v3_data_dir": tmp_path / "data", "log_file": tmp_path / "app.log"}
        return Settings.model_validate({**values, **changes})

    return make


@pytest.fixture
def door() -> LocalDoor:
    return LocalDoor()


@pytest.fixture
def runner(door: LocalDoor, tmp_path: Path) -> Iterator[Runner]:
    made = Runner(catalogue=SMALL, door=door, audit=Audit(tmp_path / "audit.jsonl"))
    yield made
    made.close()


@pytest.fixture
def app(make_settings: Callable[..., Settings], runner: Runner) -> Flask:
    return create_web_app(make_settings(), bench_of(runner, make_settings()))


def bench_of(runner: Runner, settings: Settings) -> Bench:
    """A bench with one bay, this runner's."""
    return Bench([furnished(runner, runner.door, settings.v3_data_dir / "recordings")])


def web_app(settings: Settings, runner: Runner) -> Flask:
    """The app around this runner alone."""
    return create_web_app(settings, bench_of(runner, settings))


class Client(FlaskClient):
    """Asks http://127.0.0.1 (port 80), and holds each answer of the API against its description."""

    def open(self, *args: Any, **more: Any) -> TestResponse:
        answer = super().open(*args, **{"base_url": BASE, **more})
        if answer.mimetype in ("application/json", "application/problem+json"):
            faults = described.faults(self.application, answer)
            assert faults == [], f"{answer.request.method} {answer.request.path} is not as it is described"
        return answer


def browser_on(app: Flask) -> Client:
    """A browser that has our page open."""
    made = Client(app, app.response_class)
    made.environ_base = {"REMOTE_ADDR": "127.0.0.1", "HTTP_SEC_FETCH_SITE": "same-origin"}
    return made


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser that has our page open."""
    return browser_on(app)


@pytest.fixture
def stranger(app: Flask) -> Client:
    """A client without any header of a browser; tests add what they need."""
    return Client(app, app.response_class)


@pytest.fixture
def serve(
    make_settings: Callable[..., Settings], runner: Runner
) -> Iterator[Callable[..., tuple[Flask, int]]]:
    """serve(times=…, **settings) -> (app, port) of a real waitress."""
    servers = []

    def start(times: Times | None = None, **changes: Any) -> tuple[Flask, int]:
        settings = make_settings(v3_port=0, **changes)
        made = create_web_app(settings, bench_of(runner, settings), times=times)
        server = make_server(made, settings)
        threading.Thread(target=server.run, daemon=True).start()
        servers.append(server)
        return made, port_of(server)

    yield start
    runner.bus.close()
    for server in servers:
        server.task_dispatcher.shutdown(timeout=2)
        server.close()


@pytest.fixture(scope="module")
def quick_passwords() -> Iterator[None]:
    """Passwords of people at a hundredth of their cost."""
    from tests.web import people_hub

    with people_hub.quick_passwords():
        yield


@pytest.fixture
def hub_folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "hub"


@pytest.fixture
def at_hub(
    make_settings: Callable[..., Settings], runner: Runner, hub_folder: Path, quick_passwords: None
) -> Flask:
    """The program as a hub with one person of each role."""
    from tests.web.people_hub import hub_with_people

    return hub_with_people(make_settings(), runner, hub_folder)
