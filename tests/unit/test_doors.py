"""Doors are handed in by what users need of them. mypy reads this file too: a door that lacks something,
or a call that a capability does not have, is an error there.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from utils import ssh_interface
from utils.bench.bay import BayDoor, furnished
from utils.bench.no_boards import NoDoor, NoRunner, need_none
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.demo.recorded_door import RecordedDoor
from utils.errors import Cancelled, CommandTimeout, ConfigError, DeviceChanged, HubHasNoBoards, V3Error
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue
from utils.model.doors import Ask, Commands, Shells, Streams
from utils.settings import PROJECT, Settings

DOORS: list[BayDoor] = [ssh_interface.door, LocalDoor(), RecordedDoor(), NoDoor(Settings())]
"""All doors of the product have all that a bay needs: mypy says so."""


def _wrong(tmp_path: Path, call: str) -> str:
    """Tell what mypy says of this call by someone who was handed a door's commands."""
    file = tmp_path / "wrong.py"
    file.write_text(
        f"from utils.model.doors import Commands\n\ndef use(door: Commands) -> None:\n    {call}\n"
    )
    argv = [sys.executable, "-m", "mypy", "--strict", str(file)]
    return subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, timeout=170, check=False).stdout


def test_a_wrong_call_at_the_seam_is_an_error_of_types(tmp_path: Path) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed: see requirements-dev.txt")
    said = _wrong(tmp_path, 'door.run("uptime", wait=3); door.open_terminal(80, 24)')
    assert 'Unexpected keyword argument "wait" for "run" of "Commands"' in said
    assert '"Commands" has no attribute "open_terminal"' in said


def test_a_batch_gives_back_what_was_asked_with_its_answer() -> None:
    commands: Commands = LocalDoor()
    asks = [Ask("echo one", effect="read"), Ask("exit 3"), Ask("sleep 9", timeout=0.2)]
    answers = dict(zip("abc", commands.run_many(asks), strict=True))
    assert [ask for ask, _ in answers.values()] == asks
    assert [getattr(answers[name][1], "exit_status", None) for name in "abc"] == [0, 3, None]
    assert isinstance(answers["c"][1], CommandTimeout)


def test_the_door_asks_the_device_what_is_asked_and_answers_each_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(request: ssh_interface.Request) -> None:
        raise Cancelled(request.command)

    monkeypatch.setattr(ssh_interface, "_persistent_ssh_command", refused)
    begun: list[str] = []
    one, two = Ask("one", effect="idempotent", on_begin=lambda: begun.append("one")), Ask("two")
    try:
        answers = [(ask, str(said)) for ask, said in ssh_interface.door.run_many([one, two])]
    finally:
        ssh_interface.close()
    assert sorted(answers, key=lambda pair: pair[1]) == [(one, "one"), (two, "two")]
    assert begun == ["one"]


def test_a_command_that_goes_on_is_stopped_and_belongs_to_its_device() -> None:
    streams: Streams = LocalDoor()
    stop = threading.Event()
    with streams.stream("while :; do echo x; sleep 0.01; done", cancel=stop) as running:
        seen = iter(running)
        assert next(seen)[0] == "stdout"
        key = running.device
        stop.set()
        with pytest.raises(Cancelled):
            for _ in seen:
                pass
    assert running.on is not None
    assert key == f"{running.on.fingerprint} {running.on.serial}"
    with pytest.raises(DeviceChanged), streams.stream("true", device="another"):
        pass


def test_a_shell_on_another_device_is_not_opened() -> None:
    shells: Shells = LocalDoor()
    with pytest.raises(DeviceChanged):
        shells.open_terminal(80, 24, device="another")
    terminal = shells.open_terminal(80, 24)
    terminal.send(b"ls")
    assert terminal.recv(1.0) == b"ls"


def test_a_bay_stands_on_a_door_that_needs_no_network(tmp_path: Path) -> None:
    door = LocalDoor()
    memory = builtin_catalogue().get("memory")
    runner = Runner(door=door, catalogue=Catalogue({"memory": memory}))
    bay = furnished(runner, door, tmp_path)
    try:
        assert bay.runner.run("memory").device_id == "s-local-12345678"
        door.trouble = V3Error("Nobody is there.")
        with pytest.raises(V3Error, match="Nobody"):
            bay.runner.run("memory")
    finally:
        bay.close()
        runner.close()


def test_a_recorded_board_is_checked_without_a_device(tmp_path: Path) -> None:
    door = RecordedDoor()
    runner = Runner(door=door)
    try:
        checkup = runner.start_checkup(["memory", "kernel-log", "temperatures"])
        assert checkup.done.wait(20)
        assert {result.device_id for result in checkup.results()} == {"recorded-orin-nx"}
        assert {result.verdict.value for result in checkup.results()}.isdisjoint({"unknown", "skip"})
        with pytest.raises(CommandTimeout):
            door.run("sleep 9", timeout=0.1)
        with door.stream("while-nothing; sleep 0; echo x") as running:
            assert ("stdout", b"x\n") in list(running)
    finally:
        runner.close()


def test_a_hub_refuses_whatever_needs_a_board_and_keeps_no_run_of_none() -> None:
    door = NoDoor(Settings())
    quiet = {"status", "on_change", "keep_connected", "known_devices", "ids_of", "let_go", "close"}
    acts = {name for name in dir(NoDoor) if not name.startswith("_")} - quiet
    assert len(acts) == 13
    runner = NoRunner(door=door, catalogue=Catalogue({"memory": builtin_catalogue().get("memory")}))
    asked = [*(getattr(door, name) for name in acts), runner.run, runner.start, runner.start_checkup]
    for act in asked:
        with pytest.raises(HubHasNoBoards, match="Its boards are at its benches"):
            act("memory")
    assert (runner.kept_runs(), runner.kept_checkups(), runner.busy) == ([], [], False)
    runner.close()


def test_a_hub_that_is_told_of_boards_of_its_own_does_not_start(tmp_path: Path) -> None:
    settings = Settings(v3_data_dir=tmp_path)
    need_none(settings)
    with pytest.raises(ConfigError, match="joins no lab"):
        need_none(settings.model_copy(update={"v3_join": tmp_path / "bench-3.v3join"}))
    (tmp_path / "bench.toml").write_text("")
    with pytest.raises(ConfigError, match=r"no boards of its own, and .*bench\.toml names some"):
        need_none(settings)
