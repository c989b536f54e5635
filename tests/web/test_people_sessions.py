"""Sessions and tokens of people end: by time, by a change, with everything that was begun under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

pytest.importorskip("argon2", reason="argon2-cffi is not installed: see requirements-lab.txt")

from tests.web.conftest import TOKEN, bench_of, browser_on
from tests.web.people_hub import WORDS, FakeHub, lines_of, log_in, people_of, with_token
from utils.bench.runner import Runner
from utils.errors import V3Error
from utils.lab import joining
from utils.model.roles import Role
from utils.settings import Settings
from utils.web import create_web_app
from utils.web.context import context
from utils.web.security import check_binding
from utils.web.sessions import IDLE_S, LONGEST_S, Sessions

pytestmark = pytest.mark.usefixtures("quick_passwords")


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
    make_settings: Callable[..., Settings], runner: Runner, hub_folder: Path
) -> None:
    made = create_web_app(make_settings(), bench_of(runner, make_settings()))
    made.extensions["v3-lab"] = SimpleNamespace(hub=FakeHub(hub_folder))
    frames = browser_on(made).get("/api/v1/events", buffered=False).iter_encoded()
    assert b"hello" in next(frames) + next(frames)
    people_of(made).add("ada", Role.ADMIN, WORDS[Role.ADMIN])
    assert b"".join(frames).count(b"event: beat") <= 1


def test_a_hub_listens_on_a_network_once_somebody_must_log_in(
    make_settings: Callable[..., Settings], hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    lab = FakeHub(hub_folder)
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
    at_hub: Flask, hub_folder: Path, monkeypatch: pytest.MonkeyPatch
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
    kept = (hub_folder / "people.json").read_text()
    assert text not in kept
    assert text.removeprefix(f"v3p_{made.id}_") not in kept
    assert not any(each in kept for each in WORDS.values())
    assert (hub_folder / "people.json").stat().st_mode & 0o077 == 0
    for wrong in (text[:-1], text + "x", text.replace(made.id, "0" * 16), "v3p_", TOKEN):
        assert with_token(at_hub, wrong).get("/api/v1/state").status_code in (403, 429)
    with monkeypatch.context() as later:
        later.setattr("utils.lab.people.utc_text", lambda: made.ends_at)
        assert people.by_token(text) is None
    assert people.by_token(text) is not None
    people.revoke_token("theo", made.id)
    assert people.by_token(text) is None
