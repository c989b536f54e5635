"""The history over HTTP: a finished check-up and its runs are there after a restart, under the same ids."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from tests.waiting import wait_until
from tests.web.conftest import Client, browser_on, web_app
from tests.web.small_catalogue import SMALL
from utils.bench.result_text import result_text
from utils.bench.runner import Runner
from utils.demo.echo_terminal import DEVICE
from utils.demo.local_door import LocalDoor
from utils.judging.catalogue.library import Library
from utils.judging.catalogue.loader import Catalogue
from utils.redact import MASK, redact
from utils.settings import Settings
from utils.store.evidence import unpack
from utils.store.history import History
from utils.store.schema import evidence

IDS = ["healthy", "faulty", "missing"]


class Program:
    """The web app with a history; restarted, it is another program on the same data folder."""

    def __init__(self, settings: Settings) -> None:
        self.door = LocalDoor()
        self.settings = settings
        self.runner, self.client = self._started()

    def _started(self) -> tuple[Runner, Client]:
        history = History(self.settings.database)
        history.prepare()
        runner = Runner(catalogue=SMALL, door=self.door, history=history)
        return runner, browser_on(web_app(self.settings, runner))

    def restart(self) -> None:
        self.stop()
        self.runner, self.client = self._started()

    def stop(self) -> None:
        self.runner.close()
        self.runner.memory.history.close()

    def checkup(self) -> dict[str, Any]:
        """A whole one; what changed is told soon after its end."""
        begun = self.runner.start_checkup(IDS)
        assert begun.done.wait(20)
        while any(each.name == "checkup" for each in threading.enumerate()):
            time.sleep(0.01)
        return self.get(f"checkups/{begun.id}")

    def says(self, name: str, text: str) -> None:
        """From now on the board answers this to a diagnostic."""
        changed = SMALL.get(name).model_copy(update={"command": f"printf '{text}'"})
        self.runner.library = Library(Catalogue({**self.runner.catalogue.diagnostics, name: changed}))

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(f"/api/v1/{path}")
        assert answer.status_code == status, answer.json
        return answer.json


@pytest.fixture
def program(make_settings: Callable[..., Settings]) -> Iterator[Program]:
    made = Program(make_settings())
    yield made
    made.stop()


def test_a_checkup_and_its_runs_survive_a_restart_word_for_word(program: Program) -> None:
    before = program.checkup()
    assert before["not_kept"] is None
    runs = {name: program.get(f"runs/{run}") for name, run in before["runs"].items()}
    program.restart()
    assert program.get(f"checkups/{before['checkup']}") == before
    assert {name: program.get(f"runs/{run}") for name, run in before["runs"].items()} == runs
    assert list(program.get(f"runs/{before['runs']['faulty']}")["result"]) == list(runs["faulty"]["result"])


def test_a_single_run_survives_a_restart(program: Program) -> None:
    result = program.runner.run("healthy")
    program.restart()
    assert program.get(f"runs/{result.run}")["result"]["summary"] == result.summary
    assert program.get(f"runs/{result.run}/text")["text"] == result_text(result)


def test_what_is_over_stays_as_it_is_and_has_no_more_events(program: Program) -> None:
    before = program.checkup()
    program.restart()
    address = f"/api/v1/checkups/{before['checkup']}"
    assert program.client.post(f"{address}/cancel", json={}).json == before
    assert program.client.get(f"{address}/events").status_code == 204
    run = before["runs"]["healthy"]
    assert program.client.post(f"/api/v1/runs/{run}/cancel", json={}).json["state"] == "finished"


def test_after_a_restart_tile_and_page_say_how_their_board_was_and_never_how_another_was(
    program: Program,
) -> None:
    def headline() -> dict[str, Any]:
        found: dict[str, Any] = program.get("state")["headline"]
        return found

    done = program.checkup()
    assert program.runner.start_checkup(["healthy"]).done.wait(20)
    tile = program.get("bench")["tiles"][0]
    assert (tile["verdict"], tile["last_checked"]) == (done["verdict"], None), "one check clears no board"
    assert tile["counts"].startswith("1 fault")
    assert program.get("bays")["bays"][0]["verdict"] == done["verdict"]
    done = program.checkup()
    program.restart()
    tile = program.get("bench")["tiles"][0]
    told = (tile["verdict"], tile["badge"]["word"], tile["last_checked"])
    assert told == (None, "Was Fault", done["started_at"])
    assert wait_until(lambda: headline()["last"])
    said = headline()
    title = "Last check-up: 1 fault in the 3 checks that ran"
    assert (said["code"], said["verdict"], said["title"]) == ("none", None, title)
    line = done["outcome"]["line"]
    assert said["last"] == {"checkup": done["checkup"], "started_at": done["started_at"], "line": line}
    page = program.client.get("/").text
    assert f'<a href="/checkups/{done["checkup"]}">Check-up of' in page
    assert f"</a>: {line}.</p>" in page
    program.door.device = replace(DEVICE, device_id="s-another-12345678", serial="1424087654321")
    tile = program.get("bench")["tiles"][0]
    assert (tile["badge"]["word"], tile["last_checked"]) == ("Not checked yet", None)
    assert (headline()["title"], headline()["last"]) == ("No check-up yet", None)


def test_boards_of_the_trust_and_of_the_history_are_one_list(program: Program) -> None:
    trusted = program.get("devices")["devices"]
    assert [(each["device_id"], each["trusted"], each["verdict"]) for each in trusted] == [
        (DEVICE.device_id, True, None)
    ]
    done = program.checkup()
    program.door.known_devices = lambda: []  # type: ignore[method-assign]
    found = program.get("devices")
    assert found["trouble"] is None
    assert [(each["device_id"], each["trusted"], each["verdict"]) for each in found["devices"]] == [
        (DEVICE.device_id, False, done["verdict"])
    ]
    assert found["devices"][0]["label"] == DEVICE.label


def test_a_boards_checkups_are_listed_page_by_page(program: Program) -> None:
    done = [program.checkup()["checkup"] for _ in range(3)]
    program.restart()
    address = f"devices/{DEVICE.device_id}/checkups"
    newest = program.get(f"{address}?limit=2")["checkups"]
    assert [each["checkup"] for each in newest] == done[:0:-1]
    rest = program.get(f"{address}?limit=2&before={newest[-1]['checkup']}")["checkups"]
    assert [each["checkup"] for each in rest] == done[:1]
    assert {"bay": "main", "state": "finished", "verdict": "fail", "cancelled": False}.items() <= rest[
        0
    ].items()
    assert program.get("devices/s-ffffffffffffffffffff/checkups", 404)["code"] == "unknown-device"
    for wrong in ("0", "201", "x", "-1", "٣"):
        assert program.get(f"{address}?limit={wrong}", 422)["code"] == "bad-request"


def test_what_is_nowhere_is_unknown(program: Program) -> None:
    for path in ("runs/0123456789abcdef", "checkups/0123456789abcdef", "checkups/0123456789abcdef/events"):
        assert program.get(path, 404)["code"] == "unknown-run"


def test_a_damaged_history_stops_no_diagnosis_and_is_said(
    program: Program, make_settings: Callable[..., Settings]
) -> None:
    program.stop()
    Path(str(make_settings().database)).write_bytes(b"no database" * 1000)
    program.restart()
    done = program.checkup()
    assert done["verdict"] == "fail"
    assert done["not_kept"]["code"] == "history-damaged"
    assert done["not_kept"]["hint"]
    assert program.get("state")["checkup"]["not_kept"]["code"] == "history-damaged"
    found = program.get("devices")
    assert [each["device_id"] for each in found["devices"]] == [DEVICE.device_id]
    assert found["trouble"]["code"] == "history-damaged"
    assert program.get("runs/0123456789abcdef", 503)["code"] == "history-damaged"
    with program.runner.bus.subscribe(0) as events:
        kinds = {}
        while (event := events.get(0)) is not None:
            kinds[event.kind] = event.data.get("not_kept")
    assert kinds["run-finished"]["code"] == kinds["checkup-finished"]["code"] == "history-damaged"


def test_it_is_kept_before_anybody_hears_that_it_is_finished(program: Program) -> None:
    program.runner.run("healthy")  # the tables are there now
    program.runner.catch_up()
    heard: list[object] = []
    publish = program.runner.bus.publish

    def listen(kind: str, data: Any) -> Any:
        look = program.runner.memory.history.look()
        if kind == "run-finished":
            heard.append(look.run(data["run"]))
        if kind == "checkup-finished":
            heard.append(look.checkup(data["checkup"]))
        return publish(kind, data)

    program.runner.bus.publish = listen  # type: ignore[method-assign]
    program.checkup()
    assert len(heard) == 4
    assert None not in heard


def test_no_secret_reaches_the_file(program: Program) -> None:
    redact.add("hunter2-canary")
    both = "printf 'hunter2-can'; printf 'ary\\n'"  # the command itself does not hold it
    changed = SMALL.get("healthy").model_copy(update={"command": f"{both}; ({both}) >&2"})
    program.runner.library = Library(Catalogue({"healthy": changed}))
    result = program.runner.run("healthy")
    look = program.runner.memory.history.look()
    kept = look.run(str(result.run))
    assert kept is not None
    assert (kept.result["stdout"], kept.result["stderr"]) == (f"{MASK}\n", f"{MASK}\n")
    with look.database.reading() as connection:
        packed = connection.execute(select(evidence.c.packed)).scalars().all()
    assert packed
    assert not [each for each in packed if b"hunter2-canary" in unpack(each)]


FINE = "MemTotal: 16000000 kB\\nMemFree: 9000000 kB\\nMemAvailable: 8000000 kB\\n"
SHORT = "MemTotal: 16000000 kB\\nMemFree: 9000000 kB\\nMemAvailable: 100 kB\\n"


def test_after_each_checkup_it_is_told_what_changed_since_the_board_was_last_good(program: Program) -> None:
    program.says("faulty", FINE)
    good = program.checkup()
    assert (good["verdict"], good["since"]) == ("pass", None)
    program.says("faulty", SHORT)
    bad = program.checkup()
    assert bad["since"]["against"] == {
        "checkup": good["checkup"], "started_at": good["started_at"], "kind": "last-good",
    }  # fmt: skip
    assert bad["since"]["summary"].startswith("1 thing got worse or is gone: Faulty")
    assert [
        (each["diagnostic"], each["change"], each["because"]) for each in bad["since"]["differences"]
    ] == [("faulty", "worse", "device")]
    again = program.checkup()
    assert again["since"]["against"]["checkup"] == good["checkup"], "the one between was not good"
    assert "Since it was last good" in program.client.get("/").text
    here, program.door.device = program.door.device, replace(DEVICE, device_id="s-another-12345678")
    assert "Since it was last good" not in program.client.get("/").text, "another board is plugged in"
    program.door.device = here
    program.restart()
    assert program.get(f"checkups/{again['checkup']}") == again
    assert program.get("state")["checkup"] is None


def test_a_sudo_password_that_was_typed_on_the_page_is_not_asked_for_any_more(program: Program) -> None:
    rooted = SMALL.get("healthy").model_copy(update={"root": True})
    program.runner.library = Library(Catalogue({**SMALL.diagnostics, "healthy": rooted}))
    assert "These checks need root" in program.client.get("/").text
    typed = {"ssh_sudo_password": SecretStr("typed")}
    program.door.settings = program.door.settings.model_copy(update=typed)
    assert "These checks need root" not in program.client.get("/").text


def test_the_page_is_told_within_half_a_second(program: Program) -> None:
    program.checkup()
    begun = program.runner.start_checkup(IDS)
    assert begun.done.wait(20)
    ended = time.monotonic()
    with program.runner.bus.subscribe(begun.first_event) as events:
        while (event := events.get(5)) is not None and event.kind != "checkup-compared":
            pass
    assert event is not None
    assert event.data["checkup"] == begun.id
    assert event.data["since"]["summary"] == "Nothing changed."
    assert time.monotonic() - ended < 2, "half a second on a machine that does nothing else"


def test_a_board_that_was_never_good_is_compared_with_the_time_before(program: Program) -> None:
    first = program.checkup()
    second = program.checkup()
    assert first["verdict"] == "fail"
    against = second["since"]["against"]
    assert (against["kind"], against["checkup"]) == ("previous", first["checkup"])
    found = program.get(f"compare?a={second['checkup']}&b=last-good", 404)
    assert found["code"] == "unknown-run"


def test_a_checkup_of_little_is_no_measure(program: Program) -> None:
    program.says("faulty", FINE)
    small = program.runner.start_checkup(["healthy"])
    assert small.done.wait(20)
    assert program.checkup()["since"] is None


def test_any_two_checkups_are_compared_from_the_earlier_to_the_later(program: Program) -> None:
    program.says("faulty", FINE)
    good = program.checkup()["checkup"]
    program.says("faulty", SHORT)
    bad = program.checkup()["checkup"]
    told = [program.get(f"compare?a={a}&b={b}") for a, b in ((good, bad), (bad, good), (bad, "last-good"))]
    assert told[0] == told[1] == told[2]
    assert (told[0]["before"], told[0]["after"], told[0]["compared"]) == (good, bad, len(IDS))
    assert [each["change"] for each in told[0]["differences"]] == ["worse"]
    assert program.get(f"compare?a={good}&b={good}")["differences"] == []
    assert program.get(f"compare?a={good}&b=nope", 404)["code"] == "unknown-run"
    assert program.get("compare?b=last-good", 422)["code"] == "bad-request"


def test_a_golden_checkup_is_what_its_board_is_compared_with(program: Program) -> None:
    program.says("faulty", FINE)
    good = program.checkup()["checkup"]
    program.says("faulty", SHORT)
    bad = program.checkup()["checkup"]
    assert program.get(f"compare?a={bad}&b=golden", 404)["code"] == "unknown-run"
    marked = program.client.post(f"/api/v1/checkups/{good}/golden", json={})
    assert marked.json == {"checkup": good, "golden": True}
    assert program.get(f"compare?a={bad}&b=golden") == program.get(f"compare?a={bad}&b={good}")
    assert program.client.post("/api/v1/checkups/nope/golden", json={}).status_code == 404
    program.client.post(f"/api/v1/checkups/{good}/golden", json={"golden": False})
    assert program.get(f"compare?a={bad}&b=golden", 404)["code"] == "unknown-run"


def test_a_board_gets_a_nickname_and_is_forgotten_but_not_its_history(program: Program) -> None:
    address = f"/api/v1/devices/{DEVICE.device_id}"
    for wrong in ("a\nb", "x" * 41, "\u202egnp.exe", 3):
        assert program.client.post(f"{address}/nickname", json={"nickname": wrong}).status_code == 422
    answer = program.client.post(f"{address}/nickname", json={"nickname": " Line  3 "})
    assert answer.json == {"device_id": DEVICE.device_id, "nickname": "Line 3"}
    done = program.checkup()
    [board] = program.get("devices")["devices"]
    assert (board["nickname"], board["label"]) == ("Line 3", f"Line 3 · {DEVICE.serial[-8:]}")
    assert program.get("connection")["device"]["label"] == board["label"] == done["results"][0]["device"]
    assert program.client.post(f"{address}/forget", json={}).status_code == 200
    assert program.door.forgotten == [DEVICE.device_id]
    program.door.known_devices = lambda: []  # type: ignore[method-assign]
    [board] = program.get("devices")["devices"]
    assert (board["trusted"], board["nickname"], board["checkup"]) == (False, "", done["checkup"])
    for action in ("nickname", "forget"):
        unknown = program.client.post(
            f"/api/v1/devices/s-0000/{action}", json={"nickname": ""} if action == "nickname" else {}
        )
        assert (unknown.status_code, unknown.json["code"]) == (404, "unknown-device")


def test_a_manifest_is_learned_from_the_golden_checkup_and_no_file_of_a_person_is_touched(
    program: Program,
) -> None:
    bad = program.checkup()["checkup"]
    address = f"/api/v1/devices/{DEVICE.device_id}/manifest"
    refused = program.client.post(address, json={"name": "rover"})
    assert (refused.status_code, refused.json["code"]) == (422, "bad-request")
    program.client.post(f"/api/v1/checkups/{bad}/golden", json={})
    told = program.client.post(address, json={"name": "rover"}).json
    assert {**told, "parts": []} == {"profile": "rover", "file": "rover.toml", "checkups": 1, "parts": []}
    path = program.settings.v3_data_dir / "profiles" / "rover.toml"
    assert DEVICE.serial not in path.read_text(encoding="utf-8")
    assert program.client.post(address, json={"name": "rover"}).status_code == 200, "it is refined"
    path.write_text('name = "rover"\n', encoding="utf-8")
    assert "by a person" in program.client.post(address, json={"name": "rover"}).json["detail"]
    assert path.read_text(encoding="utf-8") == 'name = "rover"\n'
