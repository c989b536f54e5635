"""The hottest sensor of each board, live on the bench: of the board that answered, while somebody watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_until
from utils.bench.bay import furnished
from utils.bench.bench import Bench
from utils.bench.heat import Heat
from utils.bench.runner import Runner
from utils.demo.echo_terminal import DEVICE
from utils.demo.local_door import LocalDoor
from utils.demo.saved_answers import FOLDER
from utils.judging.catalogue.loader import builtin_catalogue
from utils.model.results import CommandResult, LinkState

TEXT = (FOLDER / "temperatures.out").read_bytes()


class Warm(LocalDoor):
    """Answers every command with these temperatures. stuck: it does not answer until then."""

    def __init__(self, number: int, stuck: threading.Event | None = None) -> None:
        super().__init__(replace(DEVICE, device_id=f"device-{number:04}"))
        self.asked, self._stuck = 0, stuck

    def run(self, command: str, **more: Any) -> CommandResult:
        self._refuse()
        self.asked += 1
        if self._stuck is not None:
            self._stuck.wait(30)
        return CommandResult(command, TEXT, b"", 0, device=self.device)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Runner] = []

    def make(**doors: LocalDoor) -> Bench:
        made.extend(
            Runner(door=door, catalogue=builtin_catalogue(), bay=name) for name, door in doors.items()
        )
        return Bench([furnished(each, each.door, tmp_path) for each in made])

    yield make
    for each in made:
        each.close()


def test_it_is_looked_at_while_somebody_watches_and_not_before_or_after(bench: Callable[..., Bench]) -> None:
    door = Warm(1)
    heat = Heat(bench(main=door), each_s=0.05)
    assert heat.of("main", "device-0001") is None
    with heat.viewer(), heat.viewer():
        assert wait_until(lambda: door.asked > 3, 20)
    seen = heat.of("main", "device-0001")
    assert seen is not None
    assert (seen["text"], seen["verdict"]) == (f"{seen['celsius']:.0f} °C", "pass")
    assert heat.of("main", "device-0002") is None, "another board is in the bay now"
    assert wait_until(lambda: not any(t.name == "v3-heat" for t in threading.enumerate()), 20)


def test_a_board_that_hangs_holds_up_no_other_and_one_without_a_link_is_left_alone(
    bench: Callable[..., Bench],
) -> None:
    free = threading.Event()
    stuck, good, away = Warm(1, free), Warm(2), Warm(3)
    away.state = LinkState.CONNECTING
    heat = Heat(bench(stuck=stuck, good=good, away=away), each_s=0.05)
    with heat.viewer():
        assert wait_until(lambda: good.asked > 3, 20)
        assert (stuck.asked, away.asked) == (1, 0)
        free.set()
        assert wait_until(lambda: stuck.asked > 1, 20)
