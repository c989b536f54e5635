"""Logins at a provider, against one on loopback that this test runs: discovery, keys, PKCE, tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from flask import Flask

pytest.importorskip("authlib", reason="authlib is not installed: see requirements-lab.txt")

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.web.conftest import Client, bench_of, browser_on
from utils.bench.runner import Runner
from utils.lab import oidc
from utils.lab.people import People
from utils.model.roles import Role
from utils.settings import Settings
from utils.web import create_web_app

FROM_THERE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}


class Provider:
    """A provider that does as it should, but for what a test changes."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "first", "use": "sig"})
        self.shown: list[Any] = [self.key]
        self.claims: dict[str, Any] = {"preferred_username": "Ada", "sub": "0815"}
        self.document: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.begun: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                if path == "/.well-known/openid-configuration":
                    self.tell(provider.discovery())
                elif path == "/keys":
                    self.tell({"keys": [each.as_dict(private=False) for each in provider.shown]})
                elif path == "/authorize":  # its person says yes at once
                    self.send_response(303)
                    self.send_header("Location", provider.authorized(self.path))
                    self.end_headers()
                else:
                    self.tell({}, 404)

            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                form["authorization"] = self.headers.get("Authorization", "")
                status, told = provider.token(form)
                self.tell(told, status)

            def tell(self, told: dict[str, Any], status: int = 200) -> None:
                data = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def discovery(self) -> dict[str, Any]:
        at = self.issuer
        told = {
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
        }
        return {"issuer": at, **told, **self.document}

    def authorized(self, url: str) -> str:
        """Where a browser is sent back to, once its person said yes."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = f"code-{len(self.begun)}"
        self.begun[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(form)
        begun = self.begun.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if begun is None or begun["code_challenge"] != challenge or begun["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": begun["client_id"], "nonce": begun["nonce"], "iat": now,
            "exp": now + 60,
        }  # fmt: skip
        said = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        header = {"alg": "ES256", "kid": self.key.kid, **self.header}
        text = jwt.encode(header, said, self.key, algorithms=["ES256", "HS256"])
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": text}


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def make_hub(
    make_settings: Callable[..., Settings], runner: Runner, provider: Provider, tmp_path: Path
) -> Callable[..., Flask]:
    def make(**more: Any) -> Flask:
        told = {"v3_oidc_issuer": provider.issuer, "v3_oidc_client_id": "v3-hub", **more}
        settings = make_settings(**told)
        made = create_web_app(settings, bench_of(runner, settings))
        made.extensions["v3-lab"] = SimpleNamespace(
            hub=SimpleNamespace(people=People(tmp_path / "data" / "hub"))
        )
        return made

    return make


def began(client: Client, provider: Provider, page: str = "/lab") -> str:
    """A login as far as the way back: the address that the provider sends the browser to."""
    answer = client.get(f"/login/oidc?next={page}")
    assert answer.status_code == 303, answer.get_data(as_text=True)
    there = answer.headers["Location"]
    assert there.startswith(f"{provider.issuer}/authorize?")
    return provider.authorized(there)


def came_back(client: Client, url: str) -> Any:
    parts = urlsplit(url)
    return client.get(
        f"{parts.path}?{parts.query}", headers={**FROM_THERE, "Accept": "application/problem+json"}
    )


def reason(answer: Any) -> str:
    """Why a login was refused; and nobody is in."""
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False), answer.get_data(as_text=True)
    return str(json.loads(answer.get_data())["details"]["reason"]) if answer.is_json else "?"


def people_of(app: Flask) -> tuple[Any, ...]:
    found: tuple[Any, ...] = app.extensions["v3-lab"].hub.people.all()
    return found


def test_a_person_logs_in_at_the_provider_and_goes_on_to_the_page(
    make_hub: Callable[..., Flask], provider: Provider
) -> None:
    app = make_hub(v3_oidc_client_secret="a secret of the hub")
    client = browser_on(app)
    assert client.get("/api/v1/state").status_code == 401
    assert "Log in at 127.0.0.1" in client.get("/login").get_data(as_text=True)
    answer = came_back(client, began(client, provider, "/boards"))
    assert answer.status_code == 200
    assert 'content="0;url=/boards"' in answer.get_data(as_text=True)
    assert client.get("/api/v1/state").status_code == 200
    assert client.post("/api/v1/connection/reset").json["code"] == "role-needed"
    (person,) = people_of(app)
    assert (person.name, person.role, person.subject) == ("ada@127.0.0.1", Role.VIEWER, "0815")
    assert provider.asked[0]["authorization"].startswith("Basic ")
    app.extensions["v3-lab"].hub.people.set_role(person.name, Role.TECHNICIAN)
    assert client.get("/api/v1/state").status_code == 401
    assert came_back(client, began(client, provider)).status_code == 200
    assert client.post("/api/v1/connection/reset").status_code == 200


def test_behind_a_proxy_the_provider_sends_people_back_to_the_address_they_came_by(
    make_hub: Callable[..., Flask], provider: Provider
) -> None:
    client = browser_on(make_hub(v3_trusted_proxies="127.0.0.1", v3_allowed_hosts="lab.example"))
    told = {"X-Forwarded-For": "10.0.0.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "lab.example"}
    answer = client.get("/login/oidc", headers=told)
    asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["redirect_uri"] == ["https://lab.example/login/oidc/callback"]
    assert "; Secure" in answer.headers["Set-Cookie"]
    answer = client.get("/login/oidc")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["redirect_uri"] == [
        "http://127.0.0.1/login/oidc/callback"
    ]


REFUSED: dict[str, tuple[str, Callable[[Provider], Any]]] = {
    "another issuer in the token": ("issuer", lambda p: p.claims.update(iss="https://evil.example")),
    "no issuer in the token": ("issuer", lambda p: p.claims.update(iss=None)),
    "another audience": ("audience", lambda p: p.claims.update(aud="another-program")),
    "several audiences without ours": ("audience", lambda p: p.claims.update(aud=["a", "b"])),
    "ours beside another, for the other": (
        "audience",
        lambda p: p.claims.update(aud=["v3-hub", "b"], azp="b"),
    ),
    "another nonce": ("nonce", lambda p: p.claims.update(nonce="of another login")),
    "no nonce": ("nonce", lambda p: p.claims.update(nonce=None)),
    "a token that is over": ("expired", lambda p: p.claims.update(exp=int(time.time()) - 3600)),
    "a token without an end": ("expired", lambda p: p.claims.update(exp=None)),
    "a token of tomorrow": ("expired", lambda p: p.claims.update(nbf=int(time.time()) + 86400)),
    "nobody in the token": ("token", lambda p: p.claims.update(sub=None)),
    "a key that it does not show": ("key", lambda p: setattr(p, "shown", [_key("second")])),
    "a key that it shows as another": ("key", lambda p: setattr(p, "shown", [_key("first")])),
    "no key at all": ("key", lambda p: setattr(p, "shown", [])),
    "a key that anybody can read": ("token", lambda p: _by_a_shown_secret(p)),
    "no token": (
        "token",
        lambda p: setattr(p, "token", lambda form: (200, {"access_token": "x", "token_type": "Bearer"})),
    ),
    "a code that it does not know": ("provider", lambda p: p.begun.clear()),
    "not the PKCE of this login": (
        "provider",
        lambda p: [each.update(code_challenge="other") for each in p.begun.values()],
    ),
    "a token that is none": (
        "token",
        lambda p: setattr(
            p, "token", lambda form: (200, {"access_token": "x", "token_type": "Bearer", "id_token": "a.b.c"})
        ),
    ),
    "another name of its own": ("issuer", lambda p: p.document.update(issuer="https://evil.example")),
    "an address without TLS": (
        "provider",
        lambda p: p.document.update(token_endpoint="http://192.0.2.1/token"),
    ),
    "no address for tokens": ("provider", lambda p: p.document.update(token_endpoint=None)),
}


def _key(kid: str) -> Any:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


def _by_a_shown_secret(provider: Provider) -> None:
    """HS256 with what everybody can read, as a program that trusts the header's algorithm would believe."""
    provider.key = OctKey.import_key(b"what everybody can read, 32 bytes", {"kid": "first"})  # type: ignore[assignment]
    provider.header = {"alg": "HS256"}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_hold_is_refused_by_its_name(
    make_hub: Callable[..., Flask], provider: Provider, case: str
) -> None:
    expected, change = REFUSED[case]
    app = make_hub()
    client = browser_on(app)
    url = began(client, provider)
    change(provider)
    assert reason(came_back(client, url)) == expected
    assert client.get("/api/v1/state").status_code == 401
    assert people_of(app) == ()


