"""The terminal's API and page: as described, guarded, off when it is switched off."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.waiting import wait_until
from tests.web.conftest import browser_on, web_app
from tests.web.test_openapi import ask
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import DeviceUnreachable
from utils.settings import Settings
from utils.web import context

ALL, ONE = "/api/v1/terminals", "/api/v1/terminals/{terminal_id}"


@pytest.fixture(autouse=True)
def _closed(app: Flask) -> object:
    yield
    context(app).bench.close()


def test_a_terminals_life_is_as_described(client: FlaskClient, door: LocalDoor) -> None:
    assert ask(client, "GET", ALL) == {"terminals": []}
    made = ask(client, "POST", ALL, json={"cols": 100, "rows": 30})
    assert (made["number"], made["state"], made["shell"], made["device"]) == (
        1,
        "open",
        1,
        "local · 12345678",
    )
    here = f"{ALL}/{made['id']}"

    def post(what: str, body: dict[str, object]) -> int:
        return client.post(f"{here}/{what}", json=body).status_code

    keys = {"data": "echo é\r", "shell": 1, "writer": "page-1", "seq": 1}
    assert (post("input", keys), post("input", keys)) == (204, 204)
    terminal = door.terminals[0]
    assert terminal.typed == "echo é\r".encode()
    assert wait_until(lambda: client.get(f"{here}/output").json["end"] == 8)
    output = ask(client, "GET", f"{here}/output?from=5", template=f"{ONE}/output")
    assert (output["offset"], base64.b64decode(output["data"])) == (5, "é\r".encode())
    assert ask(client, "POST", f"{here}/size", template=f"{ONE}/size", json={"cols": 90})["cols"] == 90
    assert terminal.sizes[-1] == (90, 24)
    assert post("drawn", {"offset": 8}) == 204
    terminal.cut()
    assert wait_until(lambda: client.get(ALL).json["terminals"][0]["state"] == "lost")
    assert ask(client, "POST", f"{here}/reopen", template=f"{ONE}/reopen", json={})["shell"] == 2
    assert client.post(f"{here}/close").status_code == 204
    assert ask(client, "GET", ALL) == {"terminals": []}


def test_its_problems_are_as_described(client: FlaskClient, door: LocalDoor) -> None:
    def code(path: str, what: str = "", method: str = "POST", **body: object) -> tuple[str, int]:
        more = {"json": body} if method == "POST" else {}
        answer = ask(client, method, f"{path}{what}", template=f"{ONE}{what.split('?')[0]}", **more)
        return answer["code"], answer["status"]

    keys = {"data": "x", "shell": 1, "writer": "w", "seq": 1}
    assert code(f"{ALL}/nope", "/input", **keys) == ("unknown-terminal", 404)
    here = f"{ALL}/{ask(client, 'POST', ALL, json={})['id']}"
    assert code(here, "/input", **{**keys, "seq": 3}) == ("input-gap", 409)
    assert code(here, "/input", **{**keys, "shell": 2}) == ("terminal-over", 409)
    assert code(here, "/input", **{**keys, "data": ""}) == ("bad-request", 422)
    assert code(here, "/size", cols=0) == ("bad-request", 422)
    assert code(here, "/output?from=x", "GET") == ("bad-request", 422)
    assert client.post(f"{here}/input", json={**keys, "data": "\ud800"}).status_code == 422
    door.terminals[0].cut()
    assert wait_until(lambda: client.get(ALL).json["terminals"][0]["state"] == "lost")
    assert code(here, "/reopen", device="SHA256:another") == ("device-changed", 409)
    for _ in range(5):
        ask(client, "POST", ALL, json={})
    assert ask(client, "POST", ALL, json={})["code"] == "terminals-full"
    door.trouble = DeviceUnreachable()
    assert code(here, "/reopen") == ("unreachable", 502)
    assert door.terminals[0].typed == b""


def test_no_other_page_gets_a_shell(client: FlaskClient, stranger: FlaskClient, door: LocalDoor) -> None:
    assert stranger.post(ALL, json={}).status_code == 403
    crossing = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(ALL, json={}, headers=crossing).status_code == 403
    assert client.get(f"{ALL}/x/output", headers=crossing).status_code == 403
    assert door.terminals == []


def test_switched_off_it_says_so_everywhere(
    make_settings: Callable[..., Settings], runner: Runner, door: LocalDoor
) -> None:
    client = browser_on(web_app(make_settings(v3_terminal=False), runner))
    answer = client.post(ALL, json={})
    assert (answer.status_code, answer.json["code"]) == (403, "terminal-off")
    assert client.get(ALL).status_code == 403
    page = client.get("/terminal").text
    assert "The terminal is switched off" in page
    assert "xterm" not in page
    assert '<span class="tag">off</span>' in client.get("/").text
    assert door.terminals == []


def test_its_modules_are_scripts_on_every_system(client: FlaskClient) -> None:
    for path in ("vendor/xterm-6.0.0/xterm.mjs", "terminal/app.js"):
        with client.get(f"/static/{path}") as answer:
            assert answer.mimetype == "text/javascript"


def test_only_its_page_may_make_styles_and_only_with_a_nonce_that_is_new_each_time(
    client: FlaskClient,
) -> None:
    found = []
    for _ in range(2):
        answer = client.get("/terminal")
        policy = answer.headers["Content-Security-Policy"]
        nonce = re.search(
            r"style-src 'self' 'sha256-\S+' 'nonce-([\w-]{24})'; style-src-attr 'unsafe-inline';", policy
        )
        assert nonce is not None
        assert f'nonce="{nonce[1]}"' in answer.text
        assert re.search(r"script-src 'self' 'sha256-[\w+/]{43}=';", policy)
        assert "unsafe-eval" not in policy
        found.append(nonce[1])
    assert found[0] != found[1]
    for path in ("/", "/live", "/logs", "/login", "/api/v1/terminals", "/static/terminal/app.js"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert re.search(r"style-src 'self' 'sha256-[\w+/]{43}=';", policy)
        assert "unsafe" not in policy
