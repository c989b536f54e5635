"""A hub that has people: logins by name, the list of people, and each route as the table says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

pytest.importorskip("argon2", reason="argon2-cffi is not installed: see requirements-lab.txt")

from tests.warm import warm_run
from tests.web.conftest import TOKEN, Client, bench_of, browser_on
from tests.web.people_hub import (
    WORDS,
    FakeHub,
    lines_of,
    log_in,
    people_of,
    with_token,
)
from tests.web.program import clean_environment
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import RoleNeeded, V3Error
from utils.lab.people import People
from utils.model.roles import GIVEN, SCOPES, Role
from utils.settings import PROJECT, Settings
from utils.web import create_web_app, roles

pytestmark = pytest.mark.usefixtures("quick_passwords")

# --- every route, asked by every role


def asked(client: Client, method: str, rule: Any) -> TestResponse:
    """One request for it, with values that nothing has; bodies that nobody understands."""
    path = re.sub(r"<(?:\w+:)?\w+>", "main" if rule.endpoint.startswith("bay.") else "0", rule.rule)
    return client.open(path, method=method, data=b"[", content_type="application/json", buffered=False)


def test_each_route_answers_each_role_as_the_table_says(at_hub: Flask, door: LocalDoor) -> None:
    table = roles.table(at_hub)
    asking: dict[Role, list[Client]] = {Role.ANYBODY: [browser_on(at_hub)]}
    for role in GIVEN:
        of_admin = next(name for name, scope in SCOPES.items() if scope is role)
        text = people_of(at_hub).make_token("ada", "all routes", SCOPES[of_admin], 1)[1]
        asking[role] = [log_in(at_hub, role), with_token(at_hub, text)]
    door.resets = 0
    count = 0
    for rule in at_hub.url_map.iter_rules():
        if rule.endpoint == "login.logout":
            continue  # it would end the session; asked below
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            for role, clients in asking.items():
                for client in clients[: 1 if rule.endpoint.startswith("bay.") else 2]:
                    least = table[rule.endpoint]
                    assert least is not None
                    answer = asked(client, method, rule)
                    status, code = answer.status_code, _code(answer)
                    answer.close()
                    told = f"{method} {rule.rule} as {role.value}: {status} {code}"
                    if role is Role.ANYBODY and not role.covers(least):
                        assert status in (303, 401), told
                    elif not role.covers(least):
                        assert (status, code) == (403, "role-needed"), told
                    elif roles.in_person(at_hub, rule.endpoint) and client is not clients[0]:
                        assert (status, code) == (403, "forbidden"), told
                    else:
                        assert code not in ("role-needed", "login-required", "forbidden"), told
                    count += 1
    assert count > 900
    assert (door.executed, door.trusted, door.credentials) == ([], [], [])


def _code(answer: TestResponse) -> str:
    return str(answer.json["code"]) if answer.mimetype == "application/problem+json" and answer.json else ""


# --- logging in


def test_a_person_logs_in_by_name_and_every_line_says_who(at_hub: Flask) -> None:
    stranger = browser_on(at_hub)
    assert stranger.get("/").headers["Location"] == "/login"
    assert "Name" in stranger.get("/login").get_data(as_text=True)
    for name, password in (
        ("theo", "wrong words here"),
        ("nobody", WORDS[Role.ADMIN]),
        ("", ""),
        ("theo", ""),
    ):
        refused = stranger.post("/login", data={"name": name, "password": password})
        assert (refused.status_code, "Wrong name or password" in refused.get_data(as_text=True)) == (
            401,
            True,
        )
    client = log_in(at_hub, Role.TECHNICIAN)
    assert "Log out theo" in client.get("/").get_data(as_text=True)
    assert client.post("/api/v1/connection/reset").status_code == 200
    assert lines_of(at_hub, "reset")[0]["who"] == "theo (page 127.0.0.1)"
    assert [each["who"] for each in lines_of(at_hub, "login")] == ["theo (page 127.0.0.1)"]
    assert [each["name"] for each in lines_of(at_hub, "login-refused")] == ["theo", "", "", "theo"]
    assert client.post("/logout").status_code == 303
    assert client.get("/api/v1/state").status_code == 401


def test_guesses_are_limited_by_name_from_whatever_address(at_hub: Flask) -> None:
    def guess(name: str, address: str) -> int:
        client = browser_on(at_hub)
        client.environ_base["REMOTE_ADDR"] = address
        data = {"name": name, "password": WORDS[Role.ADMIN]}
        return client.post(
            "/login", data={**data, "password": "guess"} if name != "ada" else data
        ).status_code

    assert [guess("theo", f"10.0.0.{n}") for n in range(6)] == [401] * 5 + [429]
    assert guess("ada", "10.0.0.1") == 303
    assert [guess(f"name-{n}", "10.0.9.9") for n in range(6)] == [401] * 5 + [429]
    assert guess("ada", "10.0.9.9") == 429


def test_the_password_and_the_token_of_the_program_open_no_hub_that_has_people(
    make_settings: Callable[..., Settings], runner: Runner, hub_folder: Path
) -> None:
    settings = make_settings(v3_password="the password of all")
    made = create_web_app(settings, bench_of(runner, settings))
    made.extensions["v3-lab"] = SimpleNamespace(hub=FakeHub(hub_folder))
    client = browser_on(made)
    assert client.post("/login", data={"password": "the password of all"}).status_code == 303
    assert (
        client.get("/api/v1/state").status_code
        == with_token(made, TOKEN).get("/api/v1/state").status_code
        == 200
    )
    people_of(made).add("ada", Role.ADMIN, WORDS[Role.ADMIN])
    assert client.get("/api/v1/state").status_code == 401
    assert client.post("/login", data={"password": "the password of all"}).status_code == 401
    assert with_token(made, TOKEN).get("/api/v1/state").status_code == 403


def test_a_list_of_people_that_is_gone_or_damaged_lets_nobody_in(at_hub: Flask, hub_folder: Path) -> None:
    client, path = log_in(at_hub, Role.ADMIN), hub_folder / "people.json"
    whole = path.read_text()
    for damage in ("", "[]", '{"form": 1, "people": [{"name": "eve", "role": "root"}]}', '{"form": 9}'):
        path.write_text(damage)
        assert client.get("/api/v1/state").json["code"] == "config", damage
        assert browser_on(at_hub).get("/").status_code == 500
    path.unlink()
    assert client.get("/api/v1/state").json["code"] == "config"
    path.write_text(whole)
    assert client.get("/api/v1/state").status_code == 200


# --- the command line


def test_the_first_admin_is_made_by_a_command_and_no_argument_holds_the_password(tmp_path: Path) -> None:
    def v3(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "utils.cli", "hub", "user", *words]
        return warm_run(argv, cwd=PROJECT, env=clean_environment(tmp_path), stdin=typed)

    added = v3("add", "ada", "--role", "admin", typed="words of the admin here\n")
    assert (added.returncode, added.stdout) == (0, "ada may log in as admin.\n")
    folder = tmp_path / "data" / "hub"
    people = People(folder)
    assert [(each.name, each.role) for each in people.all()] == [("ada", Role.ADMIN)]
    assert people.all()[0].password.startswith("$argon2id$")
    refused = v3("remove", "ada")
    assert (refused.returncode, "last admin" in refused.stderr) == (3, True)
    line = json.loads((tmp_path / "data" / "audit.jsonl").read_text().splitlines()[0])
    assert (line["who"], line["action"], line["person"]) == ("command line", "person-added", "ada")


def test_names_passwords_and_the_last_admin_are_looked_at(hub_folder: Path) -> None:
    people = People(hub_folder)
    people.add("ada", Role.ADMIN, WORDS[Role.ADMIN])
    for name, password in (
        ("Ada", "long enough words"), ("a@b", "long enough words"), ("", "long enough words"),
        ("ada", "long enough words"), ("bob", "short"), ("bob", "x" * 300),
    ):  # fmt: skip
        with pytest.raises(V3Error):
            people.add(name, Role.VIEWER, password)
    for change in (lambda: people.set_role("ada", Role.VIEWER), lambda: people.remove("ada")):
        with pytest.raises(V3Error, match="last admin"):
            change()
    people.add("theo", Role.TECHNICIAN, "long enough words")
    people.need("theo", Role.TECHNICIAN)
    people.set_role("theo", Role.VIEWER)
    for name in ("theo", "nobody"):
        with pytest.raises(RoleNeeded, match=name):
            people.need(name, Role.TECHNICIAN)
    People(hub_folder.parent / "none").need("nobody", Role.ADMIN)  # where nobody logs in everybody may
    people.remove("theo")
    with pytest.raises(V3Error, match="no role"):
        people.add("bob", Role.ANYBODY, "long enough words")
    assert [each.role for each in People(hub_folder).all()] == [Role.ADMIN]
