"""Two bays in one program: a route under a bay is that bay's alone; the old routes mean the default bay."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import BASE, Client
from tests.web.small_catalogue import SMALL
from tests.web.test_openapi import ask
from utils.audit import Audit
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.events import EventBus
from utils.settings import Settings
from utils.web import create_web_app, pages
from utils.web.page import feed_of

OTHER = "usb-1-2.3"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bus, audit = EventBus(), Audit(tmp_path / "audit.jsonl")
    runners = [
        Runner(catalogue=SMALL, door=LocalDoor(), bus=bus, audit=audit, bay=bay) for bay in ("main", OTHER)
    ]
    yield Bench([furnished(runner, runner.door, tmp_path / runner.bay) for runner in runners])
    for runner in runners:
        runner.close()


@pytest.fixture
def app(make_settings: Callable[..., Settings], bench: Bench) -> Flask:
    return create_web_app(make_settings(), bench)


@pytest.fixture
def page(app: Flask) -> FlaskClient:
    app.test_client_class = Client
    return app.test_client()


def post(page: FlaskClient, path: str, **body: object) -> dict[str, object]:
    answer = page.post(path, json=body, headers={"Origin": BASE, "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code < 300, answer.text
    found: dict[str, object] = answer.json
    return found


def test_every_bay_is_listed_and_the_default_one_comes_first(page: FlaskClient) -> None:
    assert [each["id"] for each in page.get("/api/v1/bays").json["bays"]] == ["main", OTHER]


def test_a_run_belongs_to_its_bay(page: FlaskClient) -> None:
    begun = post(page, f"/api/v1/bays/{OTHER}/diagnostics/healthy/run?wait=0")
    assert page.get(f"/api/v1/bays/{OTHER}/runs/{begun['run']}").status_code == 200
    for elsewhere in ("/api/v1/runs", "/api/v1/bays/main/runs"):
        answer = page.get(f"{elsewhere}/{begun['run']}")
        assert (answer.status_code, answer.json["code"]) == (404, "unknown-run")


def test_a_checkup_of_one_bay_leaves_the_other_alone(page: FlaskClient) -> None:
    begun = post(page, f"/api/v1/bays/{OTHER}/checkups", diagnostics=["healthy", "faulty"])
    assert f"/bays/{OTHER}/" in str(begun["events"])
    until = time.monotonic() + 20
    while page.get(f"/api/v1/bays/{OTHER}/checkups/{begun['checkup']}").json["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.02)
    assert page.get(f"/api/v1/checkups/{begun['checkup']}").status_code == 404
    assert page.get("/api/v1/state").json["results"] == []
    shown = page.get(f"/api/v1/bays/{OTHER}/state").json["results"]
    assert {each["diagnostic"] for each in shown} == {"healthy", "faulty"}


def test_the_old_routes_mean_the_default_bay(page: FlaskClient, bench: Bench) -> None:
    post(page, "/api/v1/diagnostics/healthy/run")
    assert [run.diagnostic.id for run in bench.default.runner.kept_runs()] == ["healthy"]
    assert not bench.bay(OTHER).runner.kept_runs()
    assert page.get("/api/v1/state").json["results"] == page.get("/api/v1/bays/main/state").json["results"]


def test_every_event_says_its_bay(page: FlaskClient, bench: Bench) -> None:
    with bench.bus.subscribe() as events:
        for path in ("/api/v1", f"/api/v1/bays/{OTHER}"):
            post(page, f"{path}/diagnostics/healthy/run")
        seen = []
        while (event := events.get(0.05)) is not None:
            seen.append((event.kind, event.data["bay"]))
    kinds = ("run-started", "run-finished", "headline")
    assert seen == [(kind, bay) for bay in ("main", OTHER) for kind in kinds]


@pytest.mark.parametrize("path", ["events?bay={0}", "bays/{0}/events"])
def test_a_stream_can_be_narrowed_to_a_bay(page: FlaskClient, bench: Bench, path: str) -> None:
    last = bench.bus.last_id
    for prefix in ("/api/v1", f"/api/v1/bays/{OTHER}"):
        post(page, f"{prefix}/diagnostics/healthy/run")
    bench.bus.close()  # the stream ends once it has given what there is
    answer = page.get("/api/v1/" + path.format(OTHER), headers={"Last-Event-ID": str(last)})
    data = [json.loads(line[5:]) for line in answer.text.splitlines() if line.startswith("data:")]
    bays = {each["bay"] for each in data if "bay" in each}
    assert bays == {OTHER}


@pytest.mark.parametrize("path", ["events?bay=nobody", "events?feed=live:nobody", "events?feed=nothing"])
def test_an_unknown_bay_or_feed_is_a_bad_request(page: FlaskClient, path: str) -> None:
    answer = page.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json["code"]) == (422, "bad-request")


def test_an_unknown_bay_in_an_address_is_not_found(page: FlaskClient) -> None:
    answer = page.get("/api/v1/bays/nobody/state")
    assert (answer.status_code, answer.json["code"]) == (404, "unknown-bay")


def test_a_feed_names_its_bay_or_means_the_default_one(bench: Bench) -> None:
    feed = partial(feed_of, pages.found(), bench, at_hand=bench.default)
    for kind in ("live", "terminals"):
        assert feed(kind) is feed(f"{kind}:main") is not feed(f"{kind}:{OTHER}")


def test_each_route_of_the_default_bay_is_there_under_a_bay(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1/")}
    programs = {"/api/v1/openapi.json", "/api/v1/bays", "/api/v1/bench"}
    own = ("/api/v1/swap-tests", "/api/v1/bundles", "/api/v1/replays", "/api/v1/lab")
    programs |= {rule for rule in rules if rule.startswith(own)}
    old = {rule for rule in rules if not rule.startswith("/api/v1/bays")} - programs
    assert {f"/api/v1/bays/<bay>/{rule.removeprefix('/api/v1/')}" for rule in old} <= rules


def finished(page: FlaskClient, checkup: object) -> dict[str, object]:
    until = time.monotonic() + 20
    while (told := page.get(f"/api/v1/checkups/{checkup}").json)["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.02)
    found: dict[str, object] = told
    return found


@pytest.mark.parametrize("bays", ["all", ["main", OTHER]])
def test_one_call_checks_many_bays_and_its_result_names_each(page: FlaskClient, bays: object) -> None:
    begun = post(page, "/api/v1/checkups", bays=bays, diagnostics=["healthy", "faulty"])
    assert list(begun["bays"]) == ["main", OTHER]
    told = finished(page, begun["checkup"])
    assert told["verdict"] == "fail"
    assert {name: part["verdicts"]["faulty"] for name, part in told["bays"].items()} == {
        "main": "fail", OTHER: "fail",
    }  # fmt: skip
    own = page.get(f"/api/v1/bays/{OTHER}/checkups/{begun['bays'][OTHER]}").json
    assert "bays" not in own
    assert page.get(f"/api/v1/bays/{OTHER}/checkups/{begun['checkup']}").status_code == 404


def test_the_events_of_a_checkup_of_many_bays_are_those_of_all_of_them(page: FlaskClient) -> None:
    begun = post(page, "/api/v1/checkups", bays="all", diagnostics=["healthy"])
    finished(page, begun["checkup"])
    answer = page.get(str(begun["events"]))
    data = [json.loads(line[5:]) for line in answer.text.splitlines() if line.startswith("data:")]
    assert {each["bay"] for each in data if "run" in each} == {"main", OTHER}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/v1/checkups", {"bays": ["nobody"]}, 404),
        ("/api/v1/checkups", {"bays": []}, 422),
        ("/api/v1/checkups", {"bays": "some"}, 422),
        ("/api/v1/checkups", {"bays": "all", "diagnostics": ["no-such"]}, 404),
        (f"/api/v1/bays/{OTHER}/checkups", {"bays": "all"}, 422),
    ],
)
def test_what_cannot_be_begun_is_refused(page: FlaskClient, path: str, body: object, status: int) -> None:
    answer = page.post(path, json=body, headers={"Origin": BASE, "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == status


def test_a_checkup_of_many_bays_is_cancelled_as_one(page: FlaskClient) -> None:
    begun = post(page, "/api/v1/checkups", bays="all", diagnostics=["hanging"])
    post(page, f"/api/v1/checkups/{begun['checkup']}/cancel")
    assert finished(page, begun["checkup"])["cancelled"] is True


def test_each_board_has_its_own_pages_and_an_unknown_one_has_none(page: FlaskClient) -> None:
    for path in ("", "live", "terminal"):
        text = page.get(f"/bays/{OTHER}/{path}").text
        assert f'href="/bays/{OTHER}/live"' in text
        assert f'"bay": "{OTHER}"' in text.replace("&#34;", '"')
        assert page.get(f"/bays/nobody/{path}").status_code == 404
    assert 'href="/live"' in page.get("/").text


def test_a_feed_under_a_bays_address_is_that_bays(page: FlaskClient, bench: Bench) -> None:
    bench.bus.close()
    page.get(f"/api/v1/bays/{OTHER}/events?feed=live")
    page.get(f"/api/v1/bays/{OTHER}/events?feed=nothing")
    assert page.get(f"/api/v1/bays/{OTHER}/events?feed=nothing").status_code == 422


def test_the_bench_shows_a_tile_for_each_bay(page: FlaskClient) -> None:
    assert page.get("/bench").status_code == 200
    tiles = ask(page, "GET", "/api/v1/bench")["tiles"]
    assert [(tile["bay"], tile["href"]) for tile in tiles] == [("main", "/"), (OTHER, f"/bays/{OTHER}/")]
