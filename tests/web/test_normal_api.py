"""Calling a board's unknown kernel messages normal, by the API: who and when, for that board alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.web.conftest import Client
from utils.audit import Audit
from utils.bench.normal import Normal
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue
from utils.judging.kernel_line import signature
from utils.live.logs.lines import LogLine

LOG = (
    "printf '<5>[    0.000000] Linux version 5.15 (builder@v3) #1 SMP\\n"
    "<3>[    1.000000] flux0: capacitor failed\\n'"
)


@pytest.fixture
def runner(door: LocalDoor, tmp_path: Path) -> Iterator[Runner]:
    assert door.device is not None
    door.device = replace(door.device, device_id="board-one-1")
    diagnostic = builtin_catalogue().get("kernel-log").model_copy(update={"command": LOG, "related": ()})
    made = Runner(
        catalogue=Catalogue({"kernel-log": diagnostic}),
        door=door,
        audit=Audit(tmp_path / "audit.jsonl"),
        normal=Normal(tmp_path / "normal_lines.json"),
    )
    yield made
    made.close()


def run(client: Client) -> dict[str, object]:
    return dict(client.post("/api/v1/diagnostics/kernel-log/run", json={}).get_json())


def test_one_call_makes_the_messages_normal_for_this_board_and_another_undoes_it(
    client: Client, door: LocalDoor, tmp_path: Path
) -> None:
    before = run(client)
    assert before["verdict"] == "unknown"
    path = "/api/v1/diagnostics/kernel-log/normal"
    assert client.post(path, json={"started_at": before["started_at"]}).get_json() == {"lines": 1}
    assert run(client)["verdict"] == "pass"
    listed = client.get("/api/v1/normal").get_json()
    assert (listed["device_id"], listed["lines"][0]["shape"]) == ("board-one-1", "flux#: capacitor failed")
    assert listed["lines"][0]["who"]
    actions = [json.loads(line)["action"] for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert "normal" in actions

    assert door.device is not None
    mine, door.device = (
        door.device,
        replace(door.device, device_id="board-two-2", serial="2", hostname="other"),
    )
    assert run(client)["verdict"] == "unknown"
    assert client.get("/api/v1/normal").get_json()["lines"] == []
    assert client.post(path, json={"started_at": before["started_at"]}).status_code == 422
    door.device = mine
    assert client.post("/api/v1/normal/forget", json={"shapes": ["flux#: capacitor failed"]}).get_json() == {
        "lines": 1
    }
    assert run(client)["verdict"] == "unknown"


def test_the_logs_page_takes_it_at_once_and_for_this_board_alone(
    app: Flask, client: Client, door: LocalDoor
) -> None:
    ours, others = (open_log(app, client, board, unit) for board, unit in
                    (("board-one-1", "a.service"), ("board-two-2", "b.service")))  # fmt: skip
    assert (meaning(client, ours), meaning(client, others)) == ("unknown-message", "unknown-message")
    before = run(client)
    client.post("/api/v1/diagnostics/kernel-log/normal", json={"started_at": before["started_at"]})
    assert (meaning(client, ours), meaning(client, others)) == ("normal-message", "unknown-message")
    client.post("/api/v1/normal/forget", json={"shapes": ["flux#: capacitor failed"]})
    assert meaning(client, ours) == "unknown-message"


def open_log(app: Flask, client: Client, board: str, unit: str) -> str:
    """A log that was begun on this board, with one line."""
    log_id = str(client.post("/api/v1/logs", json={"source": "journal", "unit": unit}).get_json()["id"])
    follow = app.extensions["v3"].bench.default.logs.get(log_id)
    follow.device_id = board
    message = "flux0: capacitor failed"
    follow.lines.add([LogLine(message, sign=signature(message, 3))])
    return log_id


def meaning(client: Client, log_id: str) -> str:
    lines = client.get(f"/api/v1/logs/{log_id}/lines").get_json()["lines"]
    return str(lines[0]["signature"]["id"])


def test_without_a_board_or_a_result_nothing_is_normal(client: Client, door: LocalDoor) -> None:
    path = "/api/v1/diagnostics/kernel-log/normal"
    assert client.post(path, json={"started_at": "2026-01-01T00:00:00Z"}).status_code == 422
    door.device = None
    assert client.post("/api/v1/normal/forget", json={"shapes": ["x"]}).status_code == 422
    assert client.get("/api/v1/normal").get_json() == {"device_id": "", "lines": []}


@pytest.mark.parametrize("spoilt", ["none", "damaged", "a folder"])
def test_a_laptop_that_cannot_keep_it_says_so_and_what_to_do(
    client: Client, runner: Runner, tmp_path: Path, spoilt: str
) -> None:
    path = tmp_path / "normal_lines.json"
    if spoilt == "none":
        runner.normal = Normal(None)
    elif spoilt == "damaged":
        path.write_text("{")
    else:
        path.with_suffix(".lock").mkdir()
    answer = client.post("/api/v1/normal/forget", json={"shapes": ["flux#"]})
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (409, "not-kept")
    assert problem["hint"]
