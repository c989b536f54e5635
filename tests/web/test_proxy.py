"""A page behind a reverse proxy: the proxy tells of the browser, and nobody else does."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from tests.web.conftest import browser_on, web_app
from utils.bench.runner import Runner
from utils.errors import ConfigError
from utils.settings import Settings
from utils.web.proxy import plain_address
from utils.web.security import check_binding

PASSWORD = "s3cret page"
PROXY = "127.0.0.1"
TOLD = {"X-Forwarded-For": "10.0.0.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "lab.example"}
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def behind(make_settings: Callable[..., Settings], runner: Runner) -> Flask:
    """An app that trusts a proxy on this computer."""
    return web_app(
        make_settings(
            v3_password=PASSWORD, v3_trusted_proxies="127.0.0.1, ::1", v3_allowed_hosts="lab.example"
        ),
        runner,
    )


def asked(
    app: Flask, method: str, path: str, *, by: str = PROXY, host: str = "127.0.0.1:5055", **more: Any
) -> Any:
    """The answer to a request that comes from this address; headers={…} are its own."""
    came = {"REMOTE_ADDR": by, "HTTP_HOST": host, "SERVER_PORT": "5055"}
    return app.test_client().open(path, method=method, environ_overrides=came, **more)


def status(app: Flask, headers: dict[str, str], **more: Any) -> int:
    return int(asked(app, "POST", "/login", data={"password": PASSWORD}, headers=headers, **more).status_code)


def test_behind_the_proxy_the_page_is_the_one_of_its_address(behind: Flask) -> None:
    """Host, origin and cookie follow the browser's address, with whatever port it has."""
    for host in ("lab.example", "lab.example:443", "lab.example:8443", "LAB.example"):
        told = {**TOLD, "X-Forwarded-Host": host, "Origin": f"https://{host.lower()}"}
        answer = asked(behind, "POST", "/login", data={"password": PASSWORD}, headers=told)
        assert answer.status_code == 303, host
        assert "; Secure" in answer.headers["Set-Cookie"]
    plain = {**TOLD, "X-Forwarded-Proto": "http", "Origin": "http://lab.example"}
    answer = asked(behind, "POST", "/login", data={"password": PASSWORD}, headers=plain)
    assert (answer.status_code, "; Secure" in answer.headers["Set-Cookie"]) == (303, False)
    kept = {name: value for name, value in TOLD.items() if name != "X-Forwarded-Host"}  # it passes Host on
    assert status(behind, {**kept, "Origin": "https://lab.example"}, host="lab.example") == 303
    assert status(behind, {"Origin": "https://lab.example"}, host="lab.example") == 303  # no scheme was told


@pytest.mark.parametrize(
    "wrong",
    [
        {"Origin": "http://lab.example"}, {"Origin": "https://lab.example:8443"}, {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"}, {"X-Forwarded-Host": "evil.example", **SAME},
        {"X-Forwarded-Host": "lab.example:1;x", **SAME}, {"X-Forwarded-Host": "evil.example:5055", **SAME},
        {"X-Forwarded-Host": "lab.example, evil.example", **SAME},
    ],
)  # fmt: skip
def test_behind_the_proxy_other_sites_and_names_stay_out(behind: Flask, wrong: dict[str, str]) -> None:
    assert status(behind, {**TOLD, **wrong}) == 403


def guesses(app: Flask, *addresses: str, by: str = PROXY) -> list[int]:
    """Answers to a wrong password, each with this X-Forwarded-For."""
    return [
        asked(
            app, "POST", "/login", by=by, data={"password": "a guess"},
            headers={"X-Forwarded-For": address, **SAME},
        ).status_code
        for address in addresses
    ]  # fmt: skip


def test_guesses_are_counted_for_each_browser_behind_the_proxy(behind: Flask) -> None:
    assert guesses(behind, *["10.0.0.7"] * 6) == [401] * 5 + [429]
    assert guesses(behind, "10.0.0.8", "fe80::7") == [401, 401]
    assert guesses(behind, "10.0.0.8, 10.0.0.7") == [429]  # the last one is the proxy's own word


@pytest.mark.parametrize(
    "ways",
    [
        [f"10.0.0.9:{port}" for port in range(1, 7)],
        ["fe80::9", "FE80::9", "fe80:0::9", "[fe80::9]", "[fe80::9]:1", "fe80:0:0::9"],
        [f"10.0.1.{number}, 10.0.0.9" for number in range(6)],
    ],
)
def test_one_browser_is_one_however_its_address_is_written(behind: Flask, ways: list[str]) -> None:
    assert guesses(behind, *ways) == [401] * 5 + [429]


def test_who_is_no_proxy_of_ours_chooses_nothing(behind: Flask) -> None:
    chosen = [f"10.0.0.{number}" for number in range(6)]
    assert guesses(behind, *chosen, by="127.0.0.2") == [401] * 5 + [429]
    assert status(behind, {**TOLD, **SAME}, by="127.0.0.3", host="evil.example") == 403
    assert status(behind, {**TOLD, "Origin": "https://lab.example"}, by="127.0.0.3") == 403
    answer = asked(
        behind, "POST", "/login", by="127.0.0.3", data={"password": PASSWORD}, headers={**TOLD, **SAME}
    )
    assert (answer.status_code, "; Secure" in answer.headers["Set-Cookie"]) == (303, False)


@pytest.mark.parametrize("proxies", ["", "127.0.0.1", "127.0.0.2"])
def test_on_the_wire_only_a_proxy_that_is_named_is_believed(
    serve: Callable[..., tuple[Flask, int]], proxies: str
) -> None:
    """The server itself takes such headers away where nobody is trusted."""
    _, port = serve(v3_password=PASSWORD, v3_trusted_proxies=proxies, v3_allowed_hosts="lab.example")

    def log_in(source: str) -> str | None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
        form = {"Content-Type": "application/x-www-form-urlencoded", **SAME, **TOLD}
        connection.request("POST", "/login", urlencode({"password": PASSWORD}), form)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 303
        return answer.headers["Set-Cookie"]

    for source in ("127.0.0.1", "127.0.0.2"):
        assert ("; Secure" in (log_in(source) or "")) is (source == proxies)


def test_a_page_behind_a_proxy_needs_a_login_though_it_listens_on_loopback() -> None:
    behind = Settings.model_validate({"v3_trusted_proxies": "::1"})
    with pytest.raises(ConfigError, match="reverse proxy") as caught:
        check_binding(behind)
    assert "V3_PASSWORD" in caught.value.hint
    check_binding(behind, by_name=True)
    check_binding(Settings.model_validate({"v3_trusted_proxies": "::1", "v3_password": "long enough"}))


@pytest.mark.parametrize(
    ("written", "plain"),
    [("::ffff:10.0.0.7", "10.0.0.7"), ("[::1]:80", "::1"), ("unknown", "unknown"), ("", ""), ("[]", "[]")],
)
def test_addresses_have_one_form(written: str, plain: str) -> None:
    assert plain_address(written) == plain


def test_a_browser_is_named_in_the_audit_log(behind: Flask, tmp_path: Any) -> None:
    browser_on(behind).post("/login", data={"password": PASSWORD}, headers=TOLD)
    assert '"who": "page 10.0.0.7"' in (tmp_path / "audit.jsonl").read_text()
