"""The runner: joined runs, bounded slots, check-ups, cancel, trouble of the link, redaction."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.waiting import busy, wait_until
from tests.web.small_catalogue import SMALL
from utils.audit import Audit
from utils.bench.runner import Runner
from utils.bench.runs import TEXT_LIMIT
from utils.demo.echo_terminal import DEVICE
from utils.demo.local_door import LocalDoor
from utils.errors import (
    BadRequest,
    Busy,
    Cancelled,
    CommandTimeout,
    DeviceUnreachable,
    LinkInternal,
    UnknownDiagnostic,
    UnknownRun,
)
from utils.judging.catalogue.loader import Catalogue
from utils.model.results import CheckupEvent, Verdict, to_json
from utils.redact import MASK, redact


@pytest.fixture
def door() -> LocalDoor:
    return LocalDoor()


@pytest.fixture
def make(door: LocalDoor) -> Iterator[Callable[..., Runner]]:
    made: list[Runner] = []

    def build(**more: object) -> Runner:
        made.append(Runner(**{"catalogue": SMALL, "door": door, **more}))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for runner in made:
        runner.close()


def with_command(name: str, command: str, **changes: object) -> Catalogue:
    changed = SMALL.get(name).model_copy(update={"command": command, **changes})
    return Catalogue({**SMALL.diagnostics, name: changed})


def all_events(runner: Runner, *, headlines: bool = False) -> list[CheckupEvent]:
    """Everything but the headlines, or nothing but them."""
    with runner.bus.subscribe(0, lambda event: (event.kind == "headline") is headlines) as events:
        found = []
        while (event := events.get(0)) is not None:
            found.append(event)
        return found


def test_a_run_is_judged_and_says_where_and_when_it_was_made(make: Callable[..., Runner]) -> None:
    result = make().run("healthy")
    assert result.verdict is Verdict.PASS
    assert result.reading is not None
    assert result.reading["total_kb"] == 16000000
    assert (result.path, result.exit_status, result.device) == ("persistent", 0, "local · 12345678")
    assert result.command == SMALL.get("healthy").command
    assert result.duration_s is not None
    assert result.duration_s > 0
    assert result.started_at is not None
    assert result.started_at.endswith("Z")


def test_a_fault_is_a_fault_and_a_missing_tool_is_no_pass(make: Callable[..., Runner]) -> None:
    runner = make()
    assert runner.run("faulty").verdict is Verdict.FAIL
    assert runner.run("missing").verdict is Verdict.SKIP


def test_an_unknown_diagnostic_is_refused_before_anything_runs(
    make: Callable[..., Runner], door: LocalDoor
) -> None:
    runner = make()
    with pytest.raises(UnknownDiagnostic):
        runner.run("nope")
    with pytest.raises(UnknownDiagnostic):
        runner.start_checkup(["healthy", "nope"])
    with pytest.raises(UnknownRun):
        runner.get("nope")
    assert door.executed == []


def test_the_same_diagnostic_running_twice_is_one_command(
    make: Callable[..., Runner], door: LocalDoor
) -> None:
    runner = make(catalogue=with_command("hanging", "sleep 0.4"))
    runs = {runner.start("hanging").id for _ in range(10)}
    assert len(runs) == 1
    assert runner.get(runs.pop()).done.wait(20)
    assert len(door.executed) == 1
    runner.run("hanging")
    assert len(door.executed) == 2


def test_all_who_wait_for_one_run_get_its_result(make: Callable[..., Runner], door: LocalDoor) -> None:
    runner = make(catalogue=with_command("healthy", f"sleep 0.3; {SMALL.get('healthy').command}"))
    verdicts: list[Verdict] = []
    threads = [
        threading.Thread(target=lambda: verdicts.append(runner.run("healthy").verdict)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert verdicts == [Verdict.PASS] * 8
    assert len(door.executed) == 1


def test_more_than_fit_are_refused_as_busy_and_slots_come_back(make: Callable[..., Runner]) -> None:
    names = [f"hang-{n}" for n in range(4)]
    catalogue = Catalogue({n: SMALL.get("hanging").model_copy(update={"id": n}) for n in names})
    runner = make(catalogue=catalogue, workers=2, waiting=1)
    runs = [runner.start(name) for name in names[:3]]
    with pytest.raises(Busy):
        runner.start(names[3])
    for run in runs:
        runner.cancel(run.id)
        assert run.done.wait(10)

    def room() -> bool:
        with contextlib.suppress(Busy):
            return bool(runner.start(names[3]).id)
        return False

    assert wait_until(room), "who has told its end leaves its place a moment later"


def test_cancel_stops_the_command_and_raises_cancelled(make: Callable[..., Runner]) -> None:
    runner = make()
    run = runner.start("hanging")
    began = time.monotonic()
    time.sleep(0.2)
    runner.cancel(run.id)
    assert run.done.wait(20)
    assert time.monotonic() - began < 3 * busy()
    assert isinstance(run.error, Cancelled)
    assert run.result is not None
    assert run.result.verdict is Verdict.UNKNOWN
    assert run.result.error is not None
    assert run.result.error["code"] == "cancelled"


def test_a_cancelled_run_is_not_joined_but_run_anew(make: Callable[..., Runner]) -> None:
    runner = make()
    first = runner.start("hanging")
    runner.cancel(first.id)
    assert runner.start("hanging").id != first.id


def test_a_timeout_of_the_caller_beats_the_diagnostics_own(make: Callable[..., Runner]) -> None:
    with pytest.raises(CommandTimeout):
        make().run("hanging", timeout=0.2)


def test_trouble_of_the_link_is_raised_to_the_caller_and_unknown_in_the_event(
    make: Callable[..., Runner], door: LocalDoor
) -> None:
    runner = make()
    door.trouble = DeviceUnreachable("No route.", port=22)
    with pytest.raises(DeviceUnreachable):
        runner.run("healthy")
    finished = all_events(runner)[-1]
    assert finished.kind == "run-finished"
    assert finished.data["result"]["verdict"] == "unknown"
    assert finished.data["result"]["error"] == {
        "code": "unreachable",
        "message": "No route.",
        "hint": DeviceUnreachable.default_hint,
        "retryable": True,
        "details": {"port": 22},
    }


def test_a_bug_behind_the_door_ends_the_run_and_not_the_worker(
    make: Callable[..., Runner], door: LocalDoor
) -> None:
    runner = make(workers=1)
    door.trouble = ZeroDivisionError("bug")
    with pytest.raises(LinkInternal):
        runner.run("healthy")
    door.trouble = None
    assert runner.run("healthy").verdict is Verdict.PASS


def test_a_checkup_runs_all_but_active_ones_and_counts_verdicts(make: Callable[..., Runner]) -> None:
    runner = make(catalogue=with_command("hanging", "echo noise"))
    checkup = runner.start_checkup()
    assert checkup.done.wait(10)
    assert list(checkup.runs) == ["healthy", "faulty", "missing", "hanging"]
    assert checkup.verdict is Verdict.FAIL
    assert checkup.counts() == {"fail": 1, "warn": 0, "unknown": 1, "pass": 1, "info": 0, "skip": 1}
    assert [result.verdict.value for result in checkup.results()] == ["fail", "unknown", "pass", "skip"]
    assert [event.kind for event in all_events(runner)] == [
        "checkup-started",
        *["run-started", "run-finished"] * 4,
        "checkup-finished",
    ]


def test_each_headline_is_told_once_and_the_newest_is_the_one_in_force(make: Callable[..., Runner]) -> None:
    runner = make()
    for _ in range(2):
        runner.run("faulty")
    told = all_events(runner, headlines=True)
    assert [event.data["title"] for event in told] == ["1 fault in the 1 check that ran"]
    assert told[-1].data == {**to_json(runner.board.headline()), "bay": "main"}


def test_a_checkup_without_a_link_keeps_the_results_before_it(
    make: Callable[..., Runner], door: LocalDoor
) -> None:
    runner = make()
    before = runner.run("healthy")
    door.trouble = DeviceUnreachable()
    checkup = runner.start_checkup(["healthy", "faulty"])
    assert checkup.done.wait(20)
    assert {name: each.run for name, each in runner.board.shown().items()} == {"healthy": before.run}
    assert runner.board.headline().code == "not-started"
    assert runner.board.headline().rest == ("healthy", "faulty")
    finished = [event.data for event in all_events(runner) if event.kind == "run-finished"]
    assert [event["shown"] for event in finished] == [True, False, False]


def test_what_a_board_gave_before_its_serial_number_was_known_stays_its_own(
    make: Callable[..., Runner], door: LocalDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner, early = make(), replace(DEVICE, device_id="of-its-host-key")
    door.device = early
    runner.run("healthy")
    door.device = DEVICE
    assert "of the board before" in runner.board.headline().note, "so far it is another one"
    both = (DEVICE.device_id, early.device_id)
    monkeypatch.setattr(door, "ids_of", lambda device_id: both if device_id in both else (device_id,))
    assert runner.board.headline().line.endswith("1 OK")
    assert not runner.board.headline().note
    assert {each.device_id for each in runner.board.shown().values()} == {DEVICE.device_id}


def test_what_a_person_ran_alone_is_shown_also_where_it_failed(
    make: Callable[..., Runner], door: LocalDoor
) -> None:
    runner = make()
    door.trouble = DeviceUnreachable()
    with pytest.raises(DeviceUnreachable):
        runner.run("healthy")
    assert runner.board.shown()["healthy"].error


def test_the_newest_result_of_a_diagnostic_outlives_any_number_of_other_runs(
    make: Callable[..., Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utils.bench.runner.RUNS_KEPT", 3)
    runner = make()
    runner.run("active")
    for _ in range(5):
        runner.run("healthy")
    assert runner.board.shown().keys() == {"active", "healthy"}


def test_a_named_active_diagnostic_is_run_and_an_empty_list_refused(make: Callable[..., Runner]) -> None:
    runner = make()
    checkup = runner.start_checkup(["active", "healthy", "active"])
    assert checkup.done.wait(10)
    assert list(checkup.runs) == ["healthy", "active"]
    with pytest.raises(BadRequest):
        runner.start_checkup([])


def test_the_same_checkup_started_twice_is_one(make: Callable[..., Runner]) -> None:
    runner = make()
    first = runner.start_checkup(["hanging"])
    assert runner.start_checkup(["hanging"]) is first
    runner.start_checkup(["healthy", "hanging"])
    with pytest.raises(Busy):
        runner.start_checkup(["faulty", "hanging"])


def test_a_single_start_joins_the_run_inside_a_checkup(make: Callable[..., Runner], door: LocalDoor) -> None:
    runner = make()
    checkup = runner.start_checkup(["hanging"])
    assert runner.start("hanging") is checkup.runs["hanging"]
    assert len(door.executed) <= 1


def test_cancelling_a_checkup_keeps_what_is_there(make: Callable[..., Runner]) -> None:
    runner = make()
    checkup = runner.start_checkup(["healthy", "hanging"])
    assert checkup.runs["healthy"].done.wait(20)
    runner.cancel_checkup(checkup.id)
    assert checkup.done.wait(20)
    assert checkup.cancelled
    by_name = {result.diagnostic: result for result in checkup.results()}
    assert by_name["healthy"].verdict is Verdict.PASS
    assert by_name["hanging"].error is not None
    assert by_name["hanging"].error["code"] == "cancelled"


@pytest.mark.parametrize(
    ("trouble", "code"), [(DeviceUnreachable(), "unreachable"), (KeyError("x"), "internal")]
)
def test_a_checkup_without_a_link_ends_and_passes_nothing(
    make: Callable[..., Runner], door: LocalDoor, trouble: Exception, code: str
) -> None:
    runner = make()
    door.trouble = trouble
    checkup = runner.start_checkup()
    assert checkup.done.wait(20)
    assert checkup.verdict is Verdict.UNKNOWN
    assert {result.error["code"] for result in checkup.results() if result.error} == {code}
    assert len(checkup.results()) == 4


def test_secrets_in_device_output_are_redacted_after_judging(make: Callable[..., Runner]) -> None:
    redact.add("canary-5cb1")
    command = SMALL.get("healthy").command + "; echo 'Canary-Line: canary-5cb1'; echo canary-5cb1 >&2"
    result = make(catalogue=with_command("healthy", command)).run("healthy")
    assert "canary-5cb1" not in repr(result.stdout + result.stderr + repr(result.findings))
    assert MASK in result.stdout
    assert MASK in result.stderr


def test_huge_output_is_cut_in_events_and_checkups_but_whole_in_a_run(make: Callable[..., Runner]) -> None:
    command = SMALL.get("healthy").command + "; head -c 200000 /dev/zero | tr '\\0' x"
    runner = make(catalogue=with_command("healthy", command))
    assert len(runner.run("healthy").stdout) > 200000
    event = all_events(runner)[-1]
    assert len(event.data["result"]["stdout"]) == TEXT_LIMIT
    assert event.data["result"]["truncated"] is True
    checkup = runner.start_checkup(["healthy"])
    assert checkup.done.wait(20)
    assert len(checkup.results()[0].stdout) == TEXT_LIMIT


def test_the_links_changes_are_published_with_the_devices_label(
    make: Callable[..., Runner], door: LocalDoor
) -> None:
    runner = make()
    door.changed()
    event = all_events(runner)[-1]
    assert event.kind == "connection"
    assert event.data["device"]["label"] == "local · 12345678"
    runner.close()
    assert door.callbacks == []


def test_events_are_plain_json(make: Callable[..., Runner]) -> None:
    runner = make()
    runner.run("healthy")
    events = all_events(runner)
    assert events
    for event in events:
        json.dumps(event.data, allow_nan=False)


def test_every_run_is_in_the_audit_log(make: Callable[..., Runner], tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.touch()
    runner = make(audit=Audit(path))
    runner.run("healthy", who="page 127.0.0.1")
    # it is written after the answer is given, so that nobody waits for the disk
    assert wait_until(lambda: path.read_text().endswith("\n"))
    (line,) = path.read_text().splitlines()
    entry = json.loads(line)
    assert entry["action"] == "run"
    assert (entry["who"], entry["diagnostic"], entry["verdict"]) == ("page 127.0.0.1", "healthy", "pass")
    assert entry["device"] == "local · 12345678"
