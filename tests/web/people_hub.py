"""A hub with one person of each role, for tests: who they are, how each logs in, what the hub was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

pytest.importorskip("argon2", reason="argon2-cffi is not installed: see requirements-lab.txt")

from tests.web.conftest import Client, bench_of, browser_on
from utils.bench.runner import Runner
from utils.errors import NoAnswer
from utils.lab import passwords
from utils.lab.campaigning import Campaigns
from utils.lab.people import People
from utils.model.roles import GIVEN, Role
from utils.settings import Settings
from utils.web import create_web_app
from utils.web.context import context

WORDS = {role: f"words of the {role.value} here" for role in GIVEN}
NAMES = {Role.VIEWER: "vera", Role.TECHNICIAN: "theo", Role.ADMIN: "ada"}


class FakeHub:
    """What the page asks of a hub; nothing is called, and each try to is noted."""

    connected = True

    def __init__(self, folder: Path) -> None:
        self.people = People(folder)
        self.campaigns = Campaigns(folder / "campaigns")
        self.called: list[Any] = []

    def benches(self) -> list[Any]:
        return []

    def calls(self) -> tuple[Any, ...]:
        return ()

    def call_many(self, boards: Any, diagnostics: Any, *, who: str) -> list[Any]:
        self.called.append((list(boards), who))
        return []

    def look(self, station: str, *, who: str, **what: Any) -> Any:
        self.called.append((station, who))
        raise NoAnswer


@contextmanager
def quick_passwords() -> Iterator[None]:
    """The same passwords at a hundredth of the cost: a test asks who is let in, not how long it takes."""
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: cheap)
        passwords._nobodys.cache_clear()
        yield
    passwords._nobodys.cache_clear()


def hub_with_people(settings: Settings, runner: Runner, folder: Path) -> Flask:
    """The program as a hub with one person of each role."""
    made = create_web_app(settings, bench_of(runner, settings))
    lab = FakeHub(folder)
    made.extensions["v3-lab"] = SimpleNamespace(hub=lab, station=None)
    for role, name in NAMES.items():
        lab.people.add(name, role, WORDS[role])
    return made


def people_of(app: Flask) -> People:
    found: People = app.extensions["v3-lab"].hub.people
    return found


def log_in(app: Flask, role: Role) -> Client:
    made = browser_on(app)
    answer = made.post("/login", data={"name": NAMES[role], "password": WORDS[role]})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return made


def with_token(app: Flask, text: str) -> Client:
    made = Client(app, app.response_class)
    made.environ_base = {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": f"Bearer {text}"}
    return made


def lines_of(app: Flask, action: str) -> list[dict[str, Any]]:
    told = (context(app).audit._path or Path()).read_text().splitlines()
    return [each for each in map(json.loads, told) if each["action"] == action]