def test_a_changed_key_counts_at_once_and_the_one_before_no_more(
    make_hub: Callable[..., Flask], provider: Provider
) -> None:
    client = browser_on(make_hub())
    assert came_back(client, began(client, provider)).status_code == 200
    before, provider.key = provider.key, _key("second")
    provider.shown = [before, provider.key]
    assert came_back(client, began(client, provider)).status_code == 200
    provider.shown, provider.key = [provider.key], before
    other = browser_on(client.application)
    assert reason(came_back(other, began(other, provider))) == "key"


def test_only_the_browser_that_began_comes_in_and_once(
    make_hub: Callable[..., Flask], provider: Provider
) -> None:
    app = make_hub()
    mine, other = browser_on(app), browser_on(app)
    url = began(mine, provider)
    assert reason(came_back(other, url)) == "state"
    wrong = url.replace("state=", "state=x")
    assert reason(came_back(mine, wrong)) == "state"
    assert reason(came_back(mine, url)) == "state"  # it was used by the one before
    url = began(mine, provider)
    assert reason(came_back(mine, f"{url}&iss=https://evil.example")) == "issuer"
    denied = began(mine, provider).replace("code=", "error=access_denied&x=")
    assert reason(came_back(mine, denied)) == "provider"
    framed = {**FROM_THERE, "Sec-Fetch-Mode": "no-cors"}
    assert mine.get("/login/oidc/callback?code=1&state=2", headers=framed).status_code == 403
    assert mine.get("/login/oidc", headers=FROM_THERE).status_code == 403


