"""A check-up of many bays: who cannot run is named and holds up nobody; the worst of all is the verdict."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.small_catalogue import SMALL
from utils.bench.bay import Bay, furnished
from utils.bench.bench import Bench
from utils.bench.facts import facts
from utils.bench.fleet import Fleet
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import (
    DeviceUnreachable,
    TargetAmbiguous,
    UnknownBay,
    UnknownDiagnostic,
    UnknownRun,
    V3Error,
)
from utils.events import EventBus
from utils.model.results import CommandResult, Verdict
from utils.store.history import History


class NobodyThere(LocalDoor):
    """A door behind which nobody answers."""

    def __init__(self, why: V3Error) -> None:
        super().__init__()
        self.why = why

    def run_many(self, requests: Any, *, cancel: Any = None) -> Iterator[Any]:
        for request in requests:
            yield request, self.why


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    runners: list[Runner] = []

    def bench(history: History | None = None, **doors: LocalDoor) -> Bench:
        bus = EventBus()

        def bay(name: str, door: LocalDoor) -> Bay:
            runners.append(Runner(catalogue=SMALL, door=door, bus=bus, bay=name, history=history))
            return furnished(runners[-1], door, tmp_path / name)

        return Bench([bay(name, door) for name, door in doors.items()])

    yield bench
    for runner in runners:
        runner.close()


def test_every_bay_gets_its_own_checkup_and_the_worst_is_the_verdict(make: Callable[..., Bench]) -> None:
    fleet = Fleet(make(main=LocalDoor(), left=LocalDoor()))
    run = fleet.start(ids=["healthy", "faulty"])
    assert run.wait(20)
    told = run.as_json()
    assert (told["state"], told["verdict"]) == ("finished", "fail")
    assert {bay: part["state"] for bay, part in told["bays"].items()} == {
        "main": "finished",
        "left": "finished",
    }
    assert told["bays"]["left"]["verdicts"] == {"healthy": "pass", "faulty": "fail"}
    assert {each["bay"] for each in told["results"]} == {"main", "left"}
    assert told["counts"]["fail"] == 2
    assert fleet.get(run.id) is run


def test_a_bay_where_nobody_answers_did_not_start_and_its_cause_is_named(make: Callable[..., Bench]) -> None:
    fleet = Fleet(make(main=LocalDoor(), left=NobodyThere(DeviceUnreachable("No board is at usb-1-2 now."))))
    run = fleet.start(ids=["healthy"])
    assert run.wait(20)
    part = run.as_json()["bays"]["left"]
    assert (part["state"], part["verdict"], part["verdicts"]) == ("not started", "unknown", {})
    assert part["cause"]["code"] == "unreachable"
    assert run.verdict is Verdict.UNKNOWN


def test_a_fault_counts_more_than_a_board_that_did_not_answer(make: Callable[..., Bench]) -> None:
    fleet = Fleet(make(main=LocalDoor(), left=NobodyThere(DeviceUnreachable())))
    run = fleet.start(ids=["faulty"])
    assert run.wait(20)
    assert run.verdict is Verdict.FAIL


class BadBoard(LocalDoor):
    """How: "hangs" before its first answer or "sticks" after it, "floods" from then on, "breaks" the door."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how, self.released = how, threading.Event()

    def run_many(self, requests: Any, *, cancel: Any = None) -> Iterator[Any]:
        asked = list(requests)
        if self.how == "breaks":
            raise RuntimeError("a bug behind the door")
        if self.how != "hangs":
            flood = CommandResult("x", os.urandom(2 << 20), truncated=True, device=self.device)
            yield asked[0], flood
            while self.how == "floods" and not self.released.is_set():
                self.run("head -c 3000000 /dev/zero")
        self.released.wait(60)


@pytest.mark.parametrize("how", ["hangs", "sticks", "floods", "breaks"])
def test_a_bad_board_holds_nothing_that_the_others_need(
    make: Callable[..., Bench], tmp_path: Path, how: str
) -> None:
    bad, history = BadBoard(how), History(tmp_path / "history.db")
    history.prepare()
    bench = make(history, bad=bad, main=LocalDoor(), left=LocalDoor())
    fleet = Fleet(bench)
    run = fleet.start(ids=["healthy", "faulty"])
    good = [run.parts[bay].checkup for bay in ("main", "left")]
    try:
        assert all(each is not None and each.done.wait(30) for each in good)
        assert run.parts["bad"].finished is (how == "breaks")
        assert bench.bay("main").runner.run("healthy").verdict is Verdict.PASS
        assert fleet.start(["main", "left"], ["healthy"]).wait(30)
        told = [facts(bay, bench) for bay in bench]
        assert [each["busy"] for each in told] == [how != "breaks", False, False]
    finally:
        bad.released.set()
    assert run.wait(30)
    assert [run.parts[bay].verdict for bay in ("main", "left")] == [Verdict.FAIL, Verdict.FAIL]
    history.close()


def test_a_bay_that_is_busy_refuses_nobody(make: Callable[..., Bench]) -> None:
    bench = make(main=LocalDoor(), left=LocalDoor())
    left = bench.bay("left").runner
    slow = [left.start_checkup([name]) for name in ("hanging", "healthy")]
    run = Fleet(bench).start(ids=["faulty"])
    assert run.parts["main"].checkup is not None
    if run.parts["left"].checkup is None:
        assert run.as_json()["bays"]["left"]["cause"]["code"] == "busy"
    for each in slow:
        left.cancel_checkup(each.id)
    assert run.wait(20)
    assert run.parts["main"].verdict is Verdict.FAIL


def test_the_bay_of_an_address_that_several_boards_have_is_no_missing_board(
    make: Callable[..., Bench],
) -> None:
    fleet = Fleet(make(main=NobodyThere(TargetAmbiguous()), left=LocalDoor()))
    run = fleet.start(ids=["healthy"])
    assert run.wait(20)
    assert run.as_json()["bays"]["main"]["state"] == "not started"
    assert run.verdict is Verdict.PASS


def test_cancelling_stops_all(make: Callable[..., Bench]) -> None:
    run = Fleet(make(main=LocalDoor(), left=LocalDoor())).start(ids=["hanging"])
    run.stop()
    assert run.wait(20)
    assert run.cancelled
    assert run.as_json()["bays"]["main"]["state"] == "finished"


def test_what_is_not_there_is_refused_before_anything_runs(make: Callable[..., Bench]) -> None:
    bench = make(main=LocalDoor())
    fleet = Fleet(bench)
    with pytest.raises(UnknownBay):
        fleet.start(["main", "nowhere"])
    with pytest.raises(UnknownDiagnostic):
        fleet.start(None, ["no-such"])
    with pytest.raises(UnknownRun):
        fleet.get("0000")
    assert bench.default.runner.newest_checkup() is None
