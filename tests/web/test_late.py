"""What was asked of a program that stood still is not done when it goes on and nobody waits any more."""

from __future__ import annotations

import http.client
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.waiting import wait_until
from tests.web.program import Page
from tests.web.test_openapi import ask
from utils.demo.local_door import LocalDoor
from utils.web.late import CLOCK, WAITS_UNTIL, now_ms

TERMINALS = "/api/v1/terminals"
KEYS = {"data": "reboot\r", "shell": 1, "writer": "page-1", "seq": 1}


def test_a_request_that_nobody_waits_for_does_nothing(client: FlaskClient, door: LocalDoor) -> None:
    made = ask(client, "POST", TERMINALS, json={})
    typed = f"{TERMINALS}/{made['id']}/input"
    clock = int(client.get("/api/v1/state").headers[CLOCK])
    late = {WAITS_UNTIL: str(clock - 1)}
    for path, body in ((typed, KEYS), ("/api/v1/checkups", {}), ("/api/v1/diagnostics/healthy/run", {})):
        answer = client.post(path, json=body, headers=late)
        assert (answer.status_code, answer.json["code"]) == (409, "too-late"), path
        assert int(answer.headers[CLOCK]) >= clock
    assert (door.executed, door.terminals[0].typed) == ([], b"")
    for until in (str(now_ms() + 60_000), "", "soon", "٣"):
        assert (
            client.post("/api/v1/diagnostics/healthy/run", json={}, headers={WAITS_UNTIL: until}).status_code
            == 200
        )
    assert client.post(typed, json=KEYS, headers={WAITS_UNTIL: str(now_ms() + 60_000)}).status_code == 204
    assert door.terminals[0].typed == b"reboot\r"


@pytest.mark.skipif(os.name == "nt", reason="signals of a POSIX system")
def test_what_a_page_sent_while_the_program_stood_still_is_not_done_when_it_goes_on(tmp_path: Path) -> None:
    page = Page(tmp_path, "--demo")
    try:
        made = page.ask("POST", TERMINALS, {})[1]
        asked: dict[str, Any] = {f"{TERMINALS}/{made['id']}/input": KEYS, "/api/v1/checkups": {}}
        page.process.send_signal(signal.SIGSTOP)
        until = now_ms() + 1000
        sent = [_send(page, path, body, until) for path, body in asked.items()]
        assert wait_until(lambda: now_ms() > until)
        page.process.send_signal(signal.SIGCONT)
        for each in sent:
            answer = each.getresponse()
            assert (answer.status, json.loads(answer.read())["code"]) == (409, "too-late")
        state = page.ask("GET", "/api/v1/state")[1]
        assert (state["checkup"], state["running"]) == (None, [])
    finally:
        page.process.send_signal(signal.SIGCONT)
        page.stop()


def _send(page: Page, path: str, body: Any, until: int) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
    told = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json", WAITS_UNTIL: str(until)}
    connection.request("POST", path, json.dumps(body), told)
    return connection
