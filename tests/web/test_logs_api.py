"""The logs over HTTP: opening, lines by number, what is refused, what is written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.web.conftest import Client
from tests.web.test_openapi import ask
from utils.judging.kernel_line import Recognition
from utils.live.logs.lines import LogLine
from utils.live.logs.logs import MAX_IDLE, MAX_RUNNING

LINES = "/api/v1/logs/{log_id}/lines"


def test_the_same_log_is_opened_once_and_written_down(client: Client, tmp_path: Path) -> None:
    first = ask(
        client, "POST", "/api/v1/logs", json={"source": "journal", "unit": "ssh.service", "priority": 4}
    )
    again = ask(
        client, "POST", "/api/v1/logs", json={"source": "journal", "unit": "ssh.service", "priority": 4}
    )
    other = ask(client, "POST", "/api/v1/logs", json={"source": "kernel"})
    assert (first["id"], first["title"], first["state"]) == (again["id"], "Journal of ssh.service", "waiting")
    assert [each["id"] for each in ask(client, "GET", "/api/v1/logs")["logs"]] == [first["id"], other["id"]]
    written = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [entry["action"] for entry in written] == ["log-follow"] * 3
    assert written[0]["source"] == "Journal of ssh.service"
    assert written[0]["device"] == "local · 12345678"


def test_lines_are_given_by_number(app: Flask, client: Client) -> None:
    log_id = ask(client, "POST", "/api/v1/logs", json={"source": "kernel"})["id"]
    follow = app.extensions["v3"].bench.default.logs.get(log_id)
    follow.lines.add(LogLine(f"line {n}", sign=Recognition("oom-kill", "fail")) for n in range(1, 11))
    follow.mark("lost", "The link to the device was lost.")

    def seqs(query: str) -> list[int]:
        found = ask(client, "GET", f"/api/v1/logs/{log_id}/lines?{query}", template=LINES)
        return [line["seq"] for line in found["lines"]]

    assert seqs("") == list(range(1, 12))
    assert seqs("after=8") == [9, 10, 11]
    assert seqs("after=2&limit=3") == [3, 4, 5]
    assert seqs("limit=2") == [10, 11]
    assert seqs("after=11") == []
    line = client.get(f"/api/v1/logs/{log_id}/lines?after=10").json["lines"][0]
    assert (line["mark"], line["signature"]) == ("lost", None)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"source": "file", "path": "etc/passwd"}, "full path"),
        ({"source": "file"}, "full path"),
        ({"source": "journal", "unit": "a;b"}, "unit"),
        ({"source": "journal", "priority": 9}, "priority"),
        ({"source": "disk"}, "source"),
        ({"source": "kernel", "more": 1}, "more"),
    ],
)
def test_what_is_no_log_is_refused(client: Client, body: dict[str, Any], said: str) -> None:
    answer = client.post("/api/v1/logs", json=body)
    assert answer.status_code == 422
    assert said in answer.json["detail"]


def test_a_log_that_is_not_open_is_not_found(client: Client) -> None:
    assert client.get("/api/v1/logs/nope/lines").json["code"] == "unknown-log"
    assert client.get("/api/v1/events?feed=log:nope").status_code == 404
    assert client.get("/api/v1/logs/nope/lines?after=x").status_code == 404


def test_logs_that_nobody_looks_at_are_forgotten_and_those_with_viewers_have_a_limit(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = app.extensions["v3"].bench.default.logs
    for number in range(10):
        client.post("/api/v1/logs", json={"source": "file", "path": f"/idle/{number}"})
    assert len(logs.all()) == MAX_IDLE + 1
    for follow in logs.all():
        monkeypatch.setattr(type(follow), "running", True)
    for number in range(MAX_RUNNING):
        client.post("/api/v1/logs", json={"source": "file", "path": f"/viewed/{number}"})
    for follow in logs.all():
        follow._viewers = 1
    answer = client.post("/api/v1/logs", json={"source": "kernel"})
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert client.post("/api/v1/logs", json={"source": "file", "path": "/viewed/0"}).status_code == 200


def test_what_there_is_to_choose_from_is_asked_of_the_device(client: Client) -> None:
    found = ask(client, "POST", "/api/v1/logs/choices")
    assert set(found) == {"units", "boots", "files"}
