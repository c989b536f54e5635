"""bench.toml: right entries become bays, wrong ones are named with their line and cost nobody else's bay."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from utils.bench.places import read_places
from utils.laptop import child
from utils.settings import Settings


def read(folder: Path, text: str) -> tuple[dict[str, Settings], list[str]]:
    (folder / "bench.toml").write_text(text, encoding="utf-8")
    main = Settings.model_validate(
        {"v3_data_dir": folder, "ssh_user": "tech", "ssh_password": "of all boards"}
    )
    faults: list[str] = []
    return {place.id: settings for place, settings in read_places(main, faults)}, faults


def test_what_is_left_out_is_that_of_the_main_bay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEFT_PASSWORD", "of the left one")
    text = """
        [[bay]]
        id = "left"
        host = "192.168.55.1"
        interface = "usb0"
        password_env = "LEFT_PASSWORD"
        [[bay]]
        id = "usb-1-2.3"
        host = "fe80::1%usb1"
        port = 2222
        user = "root"
    """
    bays, faults = read(tmp_path, text)
    assert faults == []
    left, right = bays["left"], bays["usb-1-2.3"]
    assert (left.target.shown, left.ssh_user, left.ssh_port) == ("192.168.55.1%usb0", "tech", 22)
    assert left.ssh_password.get_secret_value() == "of the left one"
    assert (right.target.shown, right.ssh_user, right.ssh_port) == ("fe80::1%usb1", "root", 2222)
    assert right.ssh_password.get_secret_value() == "of all boards"
    assert "LEFT_PASSWORD" not in child.environment()  # nor do ssh and ip get it


@pytest.mark.parametrize(
    ("entry", "line", "says"),
    [
        ('id = "main"\nhost = "10.0.0.1"', 2, "taken"),
        ('id = "all"\nhost = "10.0.0.1"', 2, "taken"),
        ('id = "Left!"\nhost = "10.0.0.1"', 2, "id"),
        ('host = "10.0.0.1"', 1, "id: it is missing"),
        ('id = "a"', 1, "host: it is missing"),
        ('id = "a"\nhost = "10.0.0.1"\nprot = 22', 4, "prot: there is no such field"),
        ('id = "a"\nhost = "10.0.0.1"\nport = "22"', 4, "port"),
        ('id = "a"\nhost = "10.0.0.1"\nport = 70000', 4, "port"),
        ('id = "a"\nhost = "ssh://10.0.0.1"', 3, "host: it is a host alone"),
        (
            'id = "a"\nhost = "10.0.0.1"\ninterface = "far-too-long-a-name"',
            4,
            "interface: an interface's name",
        ),
        ('id = "a"\nhost = "fe80::1"', 3, "link-local"),
        ('id = "a"\nhost = "fe80::1%usb0"\ninterface = "usb1"', 4, "host names one already"),
        ('id = "a"\nhost = "10.0.0.1"\npassword_env = "NOT_SET_ANYWHERE"', 4, "not set"),
    ],
)
def test_a_wrong_entry_is_named_by_its_line_and_costs_its_bay_alone(
    tmp_path: Path, entry: str, line: int, says: str
) -> None:
    bays, faults = read(tmp_path, f'[[bay]]\n{entry}\n\n[[bay]]\nid = "right"\nhost = "10.0.0.2"\n')
    assert list(bays) == ["right"]
    assert len(faults) == 1
    assert f"bench.toml:{line}: " in faults[0]
    assert says in faults[0]


@pytest.mark.parametrize("text", ["[[bay]\n", 'bay = "left"', "[bay]\nid = 'a'", "[[bays]]\nid = 'a'"])
def test_a_file_that_is_no_list_of_bays_is_named(tmp_path: Path, text: str) -> None:
    bays, faults = read(tmp_path, text)
    assert not bays
    assert all("bench.toml:" in fault for fault in faults)
    assert faults


def test_an_id_is_used_once(tmp_path: Path) -> None:
    one = '[[bay]]\nid = "a"\nhost = "10.0.0.1"\n'
    bays, faults = read(tmp_path, one + one)
    assert list(bays) == ["a"]
    assert "bench.toml:5: id: 'a' is taken" in faults[0]


def test_without_the_file_there_is_the_main_bay_alone(tmp_path: Path) -> None:
    assert list(read_places(Settings.model_validate({"v3_data_dir": tmp_path}), [])) == []


@pytest.mark.parametrize("name", ["nul", "com1.left", "left."])
def test_a_bay_whose_recordings_windows_would_file_elsewhere_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """There "left." is the folder of the bay "left", and "nul" keeps nothing."""
    text = f'[[bay]]\nid = "{name}"\nhost = "10.0.0.1"\n[[bay]]\nid = "left"\nhost = "10.0.0.2"\n'
    assert list(read(tmp_path, text)[0]) == [name, "left"]
    monkeypatch.setattr(sys, "platform", "win32")
    bays, faults = read(tmp_path, text)
    assert list(bays) == ["left"]
    assert "Windows has no folder" in faults[0]
