"""A swap test under way: it reads both places, counts what was proven, asks for the next swap, answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_until
from utils.audit import Audit
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.runner import Runner
from utils.bench.swap import choices
from utils.bench.swap.leading import SwapTest, SwapTests
from utils.demo.echo_terminal import DEVICE
from utils.demo.local_door import LocalDoor
from utils.errors import BadRequest, DeviceUnreachable, UnknownBay, UnknownDiagnostic, UnknownSwapTest
from utils.events import EventBus
from utils.judging.catalogue.loader import builtin_catalogue
from utils.model.results import CommandResult, Device

CAMERAS = "camera-sensors"
FIRST, SECOND = "imx477 at 9-001a", "imx477 at 10-001a"


class CameraBoard(LocalDoor):
    """A board whose camera sensors are as said; each boot has its id. Everything else it does not know."""

    def __init__(self, number: int, **sensors: bool) -> None:
        super().__init__(replace(DEVICE, serial=f"{number:013}", device_id=f"s-board-{number:08}"))
        self.sensors, self.boots = sensors, 1

    def run(self, command: str, **more: Any) -> CommandResult:
        self._refuse()
        sensors = self.sensors or {"imx477": True}
        lines = [
            f"i2c {at.replace('_', '-')} {'bound' if ok else 'unbound'} imx477" for at, ok in sensors.items()
        ]
        lines += [f"node video{n} vi-output, imx477 {at.replace('_', '-')}" for n, at in enumerate(sensors)]
        text = "\n".join([*lines, "end of camera sensors\n"])
        device = replace(self.device or DEVICE, boot_id=f"boot-{self.boots}") if self.device else None
        return CommandResult(command, text.encode(), b"", 0, device=device)

    def set(self, sensors: dict[str, bool]) -> None:
        self.sensors, self.boots = sensors, self.boots + 1


Made = tuple[Bench, SwapTests]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Made]]:
    runners: list[Runner] = []

    def bench(**doors: CameraBoard) -> Made:
        bus, audit = EventBus(), Audit(tmp_path / "audit.jsonl")
        bays = []
        for name, door in doors.items():
            runners.append(Runner(catalogue=builtin_catalogue(), door=door, bus=bus, audit=audit, bay=name))
            bays.append(furnished(runners[-1], door, tmp_path / name))
            runners[-1].run(CAMERAS)
        made = Bench(bays)
        return made, SwapTests(made, pause_s=0.01, patience_s=0.2)

    yield bench
    for runner in runners:
        runner.close()


def settled(test: SwapTest) -> dict[str, Any]:
    assert wait_until(lambda: test.state != "reading", 20)
    return test.as_json()


def one_board(cable: str = "9_001a") -> CameraBoard:
    return CameraBoard(1, **{"9_001a": False, "10_001a": True})


def test_one_board_the_fault_follows_the_cable(make: Callable[..., Made], tmp_path: Path) -> None:
    board = CameraBoard(1, **{"9_001a": True, "10_001a": False})
    bench, tests = make(main=board)
    fault = next(each for each in choices.faults(bench) if each["item"] == SECOND)
    assert [each["words"] for each in fault["others"]] == [FIRST]
    assert {part["id"] for part in fault["others"][0]["parts"]} == {"cable", "camera", "port", "other"}
    test = tests.begin(CAMERAS, "cable", [("main", SECOND), ("main", FIRST)], who="me")
    for swap in range(3):
        told = settled(test)
        assert (told["state"], told["swaps"], told["objection"]) == ("swap", swap, None)
        assert told["to_do"][0].startswith("Switch the board off")
        board.set({"9_001a": bool(swap % 2), "10_001a": not swap % 2})
        tests.swapped(test.id)
    told = settled(test)
    assert told["answer"]["text"] == "The fault follows the cable (3 of 3)."
    assert FIRST in told["answer"]["next_step"]
    assert [each["step"] for each in told["evidence"]][-1] == "After swap 3"
    seen = [[place["seen"] for place in each["places"]] for each in told["evidence"]]
    assert seen == [["fault", "good"], ["good", "fault"], ["fault", "good"], ["good", "fault"]]
    for place in (place for each in told["evidence"] for place in each["places"]):
        assert len(set(place["runs"])) == place["readings"] == 3
        assert all(bench.default.runner.get(run).result for run in place["runs"])
        assert place["board"] == "local · 00000001"
    audit = tmp_path / "audit.jsonl"
    assert wait_until(lambda: '"swap-test"' in audit.read_text(), 20)
    kept = [json.loads(line) for line in audit.read_text().splitlines()]
    ends = [each for each in kept if each["action"] == "swap-test"]
    assert [each["answer"] for each in ends] == ["The fault follows the cable (3 of 3)."]


def test_two_boards_the_module_carries_the_fault_and_a_swap_that_was_not_made_does_not_count(
    make: Callable[..., Made],
) -> None:
    bad, good = CameraBoard(1, **{"9_001a": False}), CameraBoard(2, **{"9_001a": True})
    _, tests = make(main=bad, left=good)
    test = tests.begin(CAMERAS, "module", [("main", FIRST), ("left", FIRST)])
    settled(test)
    tests.swapped(test.id)
    told = settled(test)
    assert (told["swaps"], told["objection"]["code"]) == (0, "not-swapped")
    for _ in range(3):
        bad.device, good.device = good.device, bad.device
        first, second = bad.sensors, good.sensors
        bad.set(second)
        good.set(first)
        bad.boots = good.boots = bad.boots + 10
        tests.swapped(test.id)
        assert settled(test)["objection"] is None
    assert test.answer.text == "The fault follows the module (3 of 3)."


def test_another_board_and_a_board_that_stays_away_do_not_count(make: Callable[..., Made]) -> None:
    bad, good = CameraBoard(1, **{"9_001a": False}), CameraBoard(2, **{"9_001a": True})
    _, tests = make(main=bad, left=good)
    test = tests.begin(CAMERAS, "cable", [("main", FIRST), ("left", FIRST)])
    settled(test)
    mine, bad.device = bad.device, replace(DEVICE, serial="9", device_id="s-other-00000009")
    tests.swapped(test.id)
    assert settled(test)["objection"]["code"] == "other-board"
    bad.device, bad.trouble = mine, DeviceUnreachable()
    tests.swapped(test.id)
    told = settled(test)
    assert (told["objection"]["code"], told["swaps"]) == ("unread", 0)
    bad.trouble = None
    tests.swapped(test.id)
    assert settled(test)["objection"]["code"] == "ran-on"
    for board in (bad, good):
        board.boots += 1
    tests.swapped(test.id)
    assert settled(test)["swaps"] == 1


def test_an_ended_test_stays_ended_and_a_board_has_one_test_at_a_time(make: Callable[..., Made]) -> None:
    _, tests = make(main=one_board())
    test = tests.begin(CAMERAS, "cable", [("main", FIRST), ("main", SECOND)])
    with pytest.raises(BadRequest, match="under way"):
        tests.begin(CAMERAS, "camera", [("main", FIRST), ("main", SECOND)])
    settled(test)
    tests.end(test.id)
    assert (test.state, test.answer.code) == ("over", "unclear")
    with pytest.raises(BadRequest):
        tests.swapped(test.id)
    assert tests.end(test.id).state == "over"
    assert tests.begin(CAMERAS, "camera", [("main", FIRST), ("main", SECOND)]).id != test.id


def test_what_cannot_be_swapped_is_refused_before_anything_runs(make: Callable[..., Made]) -> None:
    bench, tests = make(main=one_board())
    ran = len(bench.default.runner.kept_runs())
    places = [("main", FIRST), ("main", SECOND)]
    for diagnostic, part, where, error in (
        (CAMERAS, "module", places, BadRequest),
        (CAMERAS, "flux capacitor", places, BadRequest),
        (CAMERAS, "cable", [places[0], places[0]], BadRequest),
        (CAMERAS, "cable", [places[1], places[0]], BadRequest),
        ("fan", "cable", places, BadRequest),
        ("no-such", "cable", places, UnknownDiagnostic),
        (CAMERAS, "cable", [("nowhere", FIRST), places[1]], UnknownBay),
    ):
        with pytest.raises(error):
            tests.begin(diagnostic, part, where)
    with pytest.raises(UnknownSwapTest):
        tests.get("0" * 16)
    assert len(bench.default.runner.kept_runs()) == ran


def test_good_things_of_a_long_list_are_still_told_one_by_one(make: Callable[..., Made]) -> None:
    sensors = {f"{n}_001a": n != 9 for n in range(9, 15)}
    bench, _ = make(main=CameraBoard(1, **sensors))
    result = bench.default.runner.board.shown()[CAMERAS]
    diagnostic = bench.default.judging(CAMERAS)
    assert diagnostic is not None
    assert "imx477 at 12-001a" not in {each.label for each in result.findings}
    assert choices.seen_at(diagnostic, result, "imx477 at 12-001a")[0] == "good"
    assert choices.seen_at(diagnostic, result, FIRST)[0] == "fault"
    assert choices.seen_at(diagnostic, result, "imx477 at 99-001a")[0] == "unread"
    fault = next(each for each in choices.faults(bench) if each["item"] == FIRST)
    assert len(fault["others"]) == 5


@pytest.mark.parametrize(
    ("name", "item", "silent"),
    [
        ("kernel-log", "CAN bus has errors", True),
        ("camera-sensors", FIRST, False),
        ("fan", "Fan pwmfan 1", False),
    ],
)
def test_only_where_a_list_names_faults_alone_silence_is_good(name: str, item: str, silent: bool) -> None:
    from utils.demo.saved_answers import FOLDER
    from utils.judging.judge import judge_diagnostic

    diagnostic = builtin_catalogue().get(name)
    result = judge_diagnostic(diagnostic, (FOLDER / f"{name}.out").read_text(), "", 0)
    assert choices.silent(diagnostic, result, item) is silent
    gone = choices.seen_at(diagnostic, result, "a thing that is not named", silent=silent)[0]
    assert gone == ("good" if silent else "unread")


def test_a_board_that_comes_back_late_is_waited_for(make: Callable[..., Made]) -> None:
    board = one_board()
    bench, _ = make(main=board)
    tests = SwapTests(bench, pause_s=0.01, patience_s=60)
    board.trouble = DeviceUnreachable()
    test = tests.begin(CAMERAS, "cable", [("main", FIRST), ("main", SECOND)])
    assert wait_until(lambda: bool(test.waits_for), 20)
    board.trouble = None
    assert settled(test)["objection"] is None
    assert len(test.steps) == 1


def test_boards_without_a_device_are_no_second_place(make: Callable[..., Made]) -> None:
    nobody = CameraBoard(2)
    bench, _ = make(main=one_board(), left=nobody)
    nobody.device = None
    assert all(each["bay"] == "main" for fault in choices.faults(bench) for each in fault["others"])
    assert isinstance(bench.default.door.status().device, Device)
