"""The default door's face: its pinned names, looked up at each call, and nothing done by importing it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from utils import errors, ssh_interface
from utils.link.door import Door
from utils.model.results import CommandResult
from utils.settings import PROJECT, Settings

PINNED = {
    "run": ["command", "timeout", "stdin", "effect", "max_output_bytes", "cancel"],
    "run_many": ["requests", "cancel"],
    "stream": ["command", "timeout", "stdin", "effect", "cancel", "device"],
    "open_terminal": ["cols", "rows", "device"],
    "status": [],
    "reset": [],
    "close": [],
}


@pytest.mark.parametrize("name", PINNED)
def test_a_pinned_function_keeps_its_parameters(name: str) -> None:
    assert list(inspect.signature(getattr(ssh_interface, name)).parameters) == PINNED[name]


def test_run_keeps_its_defaults() -> None:
    defaults = {name: p.default for name, p in inspect.signature(ssh_interface.run).parameters.items()}
    assert (defaults["timeout"], defaults["stdin"], defaults["effect"]) == (30.0, None, "unsafe")


def test_the_face_is_about_a_hundred_lines() -> None:
    assert len(Path(ssh_interface.__file__).read_text(encoding="utf-8").splitlines()) <= 110


def test_importing_it_connects_to_nothing_and_makes_no_target() -> None:
    code = (
        "import socket\n"
        "def refuse(*_): raise SystemExit('it connected')\n"
        "socket.socket.connect = refuse\n"
        "from utils import ssh_interface\n"
        "assert ssh_interface.door.made is None\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True, timeout=60)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of an address at which nobody answers."""
    return Settings.model_validate(
        {"ssh_ip": "127.0.0.1", "ssh_port": 9, "ssh_password": "x" * 8, "v3_data_dir": tmp_path}
    )


@pytest.fixture
def face(settings: Settings):
    ssh_interface.configure(settings)
    yield ssh_interface
    ssh_interface.close()


def test_the_persistent_command_is_looked_up_at_each_call(face, monkeypatch) -> None:
    for text in (b"one", b"two"):
        monkeypatch.setattr(
            face, "_persistent_ssh_command", lambda request, text=text: CommandResult("x", text)
        )
        assert face.run("x").stdout_bytes == text


def test_without_a_persistent_command_the_second_path_is_asked(face, monkeypatch) -> None:
    asked = []
    second = face.door.reach.paths[1]
    monkeypatch.setattr(second, "run", lambda request: asked.append(request) or CommandResult("x"))
    monkeypatch.setattr(face, "_persistent_ssh_command", None)
    face.run("x")
    monkeypatch.setattr(face, "_persistent_ssh_command", lambda request: CommandResult("x"))
    face.run("x")
    monkeypatch.setattr(face, "USE_PERSISTENT", False)
    face.run("x")
    assert len(asked) == 2


def test_another_function_under_the_name_is_called_whatever_the_one_before_did(face, monkeypatch) -> None:
    """Three failures in a row open the breaker; what it knows is of the function that failed."""
    monkeypatch.setattr(face.door.reach.paths[1], "run", lambda request: CommandResult("x", b"second"))
    for failing in (None, lambda request: 1 / 0):
        monkeypatch.setattr(face, "_persistent_ssh_command", failing)
        assert [face.run("x").stdout for _ in range(4)] == ["second"] * 4
        assert face.status().breaker_open
        monkeypatch.setattr(face, "_persistent_ssh_command", lambda request: CommandResult("x", b"first"))
        assert face.run("x").stdout == "first"


def test_the_two_names_rule_the_default_door_whoever_calls_it_and_no_other(
    face,
    monkeypatch,
    settings: Settings,
) -> None:
    monkeypatch.setattr(face, "_persistent_ssh_command", lambda request: CommandResult("x", b"by the name"))
    assert face.door.run("x").stdout == "by the name"
    for effect in ("unsafe", "read"):
        ((_, many),) = face.door.run_many([face.Request("x", effect=effect)])
        assert many.stdout == "by the name"
    other = Door(lambda: settings)
    try:
        with pytest.raises(errors.V3Error):
            other.run("x", timeout=5)
    finally:
        other.close()


@pytest.mark.parametrize(("name", "value"), [("_persistent_ssh_command", None), ("USE_PERSISTENT", False)])
def test_where_a_name_shuts_the_persistent_path_nothing_goes_by_it(
    face, monkeypatch, name: str, value: object
) -> None:
    first, second = face.door.reach.paths
    asked: list[str] = []
    for what in ("stream", "terminal"):
        monkeypatch.setattr(first, what, lambda *_, what=what: pytest.fail(f"{what} by the shut path"))
    for what in ("run", "stream", "terminal"):
        monkeypatch.setattr(second, what, lambda *_, what=what: asked.append(what) or CommandResult("x"))
    for what in ("run", "run_reads"):
        monkeypatch.setattr(face.door.reach.link, what, lambda *_: pytest.fail("a lane of the shut path"))
    monkeypatch.setattr(face, name, value)
    face.run("x")
    list(face.run_many([face.Request("x", effect="read"), face.Request("y", effect="read")]))
    face.door.reach.stream(face.Request("x"))
    face.door.reach.terminal(face.Request("x"), 80, 24)
    assert asked == ["run", "run", "run", "stream", "terminal"]


def test_a_door_stays_while_its_target_is_changed(face) -> None:
    seen = []
    end = face.on_change(lambda status: seen.append(status.address))
    first = face.door.reach
    face.set_credentials(user="somebody")
    assert face.door.reach is not first
    assert seen[-1].startswith("somebody@")
    end()


def test_the_demo_device_stays_one_when_the_form_sends_its_own_address(settings: Settings) -> None:
    door = Door(lambda: settings)
    door.configure(settings, demo=True)
    try:
        door.set_credentials(user="demo", host=settings.ssh_ip, port=settings.ssh_port, password="demo")
        assert door.status().demo
        door.set_credentials(port=settings.ssh_port + 1)
        assert not door.status().demo
    finally:
        door.close()
