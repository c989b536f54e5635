"""What a role causes and what its pages show: calls, People, Your account."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

pytest.importorskip("argon2", reason="argon2-cffi is not installed: see requirements-lab.txt")

from tests.web.conftest import Client
from tests.web.people_hub import WORDS, lines_of, log_in, people_of, with_token
from utils.errors import RoleNeeded
from utils.lab.people import People
from utils.lab.tasks import CHECKUP
from utils.model.roles import Role

pytestmark = pytest.mark.usefixtures("quick_passwords")

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


def test_what_waited_for_a_board_is_called_only_while_whoever_asked_may(hub_folder: Path) -> None:
    from utils.lab.hub import Hub

    people, called = People(hub_folder), []
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
