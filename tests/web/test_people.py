"""A hub that has people: logins by name, sessions that end, and each route as the table says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

pytest.importorskip("argon2", reason="argon2-cffi is not installed: see requirements-lab.txt")

from tests.web.conftest import TOKEN, Client, bench_of, browser_on
from tests.web.program import clean_environment
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import NoAnswer, RoleNeeded, V3Error
from utils.lab import joining, passwords
from utils.lab.campaigning import Campaigns
from utils.lab.people import People
from utils.lab.tasks import CHECKUP
from utils.model.roles import GIVEN, SCOPES, Role
from utils.settings import PROJECT, Settings
from utils.web import create_web_app, roles
from utils.web.context import context
from utils.web.security import check_binding
from utils.web.sessions import IDLE_S, LONGEST_S, Sessions

WORDS = {role: f"words of the {role.value} here" for role in GIVEN}
NAMES = {Role.VIEWER: "vera", Role.TECHNICIAN: "theo", Role.ADMIN: "ada"}


class FakeHub:
    """What the page asks of a hub; nothing is called, and each try to is noted."""

    connected = True

    def __init__(self, folder: Path) -> None:
        self.people = People(folder)
        self.campaigns = Campaigns(folder / "campaigns")
        self.called: list[Any] = []

    def benches(self) -> list[Any]:
        return []

    def calls(self) -> tuple[Any, ...]:
        return ()

    def call_many(self, boards: Any, diagnostics: Any, *, who: str) -> list[Any]:
        self.called.append((list(boards), who))
        return []

    def look(self, station: str, *, who: str, **what: Any) -> Any:
        self.called.append((station, who))
        raise NoAnswer


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """The same passwords at a hundredth of the cost: a test asks who is let in, not how long it takes."""
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: cheap)
        passwords._nobodys.cache_clear()
        yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "hub"


@pytest.fixture
def at_hub(make_settings: Callable[..., Settings], runner: Runner, folder: Path) -> Flask:
    """The program as a hub with one person of each role."""
    settings = make_settings()
    made = create_web_app(settings, bench_of(runner, settings))
    lab = FakeHub(folder)
    made.extensions["v3-lab"] = SimpleNamespace(hub=lab, station=None)
    for role, name in NAMES.items():
        lab.people.add(name, role, WORDS[role])
    return made


def people_of(app: Flask) -> People:
    found: People = app.extensions["v3-lab"].hub.people
    return found


def log_in(app: Flask, role: Role) -> Client:
    made = browser_on(app)
    answer = made.post("/login", data={"name": NAMES[role], "password": WORDS[role]})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return made


def with_token(app: Flask, text: str) -> Client:
    made = Client(app, app.response_class)
    made.environ_base = {"REMOTE_ADDR": "127.0.0.1", "HTTP_AUTHORIZATION": f"Bearer {text}"}
    return made


def lines_of(app: Flask, action: str) -> list[dict[str, Any]]:
    told = (context(app).audit._path or Path()).read_text().splitlines()
    return [each for each in map(json.loads, told) if each["action"] == action]


# --- every route, asked by every role


def asked(client: Client, method: str, rule: Any) -> TestResponse:
    """One request for it, with values that nothing has; bodies that nobody understands."""
    path = re.sub(r"<(?:\w+:)?\w+>", "main" if rule.endpoint.startswith("bay.") else "0", rule.rule)
    return client.open(path, method=method, data=b"[", content_type="application/json", buffered=False)


def test_each_route_answers_each_role_as_the_table_says(at_hub: Flask, door: LocalDoor) -> None:
    table = roles.table(at_hub)
    asking: dict[Role, list[Client]] = {Role.ANYBODY: [browser_on(at_hub)]}
    for role in GIVEN:
        of_admin = next(name for name, scope in SCOPES.items() if scope is role)
        text = people_of(at_hub).make_token("ada", "all routes", SCOPES[of_admin], 1)[1]
        asking[role] = [log_in(at_hub, role), with_token(at_hub, text)]
    door.resets = 0
    count = 0
    for rule in at_hub.url_map.iter_rules():
        if rule.endpoint == "login.logout":
            continue  # it would end the session; asked below
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            for role, clients in asking.items():
                for client in clients[: 1 if rule.endpoint.startswith("bay.") else 2]:
                    least = table[rule.endpoint]
                    assert least is not None
                    answer = asked(client, method, rule)
                    status, code = answer.status_code, _code(answer)
                    answer.close()
                    told = f"{method} {rule.rule} as {role.value}: {status} {code}"
                    if role is Role.ANYBODY and not role.covers(least):
                        assert status in (303, 401), told
                    elif not role.covers(least):
                        assert (status, code) == (403, "role-needed"), told
                    elif roles.in_person(at_hub, rule.endpoint) and client is not clients[0]:
                        assert (status, code) == (403, "forbidden"), told
                    else:
                        assert code not in ("role-needed", "login-required", "forbidden"), told
                    count += 1
    assert count > 900
    assert (door.executed, door.trusted, door.credentials) == ([], [], [])


def _code(answer: TestResponse) -> str:
    return str(answer.json["code"]) if answer.mimetype == "application/problem+json" and answer.json else ""


# --- logging in


def test_a_person_logs_in_by_name_and_every_line_says_who(at_hub: Flask) -> None:
    stranger = browser_on(at_hub)
    assert stranger.get("/").headers["Location"] == "/login"
    assert "Name" in stranger.get("/login").get_data(as_text=True)
    for name, password in (
        ("theo", "wrong words here"),
        ("nobody", WORDS[Role.ADMIN]),
        ("", ""),
        ("theo", ""),
    ):
        refused = stranger.post("/login", data={"name": name, "password": password})
        assert (refused.status_code, "Wrong name or password" in refused.get_data(as_text=True)) == (
            401,
            True,
        )
    client = log_in(at_hub, Role.TECHNICIAN)
    assert "Log out theo" in client.get("/").get_data(as_text=True)
    assert client.post("/api/v1/connection/reset").status_code == 200
    assert lines_of(at_hub, "reset")[0]["who"] == "theo (page 127.0.0.1)"
    assert [each["who"] for each in lines_of(at_hub, "login")] == ["theo (page 127.0.0.1)"]
    assert [each["name"] for each in lines_of(at_hub, "login-refused")] == ["theo", "", "", "theo"]
    assert client.post("/logout").status_code == 303
    assert client.get("/api/v1/state").status_code == 401


def test_guesses_are_limited_by_name_from_whatever_address(at_hub: Flask) -> None:
    def guess(name: str, address: str) -> int:
        client = browser_on(at_hub)
        client.environ_base["REMOTE_ADDR"] = address
        data = {"name": name, "password": WORDS[Role.ADMIN]}
        return client.post(
            "/login", data={**data, "password": "guess"} if name != "ada" else data
        ).status_code

    assert [guess("theo", f"10.0.0.{n}") for n in range(6)] == [401] * 5 + [429]
    assert guess("ada", "10.0.0.1") == 303
    assert [guess(f"name-{n}", "10.0.9.9") for n in range(6)] == [401] * 5 + [429]
    assert guess("ada", "10.0.9.9") == 429


def test_the_password_and_the_token_of_the_program_open_no_hub_that_has_people(
    make_settings: Callable[..., Settings], runner: Runner, folder: Path
) -> None:
    settings = make_settings(v3_password="the password of all")
    made = create_web_app(settings, bench_of(runner, settings))
    made.extensions["v3-lab"] = SimpleNamespace(hub=FakeHub(folder))
    client = browser_on(made)
    assert client.post("/login", data={"password": "the password of all"}).status_code == 303
    assert (
        client.get("/api/v1/state").status_code
        == with_token(made, TOKEN).get("/api/v1/state").status_code
        == 200
    )
    people_of(made).add("ada", Role.ADMIN, WORDS[Role.ADMIN])
    assert client.get("/api/v1/state").status_code == 401
    assert client.post("/login", data={"password": "the password of all"}).status_code == 401
    assert with_token(made, TOKEN).get("/api/v1/state").status_code == 403


def test_a_list_of_people_that_is_gone_or_damaged_lets_nobody_in(at_hub: Flask, folder: Path) -> None:
    client, path = log_in(at_hub, Role.ADMIN), folder / "people.json"
    whole = path.read_text()
    for damage in ("", "[]", '{"form": 1, "people": [{"name": "eve", "role": "root"}]}', '{"form": 9}'):
        path.write_text(damage)
        assert client.get("/api/v1/state").json["code"] == "config", damage
        assert browser_on(at_hub).get("/").status_code == 500
    path.unlink()
    assert client.get("/api/v1/state").json["code"] == "config"
    path.write_text(whole)
    assert client.get("/api/v1/state").status_code == 200


# --- sessions and tokens end


@pytest.mark.parametrize("what", ["role", "password", "removed", "log-out"])
def test_a_session_ends_with_its_streams(at_hub: Flask, what: str) -> None:
    client, people = log_in(at_hub, Role.TECHNICIAN), people_of(at_hub)
    stream = client.get("/api/v1/events", buffered=False)
    frames = stream.iter_encoded()
    assert b"hello" in next(frames) + next(frames)
    match what:
        case "role":
            people.set_role("theo", Role.VIEWER)
        case "password":
            people.set_password("theo", "other words of theo")
        case "removed":
            people.remove("theo")
        case _:
            client.post("/logout")
    assert b"".join(frames).count(b"event: beat") <= 1
    assert client.get("/api/v1/state").status_code == 401


def test_what_comes_from_a_bench_ends_with_the_session(
    at_hub: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    class View:
        status, stream, done = 200, True, False

        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"data: 1\n\n"

    lab, ended = at_hub.extensions["v3-lab"].hub, []
    monkeypatch.setattr(lab, "look", lambda station, **what: View())
    monkeypatch.setattr(lab, "end_look", lambda station, view: ended.append(station), raising=False)
    client = log_in(at_hub, Role.TECHNICIAN)
    stream = client.get("/api/v1/bays/bench-3:main/events?feed=terminals", buffered=False)
    frames = stream.iter_encoded()
    assert next(frames) == b"data: 1\n\n"
    client.post("/logout")
    assert list(frames) == []
    stream.close()
    assert ended == ["bench-3"]


def test_what_was_begun_without_a_login_ends_when_the_first_person_is_added(
    make_settings: Callable[..., Settings], runner: Runner, folder: Path
) -> None:
    made = create_web_app(make_settings(), bench_of(runner, make_settings()))
    made.extensions["v3-lab"] = SimpleNamespace(hub=FakeHub(folder))
    frames = browser_on(made).get("/api/v1/events", buffered=False).iter_encoded()
    assert b"hello" in next(frames) + next(frames)
    people_of(made).add("ada", Role.ADMIN, WORDS[Role.ADMIN])
    assert b"".join(frames).count(b"event: beat") <= 1


def test_a_hub_listens_on_a_network_once_somebody_must_log_in(
    make_settings: Callable[..., Settings], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    lab = FakeHub(folder)
    monkeypatch.setattr(lab, "close", lambda: closed.append(1), raising=False)
    monkeypatch.setattr(joining, "_hub", lambda bench, settings: lab)
    bench = SimpleNamespace(default=SimpleNamespace(read_only=""))
    core: Any = SimpleNamespace(bench=bench, settings=make_settings(v3_host="0.0.0.0"))
    with pytest.raises(V3Error, match="everybody on the network"):
        joining.enter(core, check_binding, hub=True)
    assert closed == [1]
    lab.people.add("ada", Role.ADMIN, WORDS[Role.ADMIN])
    assert joining.enter(core, check_binding, hub=True).hub is lab


def test_sessions_end_when_idle_and_in_any_case() -> None:
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    idle, kept = sessions.begin("ada", "1"), sessions.begin("ada", "1")
    while now[0] < LONGEST_S - IDLE_S / 2:
        now[0] += IDLE_S / 2
        assert sessions.find(kept, used=True) is not None
        assert (sessions.find(idle) is not None) == (now[0] < IDLE_S)
    now[0] = LONGEST_S
    assert sessions.find(kept) is sessions.find("") is sessions.find("\ud800") is None


def test_what_a_page_asks_by_itself_does_not_keep_a_session(
    at_hub: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, client = [0.0], log_in(at_hub, Role.VIEWER)
    monkeypatch.setattr(context(at_hub).sessions, "_now", lambda: now[0])
    for _ in range(5):
        name = context(at_hub).sessions.begin("vera", people_of(at_hub).all()[0].stamp)
        client.set_cookie("v3_session_80", name, domain="127.0.0.1")
        now[0] += IDLE_S - 1
        client.get("/api/v1/state")
        client.post("/api/v1/streams/0/beat", json={})
        now[0] += 2
        assert client.get("/api/v1/state").status_code == 401


def test_a_token_may_what_scope_and_role_allow_until_it_ends(
    at_hub: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = people_of(at_hub)
    made, text = people.make_token("theo", "nightly", Role.ADMIN, 30)
    client = with_token(at_hub, text)
    reset = "/api/v1/connection/reset"
    assert client.post(reset).status_code == 200
    assert lines_of(at_hub, "reset")[-1]["who"] == "theo (token 127.0.0.1)"
    assert client.post("/api/v1/devices/s-0123456789/forget").json["code"] == "role-needed"
    people.set_role("theo", Role.VIEWER)
    assert client.post(reset).json["code"] == "role-needed"
    kept = (folder / "people.json").read_text()
    assert text not in kept
    assert text.removeprefix(f"v3p_{made.id}_") not in kept
    assert not any(each in kept for each in WORDS.values())
    assert (folder / "people.json").stat().st_mode & 0o077 == 0
    for wrong in (text[:-1], text + "x", text.replace(made.id, "0" * 16), "v3p_", TOKEN):
        assert with_token(at_hub, wrong).get("/api/v1/state").status_code in (403, 429)
    with monkeypatch.context() as later:
        later.setattr("utils.lab.people.utc_text", lambda: made.ends_at)
        assert people.by_token(text) is None
    assert people.by_token(text) is not None
    people.revoke_token("theo", made.id)
    assert people.by_token(text) is None


# --- what a role causes


def test_a_viewer_causes_no_call_and_a_call_carries_its_name(at_hub: Flask) -> None:
    body = {"boards": [{"bench": "bench-3", "bay": "main", "device_id": "s-0123456789"}]}
    lab = at_hub.extensions["v3-lab"].hub
    viewer = log_in(at_hub, Role.VIEWER)
    for given in (body, {}):
        assert viewer.post("/api/v1/lab/checkups", json=given).json["code"] == "role-needed"
    refused = viewer.get("/api/v1/events?feed=live")
    assert (refused.status_code, refused.json["details"]) == (403, {"least": "technician", "role": "viewer"})
    for path in ("state", "live", "events"):
        assert viewer.get(f"/api/v1/bays/bench-3:main/{path}").json["code"] == "role-needed"
    assert lab.called == []
    assert log_in(at_hub, Role.TECHNICIAN).post("/api/v1/lab/checkups", json=body).status_code == 200
    log_in(at_hub, Role.TECHNICIAN).post("/api/v1/bays/bench-3:main/logs/choices", json={})
    assert lab.called == [([("bench-3", "main", "s-0123456789")], "theo"), ("bench-3", "theo")]


def test_what_waited_for_a_board_is_called_only_while_whoever_asked_may(folder: Path) -> None:
    from utils.lab.hub import Hub

    people, called = People(folder), []
    people.add("theo", Role.TECHNICIAN, "long enough words")
    hub: Any = SimpleNamespace(people=people, call=lambda *board, who, **more: called.append(who))
    asked = {
        "device_id": "s-0123456789",
        "diagnostics": None,
        "left_s": 5.0,
        "what": CHECKUP,
        "minutes": None,
    }
    errand: Any = SimpleNamespace(who="theo", **asked)
    place: Any = SimpleNamespace(station="bench-3", bay="main")
    Hub.send(hub, errand, place, "0123456789abcdef")
    people.set_role("theo", Role.VIEWER)
    with pytest.raises(RoleNeeded, match="theo"):
        Hub.send(hub, errand, place, "0123456789abcdef")
    assert called == ["theo"]


def test_the_page_of_a_viewer_shows_what_may_be_done(at_hub: Flask) -> None:
    text = log_in(at_hub, Role.VIEWER).get("/").get_data(as_text=True)
    assert "You are a viewer at this hub" in text
    assert 'href="/lab"' in text
    assert not any(f'href="{page}"' in text for page in ("/live", "/terminal", "/logs", "/people"))
    assert 'href="/terminal"' in log_in(at_hub, Role.TECHNICIAN).get("/").get_data(as_text=True)


# --- the pages People and Your account


def test_an_admin_manages_people_on_the_page_and_each_line_says_who(at_hub: Flask) -> None:
    admin, people = log_in(at_hub, Role.ADMIN), people_of(at_hub)
    new = {"name": "eve", "password": "words of eve here", "role": "viewer"}
    assert admin.post("/people/add", data=new).status_code == 303
    assert "eve" in admin.get("/people").get_data(as_text=True)
    for wrong in ({**new, "name": "E V E"}, {**new, "name": "bob", "role": "root"}, new, {"name": "bob"}):
        refused = admin.post("/people/add", data=wrong)
        assert (refused.status_code, 'role="alert"' in refused.get_data(as_text=True)) == (422, True), wrong
    assert admin.post("/people/role", data={"name": "eve", "role": "technician"}).status_code == 303
    changed = {"name": "eve", "password": "other words of eve"}
    assert admin.post("/people/password", data=changed).status_code == 303
    found = people.by_password("eve", "other words of eve")
    assert found is not None
    assert found.role is Role.TECHNICIAN
    assert admin.post("/people/remove", data={"name": "eve"}).status_code == 303
    assert admin.post("/people/remove", data={"name": "eve"}).status_code == 404
    assert "last admin" in admin.post("/people/remove", data={"name": "ada"}).get_data(as_text=True)
    told = [
        each
        for kind in ("added", "role", "password", "removed")
        for each in lines_of(at_hub, f"person-{kind}")
    ]
    assert {(each["who"], each["person"]) for each in told} == {("ada (page 127.0.0.1)", "eve")}
    assert len(told) == 4


def test_each_person_has_password_and_tokens_of_his_own(at_hub: Flask) -> None:
    client, people = log_in(at_hub, Role.TECHNICIAN), people_of(at_hub)
    asked = {"title": "<b>nightly</b>", "scope": "run", "days": "30"}
    page = client.post("/account/tokens", data=asked).get_data(as_text=True)
    text = re.search(r"v3p_[A-Za-z0-9_-]+", page)
    assert text is not None
    assert "<b>" not in page
    assert with_token(at_hub, text[0]).get("/api/v1/state").status_code == 200
    assert text[0] not in client.get("/account").get_data(as_text=True)
    for wrong in ({**asked, "days": "0"}, {**asked, "days": "999"}, {**asked, "scope": "root"}, {}):
        assert client.post("/account/tokens", data=wrong).status_code == 422
    found = people.find("theo")
    assert found is not None
    assert client.post("/account/tokens/revoke", data={"token": found.tokens[0].id}).status_code == 303
    assert with_token(at_hub, text[0]).get("/api/v1/state").status_code == 403
    new = {"old": "not it", "password": "other words of theo"}
    assert client.post("/account/password", data=new).status_code == 422
    assert client.post("/account/password", data={**new, "old": WORDS[Role.TECHNICIAN]}).status_code == 303
    assert client.get("/account").headers["Location"].startswith("/login")
    assert people.by_password("theo", "other words of theo") is not None


def test_a_program_without_people_has_none_of_these_pages(client: Client) -> None:
    for path in ("/people", "/account", "/login/oidc"):
        assert client.get(path).status_code == 404
    page = client.get("/").get_data(as_text=True)
    assert not any(word in page for word in ("/people", "/account", "Log out"))


# --- the command line


def test_the_first_admin_is_made_by_a_command_and_no_argument_holds_the_password(tmp_path: Path) -> None:
    def v3(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "utils.cli", "hub", "user", *words],
            cwd=PROJECT, env=clean_environment(tmp_path), input=typed, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip

    added = v3("add", "ada", "--role", "admin", typed="words of the admin here\n")
    assert (added.returncode, added.stdout) == (0, "ada may log in as admin.\n")
    folder = tmp_path / "data" / "hub"
    people = People(folder)
    assert [(each.name, each.role) for each in people.all()] == [("ada", Role.ADMIN)]
    assert people.all()[0].password.startswith("$argon2id$")
    refused = v3("remove", "ada")
    assert (refused.returncode, "last admin" in refused.stderr) == (3, True)
    line = json.loads((tmp_path / "data" / "audit.jsonl").read_text().splitlines()[0])
    assert (line["who"], line["action"], line["person"]) == ("command line", "person-added", "ada")


def test_names_passwords_and_the_last_admin_are_looked_at(folder: Path) -> None:
    people = People(folder)
    people.add("ada", Role.ADMIN, WORDS[Role.ADMIN])
    for name, password in (
        ("Ada", "long enough words"), ("a@b", "long enough words"), ("", "long enough words"),
        ("ada", "long enough words"), ("bob", "short"), ("bob", "x" * 300),
    ):  # fmt: skip
        with pytest.raises(V3Error):
            people.add(name, Role.VIEWER, password)
    for change in (lambda: people.set_role("ada", Role.VIEWER), lambda: people.remove("ada")):
        with pytest.raises(V3Error, match="last admin"):
            change()
    people.add("theo", Role.TECHNICIAN, "long enough words")
    people.need("theo", Role.TECHNICIAN)
    people.set_role("theo", Role.VIEWER)
    for name in ("theo", "nobody"):
        with pytest.raises(RoleNeeded, match=name):
            people.need(name, Role.TECHNICIAN)
    People(folder.parent / "none").need("nobody", Role.ADMIN)  # where nobody logs in everybody may
    people.remove("theo")
    with pytest.raises(V3Error, match="no role"):
        people.add("bob", Role.ANYBODY, "long enough words")
    assert [each.role for each in People(folder).all()] == [Role.ADMIN]
