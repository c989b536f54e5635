"""The door's rules hold for any number of paths: a third one needs no change of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from utils import errors
from utils.link.door import Door
from utils.link.paths import Path as Way
from utils.link.paths.persistent.path import Gate
from utils.link.paths.persistent.resting import rests_s
from utils.link.request import Request
from utils.model.results import CommandResult
from utils.settings import Settings


class Scripted:
    """A path that does what the test says."""

    name: ClassVar[str] = "serial"

    def __init__(self, does: Callable[[Request], CommandResult], device_key: str | None = None) -> None:
        self.does, self.device_key = does, device_key
        self.asked: list[str] = []
        self.ended = 0

    def run(self, request: Request) -> CommandResult:
        self.asked.append(request.command)
        request.fresh_attempt()
        return self.does(request)

    stream = terminal = run

    def reset(self) -> None:
        self.ended += 1

    def close(self) -> None:
        self.ended += 1


def fails(error: errors.V3Error, *, sent: bool = False) -> Callable[[Request], CommandResult]:
    def does(request: Request) -> CommandResult:
        request.sent = sent
        raise error

    return does


def answers(request: Request) -> CommandResult:
    return CommandResult(request.command, b"by serial", path="serial")


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Of an address at which nobody answers; its persistent path is switched off."""
    given = {"ssh_ip": "127.0.0.1", "ssh_port": 9, "ssh_password": "x" * 8, "v3_data_dir": tmp_path}
    settings = Settings.model_validate(given)
    made = Door(lambda: settings, gate=Gate(lambda: True, lambda: None))
    yield made
    made.close()


def with_paths(door: Door, *further: Scripted) -> None:
    door.reach.paths = (door.reach.paths[0], *further)


def test_paths_are_asked_in_their_order_until_one_answers(door: Door) -> None:
    second, third = Scripted(fails(errors.LinkLost())), Scripted(answers)
    with_paths(door, second, third)
    assert door.run("uptime").stdout == "by serial"
    assert (second.asked, third.asked) == (["uptime"], ["uptime"])
    assert (door.status().path, door.status().fallbacks) == ("serial", 1)


@pytest.mark.parametrize(
    "error", [errors.HostKeyChanged(), errors.AuthenticationFailed(), errors.DeviceChanged()], ids=str
)
def test_an_answer_about_the_device_ends_it_on_any_path(door: Door, error: errors.V3Error) -> None:
    third = Scripted(answers)
    with_paths(door, Scripted(fails(error)), third)
    with pytest.raises(type(error)):
        door.run("uptime", effect="read")
    assert third.asked == []


@pytest.mark.parametrize("effect", ["unsafe", "read"])
def test_what_may_have_run_is_asked_again_by_the_third_only_if_it_reads(door: Door, effect: str) -> None:
    second, third = Scripted(fails(errors.OutcomeUnknown(), sent=True)), Scripted(answers)
    with_paths(door, second, third)
    if effect == "read":
        assert door.run("uptime", effect=effect).stdout == "by serial"
    else:
        with pytest.raises(errors.OutcomeUnknown):
            door.run("reboot", effect=effect)
    assert (len(second.asked), len(third.asked)) == (1, effect == "read")


def test_of_several_failures_the_one_that_says_most_is_told(door: Door) -> None:
    with_paths(door, Scripted(fails(errors.LinkLost())), Scripted(fails(errors.HostKeyUnknown())))
    with pytest.raises(errors.HostKeyUnknown):
        door.run("uptime")


def test_a_stream_takes_the_first_path_that_can_talk_to_the_device(door: Door) -> None:
    cannot, third = Scripted(fails(errors.Incompatible())), Scripted(answers)
    door.reach._gate = Gate(lambda: True, lambda: third.run)
    door.reach.paths = (cannot, cannot, third)
    assert door.reach.stream(Request("top")).stdout == "by serial"  # type: ignore[attr-defined]
    door.reach.paths = (Scripted(fails(errors.LinkLost())), third)
    with pytest.raises(errors.LinkLost):  # it can talk, and did not: nobody else is asked
        door.reach.stream(Request("top"))


def test_work_is_for_the_device_of_the_path_that_stands(door: Door) -> None:
    seen: list[str | None] = []

    def does(request: Request) -> CommandResult:
        seen.append(request.device)
        return answers(request)

    with_paths(door, Scripted(fails(errors.LinkLost())), Scripted(does, device_key="SHA256:x 12"))
    door.run("uptime")
    assert seen == ["SHA256:x 12"]


def test_all_paths_end_with_the_door(door: Door) -> None:
    third = Scripted(answers)
    with_paths(door, third)
    door.reset()
    door.close()
    assert third.ended == 2


def test_both_paths_of_the_product_are_paths(door: Door) -> None:
    ways: tuple[Way, ...] = door.reach.paths
    assert [way.name for way in ways] == ["persistent", "subprocess"]


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.LinkLost(), 0),
        (errors.DeviceUnreachable(), 0),
        (errors.TargetAmbiguous(), 0),
        (errors.Booting(), 3),
        (errors.HostKeyUnknown(), 10),
        (errors.NotSsh(), 20),
        (errors.Incompatible(), 300),
        (errors.AuthenticationFailed(), float("inf")),
        (errors.NoCredentials(), float("inf")),
    ],
    ids=str,
)
def test_a_device_is_left_alone_for_as_long_as_its_answer_asks(error: errors.V3Error, seconds: float) -> None:
    assert rests_s(error) == seconds


def test_nothing_begins_on_another_path_once_the_target_was_left(door: Door) -> None:
    serial = Scripted(answers)
    with_paths(door, serial)
    left = door.reach
    assert left.run(Request("first")).stdout == "by serial"
    left.close()
    with pytest.raises(errors.V3Error):
        left.run(Request("second"))
    assert serial.asked == ["first"]