def test_a_login_that_took_too_long_is_over(
    make_hub: Callable[..., Flask], provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser_on(make_hub())
    url = began(client, provider)
    monkeypatch.setattr(oidc, "BEGUN_S", -1.0)
    assert reason(came_back(client, url)) == "state"


@pytest.mark.parametrize(
    ("said", "role"),
    [({}, "viewer"), ({"groups": []}, "viewer"), ({"groups": ["staff", "v3-technician"]}, "technician"),
     ({"groups": "viewer admin"}, "admin"), ({"groups": {"admin": True}}, "viewer"),
     ({"groups": 7}, "viewer"),
     ({"groups": ["root", "anybody"]}, "viewer")],
)  # fmt: skip
def test_the_role_is_what_the_claim_says_at_each_login(
    make_hub: Callable[..., Flask], provider: Provider, said: dict[str, Any], role: str
) -> None:
    app = make_hub(v3_oidc_role_claim="groups")
    client = browser_on(app)
    provider.claims["groups"] = ["admin"]
    assert came_back(client, began(client, provider)).status_code == 200
    del provider.claims["groups"]
    provider.claims.update(said)
    assert came_back(client, began(client, provider)).status_code == 200
    assert [each.role.value for each in people_of(app)] == [role]


def test_two_people_of_one_name_are_not_one(make_hub: Callable[..., Flask], provider: Provider) -> None:
    app = make_hub()
    client = browser_on(app)
    assert came_back(client, began(client, provider)).status_code == 200
    provider.claims["sub"] = "4711"
    other = browser_on(app)
    answer = came_back(other, began(other, provider))
    assert (answer.status_code, len(people_of(app))) == (422, 1)


def test_a_provider_that_is_away_is_said_and_lets_nobody_in(
    make_hub: Callable[..., Flask], provider: Provider
) -> None:
    client = browser_on(make_hub())
    provider.server.shutdown()
    provider.server.server_close()
    answer = client.get("/login/oidc")
    assert (answer.status_code, "does not answer" in answer.get_data(as_text=True)) == (401, True)
