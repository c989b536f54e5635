"""The password of the page: who is let in, for how long, what a guess costs, and where a login leads."""

from __future__ import annotations

import contextlib
import html
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import TOKEN, Client, browser_on, web_app
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import TooManyAttempts
from utils.settings import Settings
from utils.web.logins import Attempts, Logins

RESET = "/api/v1/connection/reset"


@pytest.fixture
def locked(make_settings: Callable[..., Settings], runner: Runner) -> FlaskClient:
    """A browser with our page open, on a server with a password."""
    return browser_on(web_app(make_settings(v3_password="s3cret page"), runner))


def test_with_a_password_nothing_is_shown_or_done_before_the_login(
    locked: FlaskClient, door: LocalDoor
) -> None:
    page = locked.get("/")
    assert (page.status_code, page.headers["Location"]) == (303, "/login")
    for path in ("/api/v1/connection", "/api/v1/events", "/api/v1/diagnostics", "/api/v1/openapi.json"):
        answer = locked.get(path)
        assert (answer.status_code, answer.json and answer.json["code"]) == (401, "login-required")
    assert locked.post(RESET).status_code == 401
    assert door.resets == 0
    assert locked.get("/healthz").status_code == 200
    assert locked.get("/login").status_code == 200


def test_the_right_password_opens_the_page_by_a_cookie_that_scripts_and_other_sites_never_get(
    locked: FlaskClient,
) -> None:
    answer = locked.post("/login", data={"password": "s3cret page"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "s3cret" not in cookie
    assert locked.get("/api/v1/connection").status_code == 200
    locked.post("/logout")
    assert locked.get("/api/v1/connection").status_code == 401


def test_a_wrong_password_is_refused_and_guessing_is_slowed_down(locked: FlaskClient) -> None:
    answers = [locked.post("/login", data={"password": f"guess {n}"}) for n in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert locked.post("/login", data={"password": "s3cret page"}).status_code == 429
    assert locked.get("/api/v1/connection").status_code == 401


@pytest.mark.parametrize("page", ["/logs", "/live", "/terminal", "/logs?source=kernel"])
def test_a_login_leads_to_the_page_that_was_asked_for(locked: FlaskClient, page: str) -> None:
    form = locked.get(page).headers["Location"]
    shown = locked.get(form)
    wanted = re.search(r'name="next" value="([^"]*)"', shown.text)
    assert wanted
    answer = locked.post("/login", data={"password": "s3cret page", "next": html.unescape(wanted[1])})
    assert (answer.status_code, answer.headers["Location"]) == (303, page)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/logs", "//evil.example/logs", "/\\evil.example", "javascript:alert(1)",
        "/no-such", "/logout", "/api/v1/state", "\t//evil.example", "logs", "/static/favicon.svg", "",
    ],
)  # fmt: skip
def test_a_login_leads_nowhere_else(locked: FlaskClient, elsewhere: str) -> None:
    answer = locked.post("/login", data={"password": "s3cret page", "next": elsewhere})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_login_from_another_page_is_refused(locked: FlaskClient) -> None:
    answer = locked.post("/login", data={"password": "s3cret page"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_the_token_serves_scripts_also_with_a_password(locked: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert locked.get("/api/v1/connection", headers=headers).status_code == 200


def test_sessions_end_and_foreign_names_are_no_session() -> None:
    logins = Logins(lifetime_s=0.0)
    assert not logins.valid(logins.begin())
    lasting = Logins()
    name = lasting.begin()
    assert lasting.valid(name)
    assert not lasting.valid("")
    assert not lasting.valid(name + "x")
    assert not lasting.valid("\ud800")


def test_guesses_from_many_addresses_are_limited_together() -> None:
    attempts = Attempts()
    for n in range(30):
        assert not attempts.right(f"10.0.0.{n}", "guess", "the password")
    with pytest.raises(Exception, match="Too many"):
        attempts.right("10.0.1.1", "the password", "the password")


def test_of_guesses_that_come_at_once_no_more_are_looked_at() -> None:
    attempts, looked_at = Attempts(), []
    at_once = threading.Barrier(40)

    def guess() -> None:
        attempts.check("10.0.0.1")
        at_once.wait(10)  # each has passed the first look, as while its form is read
        with contextlib.suppress(TooManyAttempts):
            looked_at.append(attempts.right("10.0.0.1", "guess", "the password"))

    threads = [threading.Thread(target=guess) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert looked_at == [False] * 5


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Referer": "http://127.0.0.1/live"}, 200),
        ({}, 403),
        ({"Referer": "http://127.0.0.1:8000/evil"}, 403),
        ({"Referer": "http://127.0.0.1.evil.example/"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_without_word_of_the_browser_only_our_own_pages_use_the_api_by_cookie(
    make_settings: Callable[..., Settings], runner: Runner, headers: dict[str, str], status: int
) -> None:
    app = web_app(make_settings(v3_password="s3cret page"), runner)
    plain = Client(app, app.response_class)
    plain.post("/login", data={"password": "s3cret page"}, headers={"Origin": "http://127.0.0.1"})
    for path in ("/api/v1/events?feed=live", "/api/v1/state"):
        answer = plain.get(path, headers=headers)
        assert answer.status_code == status, path
        answer.close()
    assert plain.get("/live").status_code == 200  # typed into the address bar


def test_logins_and_actions_are_in_the_audit_log_without_secrets(locked: FlaskClient, tmp_path: Path) -> None:
    locked.post("/login", data={"password": "wrong canary"})
    locked.post("/login", data={"password": "s3cret page"})
    locked.post(RESET)
    locked.post("/api/v1/connection/credentials", json={"user": "bench", "password": "canary-device-pw"})
    text = (tmp_path / "audit.jsonl").read_text(encoding="utf-8")
    entries = [json.loads(line) for line in text.splitlines()]
    assert [entry["action"] for entry in entries] == ["login-refused", "login", "reset", "credentials"]
    assert all(entry["who"].startswith("page ") for entry in entries)
    assert "canary" not in text
    assert entries[-1]["changed"] == ["password", "user"]
