"""The connection ladder by the API: POST only, as described, noted in the audit log."""

from __future__ import annotations

import json
from pathlib import Path

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from tests.web.test_cli import flask
from tests.web.test_openapi import schema_of
from utils.cli.report import ladder_exit_status, ladder_lines
from utils.demo.local_door import LocalDoor
from utils.errors import Busy
from utils.model.results import Rung, RungState

PATH = "/api/v1/connection/ladder"


def test_the_rungs_come_as_described(client: FlaskClient, door: LocalDoor) -> None:
    answer = client.post(PATH)
    assert answer.status_code == 200
    Draft202012Validator(schema_of("POST", PATH, 200, "application/json")).validate(answer.json)
    assert [(rung["id"], rung["state"]) for rung in answer.json["rungs"]] == [
        ("port", "ok"), ("login", "broken"), ("shell", "not reached"),
    ]  # fmt: skip
    assert door.climbs == 1


def test_looking_is_an_action_so_get_does_not_do_it(client: FlaskClient, door: LocalDoor) -> None:
    assert client.get(PATH).status_code == 405
    assert client.post(PATH, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(PATH, json={"deep": True}).status_code == 422
    assert door.climbs == 0


def test_a_climb_that_does_not_end_is_busy(client: FlaskClient, door: LocalDoor, monkeypatch) -> None:
    def busy() -> None:
        raise Busy("The connection is being looked at already.")

    monkeypatch.setattr(door, "ladder", busy)
    answer = client.post(PATH)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    Draft202012Validator(schema_of("POST", PATH, 503, "application/problem+json")).validate(answer.json)


def test_the_audit_log_knows_who_looked(client: FlaskClient, tmp_path: Path) -> None:
    client.post(PATH)
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [line["action"] for line in lines] == ["ladder"]


def test_the_command_line_shows_what_was_seen_and_ends_by_the_convention() -> None:
    fine = Rung("port", "SSH port open", RungState.OK, "it \x1b[31mopens", "nothing to do")
    note = Rung("clock", "Clock", RungState.NOTE, "5 s ahead", "Look at timedatectl.")
    broken = Rung("login", "Login", RungState.BROKEN, "refused", "Check the password.")
    later = Rung("shell", "Shell", RungState.NOT_REACHED)
    assert [ladder_exit_status(rungs) for rungs in ([fine], [fine, note], [note, broken, later])] == [0, 1, 3]
    lines = ladder_lines([fine, note, broken, later])
    assert "\x1b" not in lines[0]
    assert lines[1:] == [
        "note         Clock: 5 s ahead",
        "               next: Look at timedatectl.",
        "broken       Login: refused",
        "               next: Check the password.",
        "not reached  Shell",
    ]


def test_connect_explain_of_the_demo_device_is_all_well(tmp_path: Path) -> None:
    done = flask(tmp_path, "connect", "--explain", "--demo")
    assert done.returncode == 0, done.stdout + done.stderr
    words = [line[:12].strip() for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert set(words) <= {"ok", "not checked"}
    assert len(words) == 12


def test_connect_explain_without_a_device_ends_with_3_and_json_alone_on_stdout(tmp_path: Path) -> None:
    environ = {"SSH_IP": "127.0.0.1", "SSH_PORT": "1", "SSH_PASSWORD": "canary-ladder-1"}
    done = flask(tmp_path, "connect", "--explain", "--json", **environ)
    assert done.returncode == 3
    states = {rung["id"]: rung["state"] for rung in json.loads(done.stdout)["rungs"]}
    assert states["port"] == "broken"
    assert states["login"] == "not reached"
    assert "canary" not in done.stdout + done.stderr
    plain = flask(tmp_path, "connect", **environ)
    assert plain.returncode == 3
    assert "unreachable" in plain.stderr


def test_connect_says_who_answered(tmp_path: Path) -> None:
    done = flask(tmp_path, "connect", "--demo")
    assert done.returncode == 0
    assert "v3-demo" in done.stdout
