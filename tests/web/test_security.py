"""Who may ask: Host, origin, token. Each test is one attack or one honest client."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from tests.web.conftest import TOKEN
from utils.demo.local_door import LocalDoor
from utils.errors import ConfigError
from utils.settings import Settings
from utils.web.logins import kept_token
from utils.web.security import check_binding, host_allowed, is_loopback

RESET = "/api/v1/connection/reset"
EVERYWHERE = (
    "/", "/healthz", "/static/favicon.svg", "/api/v1/connection", "/api/v1/events", "/login", "/no-such-page",
    "/api/v1/openapi.json",
)  # fmt: skip


# --- Host: DNS rebinding


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1:8080", "", "localhost.", "[::1",
     "127.0.0.1@evil", "192.168.1.9", "0.0.0.0", "a b", "127.0.0.1:80:80", "[::1]x"],
)  # fmt: skip
def test_a_foreign_host_is_refused_on_every_route(stranger: FlaskClient, host: str) -> None:
    for path in EVERYWHERE:
        answer = stranger.get(path, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code == 403, path
        assert "Content-Security-Policy" in answer.headers, path


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST", "127.0.0.1:80"])
def test_every_name_of_this_machine_is_welcome(stranger: FlaskClient, host: str) -> None:
    assert stranger.get("/healthz", environ_overrides={"HTTP_HOST": host}).status_code == 200


def test_own_names_of_the_settings_are_allowed_with_the_right_port() -> None:
    made = Settings(v3_host="192.168.1.9", v3_allowed_hosts=("lab-pc", "gate:8080"))
    allowed = {
        host
        for host in (
            "192.168.1.9:5055",
            "lab-pc:5055",
            "gate:8080",
            "lab-pc",
            "gate:5055",
            "192.168.1.8:5055",
        )
        if host_allowed(host, "5055", made)
    }
    assert allowed == {"192.168.1.9:5055", "lab-pc:5055", "gate:8080"}


def test_bound_to_all_addresses_any_address_is_ours_but_no_foreign_name() -> None:
    made = Settings(v3_host="0.0.0.0")
    assert host_allowed("10.0.0.7:5055", "5055", made)
    assert host_allowed("[fe80::1]:5055", "5055", made)
    assert not host_allowed("evil.example:5055", "5055", made)
    assert not host_allowed("10.0.0.7.evil.example:5055", "5055", made)


@budget(100)
@given(st.text(max_size=40))
def test_no_text_but_our_names_is_a_host_of_ours(host: str) -> None:
    if host.lower() not in ("127.0.0.1:5055", "localhost:5055", "[::1]:5055"):
        assert not host_allowed(host, "5055", Settings())


# --- Sec-Fetch-Site and Origin: other web pages


@pytest.mark.parametrize("site", ["cross-site", "same-site", "SAME-ORIGIN", "", "nonsense"])
def test_requests_of_other_pages_are_refused_on_every_route(stranger: FlaskClient, site: str) -> None:
    for path in EVERYWHERE:
        assert stranger.get(path, headers={"Sec-Fetch-Site": site}).status_code == 403, path
        assert stranger.post(path, headers={"Sec-Fetch-Site": site}).status_code == 403, path


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost", "http://127.0.0.1:3000", "file://", ""]
)
def test_a_foreign_origin_is_refused_also_beside_same_origin(
    stranger: FlaskClient, door: LocalDoor, origin: str
) -> None:
    for more in ({}, {"Sec-Fetch-Site": "same-origin"}):
        assert stranger.post(RESET, headers={"Origin": origin, **more}).status_code == 403
    assert door.resets == 0


def test_the_token_does_not_open_the_door_to_other_pages(stranger: FlaskClient, door: LocalDoor) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Authorization": f"Bearer {TOKEN}"}
    assert stranger.post(RESET, headers=headers).status_code == 403
    assert door.resets == 0


def test_an_address_typed_by_hand_is_served_but_does_not_act(stranger: FlaskClient, door: LocalDoor) -> None:
    typed = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}
    assert stranger.get("/healthz", headers=typed).status_code == 200
    assert stranger.post(RESET, headers=typed).status_code == 403
    assert stranger.get("/healthz", headers={**typed, "Sec-Fetch-Mode": "no-cors"}).status_code == 403
    assert door.resets == 0


def test_a_browser_without_fetch_metadata_is_known_by_its_origin(
    stranger: FlaskClient, door: LocalDoor
) -> None:
    assert stranger.post(RESET, headers={"Origin": "http://127.0.0.1"}).status_code == 200
    assert door.resets == 1


def test_get_never_acts(app: Flask, client: FlaskClient, door: LocalDoor) -> None:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and "events" not in rule.rule:
            path = rule.rule
            for argument in rule.arguments:
                path = path.replace(f"<{argument}>", "healthy").replace(f"<path:{argument}>", "x")
            client.get(path)
    assert (door.executed, door.resets, door.trusted, door.credentials) == ([], 0, [], [])


@pytest.mark.parametrize(
    "path", [RESET, "/api/v1/diagnostics/healthy/run", "/api/v1/checkups", "/api/v1/connection/trust"]
)
def test_actions_are_not_reachable_by_get(client: FlaskClient, door: LocalDoor, path: str) -> None:
    assert client.get(path).status_code == 405
    assert door.executed == []


# --- clients that are no browsers


def test_a_script_needs_the_token_to_act(stranger: FlaskClient, door: LocalDoor) -> None:
    answer = stranger.post(RESET)
    assert (answer.status_code, answer.json and answer.json["code"]) == (403, "forbidden")
    assert stranger.post(RESET, headers={"Authorization": "Bearer wrong"}).status_code == 403
    assert stranger.post(RESET, headers={"Authorization": f"Basic {TOKEN}"}).status_code == 403
    assert door.resets == 0
    assert stranger.post(RESET, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert door.resets == 1


def test_a_script_may_look_without_a_token(stranger: FlaskClient) -> None:
    assert stranger.get("/api/v1/connection").status_code == 200


def test_guessing_the_token_is_slowed_down(stranger: FlaskClient) -> None:
    statuses = [
        stranger.post(RESET, headers={"Authorization": f"Bearer guess-{n}"}).status_code for n in range(7)
    ]
    assert statuses == [403] * 5 + [429] * 2


def test_the_token_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    token = kept_token(folder)
    assert len(token) >= 32
    assert kept_token(folder) == token
    assert (folder / "token").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.iterdir()] == ["token"]


def test_a_broken_token_file_is_said_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(ConfigError):
        kept_token(tmp_path)


# --- binding, headers, odd paths


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_needs_no_password(host: str) -> None:
    assert is_loopback(host)
    check_binding(Settings(v3_host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "lab-pc", ""])
def test_a_network_address_without_a_password_is_refused_with_the_reason(host: str) -> None:
    with pytest.raises(ConfigError, match="everybody on the network") as caught:
        check_binding(Settings(v3_host=host))
    assert "V3_PASSWORD" in caught.value.hint
    with pytest.raises(ConfigError, match="too short"):
        check_binding(Settings.model_validate({"v3_host": host, "v3_password": "x"}))
    check_binding(Settings.model_validate({"v3_host": host, "v3_password": "long enough"}))


@pytest.mark.parametrize("path", EVERYWHERE)
def test_security_headers_are_on_every_answer(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == ("no-cache" if path.startswith("/static") else "no-store")
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer.close()


@pytest.mark.parametrize("path", ["/", "/login", "/no-such-page"])
@pytest.mark.parametrize("part", ["style", "script"])
def test_the_policy_allows_what_stands_within_the_page_by_its_hash_and_nothing_else(
    client: FlaskClient, path: str, part: str
) -> None:
    answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
    (text,) = re.findall(f"<{part}>(.*?)</{part}>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert f"{part}-src 'self' 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]
    answer.close()


@pytest.mark.parametrize(("chosen", "drawn"), [("dark", ' data-theme="dark"'), ('x"><script>', ""), ("", "")])
def test_a_page_comes_in_the_theme_that_was_chosen_and_in_no_words_of_a_cookie(
    client: FlaskClient, chosen: str, drawn: str
) -> None:
    client.set_cookie("v3_theme", chosen, domain="127.0.0.1")
    page = client.get("/live").text
    assert page.startswith(f'<!doctype html>\n<html lang="en"{drawn} data-page="live">')


def test_nothing_is_asked_for_before_a_page_is_painted(client: FlaskClient) -> None:
    head = client.get("/").text.partition("</head>")[0]
    assert not re.findall(r"<script(?=[^>]* src=)(?![^>]* (?:type=.module|defer|async)).*?>", head)
    assert set(re.findall(r'<link rel="stylesheet"[^>]* media="(\w+)"', head)) == {"print"}
    assert head.count('rel="stylesheet"') == head.count(' media="print"')


ODD_PATHS = (
    "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/%00",
    "/static/..\\app.py", "/static/../.env", "//evil.example", "//evil.example/%2e%2e",
    "/api/v1//diagnostics", "/.env", "/./healthz", "/static/\0",
)  # fmt: skip


@pytest.mark.parametrize("path", ODD_PATHS)
def test_odd_paths_lead_nowhere(client: FlaskClient, path: str) -> None:
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code == 404
    assert "Location" not in answer.headers


@budget(60)
@given(path=st.text(max_size=30), method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"]))
def test_no_path_fails_inside_the_program(client: FlaskClient, path: str, method: str) -> None:
    if "events" in path:
        return
    answer = client.open("/" + path.encode("utf-8", "replace").decode(), method=method)
    assert answer.status_code < 500
    answer.close()
