"""GET /api/v1/state: all that a page needs after it was loaded or missed events."""

from __future__ import annotations

import html
import json
import re
import threading
from typing import Any

from flask.testing import FlaskClient

from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.model.link_words import link_view
from utils.model.results import LinkState, to_json
from utils.model.words import value_label


def test_a_fresh_program_has_nothing_but_the_link(client: FlaskClient) -> None:
    state = client.get("/api/v1/state").get_json()
    assert state["results"] == state["running"] == []
    assert state["checkup"] is None
    assert state["connection"]["device"]["label"]
    assert state["headline"]["title"] == "No check-up yet"


def test_whoever_tells_the_link_tells_it_in_the_same_words(client: FlaskClient, door: LocalDoor) -> None:
    door.state = LinkState.LOST
    words = to_json(link_view(door.status()))
    boot = re.search(r"data-boot='([^']*)'", client.get("/").text)
    assert boot is not None
    senders = (
        client.get("/api/v1/connection").get_json(),
        client.get("/api/v1/state").get_json()["connection"],
        json.loads(html.unescape(boot[1]))["connection"],
    )
    assert [sender["view"] for sender in senders] == [words] * 3
    assert words["banner"]["title"] in client.get("/").text


def test_each_value_comes_with_its_label_and_its_unit(client: FlaskClient, runner: Runner) -> None:
    result = runner.run("faulty")
    kept, told = (
        client.get("/api/v1/state").get_json()["results"][0],
        next(run for run in runner.kept_runs()).ended_json(to_json(result)),
    )
    assert kept["reading"]
    assert kept["labels"] == {key: list(value_label(key)) for key in keys(kept["reading"])}
    assert to_json(told["labels"]) == kept["labels"]


def keys(value: Any) -> set[str]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set(value if isinstance(value, dict) else ()).union(*(keys(each) for each in inner))


def test_the_newest_result_of_each_diagnostic_is_there_once(client: FlaskClient, runner: Runner) -> None:
    for _ in range(2):
        runner.run("healthy")
    runner.run("faulty")
    results = client.get("/api/v1/state").get_json()["results"]
    assert {result["diagnostic"]: result["verdict"] for result in results} == {
        "healthy": "pass",
        "faulty": "fail",
    }
    newest = [run.id for run in runner.kept_runs() if run.diagnostic.id == "healthy"][-1]
    assert newest in {result["run"] for result in results}


def test_a_finished_checkup_says_so_and_waits_for_nothing(client: FlaskClient, runner: Runner) -> None:
    begun = runner.start_checkup(["healthy", "faulty"])
    assert begun.done.wait(20)
    whole = client.get("/api/v1/state").get_json()
    checkup = whole["checkup"]
    assert client.get("/api/v1/state?results=0").get_json() == {**whole, "results": []}
    assert (checkup["checkup"], checkup["state"], checkup["pending"]) == (begun.id, "finished", [])
    assert checkup["verdict"] == "fail"


def test_events_after_its_number_continue_where_it_ends(client: FlaskClient, runner: Runner) -> None:
    runner.run("healthy")
    number = client.get("/api/v1/state").get_json()["last_event_id"]
    with runner.bus.subscribe(number) as later:
        assert later.get(0) is None
        runner.run("healthy")
        event = later.get(5)
    assert event is not None
    assert event.kind == "run-started"
    assert event.id == number + 1


def test_what_runs_is_named(client: FlaskClient, runner: Runner, door: LocalDoor) -> None:
    entered, leave = threading.Event(), threading.Event()
    answer = door.run

    def slow(command: str, **options: object) -> object:
        entered.set()
        leave.wait(10)
        return answer(command, **options)  # type: ignore[arg-type]

    door.run = slow  # type: ignore[method-assign, assignment]
    run = runner.start("healthy")
    assert entered.wait(20)
    running = client.get("/api/v1/state").get_json()["running"]
    leave.set()
    assert [(item["run"], item["diagnostic"]) for item in running] == [(run.id, "healthy")]
    assert run.done.wait(10)
