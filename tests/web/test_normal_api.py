"""Calling a board's unknown kernel messages normal, by the API: who and when, for that board alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.web.conftest import Client
from utils.audit import Audit
from utils.bench.normal import Normal
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue

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
