"""The offline kit: what it takes for which computer, and what is in the zip. `make kit-try` tries it."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tools.kit.build import HERE, pins, pip_pin, program_files, requirements, write_zip
from tools.kit.targets import PYTHONS, TARGETS, Pin, Platform, read_pins, with_fallbacks
from tools.kit.wheels import fitting, missing
from utils.settings import PROJECT

LOCKED = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
EVERYWHERE = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)


def test_every_line_of_the_lock_file_is_read_with_its_hashes() -> None:
    read = list(read_pins(LOCKED))
    assert [pin.name for pin in read] == re.findall(r"(?m)^([A-Za-z0-9._-]+)==", LOCKED)
    assert sum(len(pin.hashes) for pin in read) == LOCKED.count("--hash=")
    assert all(pin.hashes for pin in (*pins(), *pip_pin()))
    assert list(read_pins(requirements())) == pins()


@EVERYWHERE
@pytest.mark.parametrize("python", PYTHONS)
def test_each_computer_gets_each_package_once(target: Platform, python: str) -> None:
    locked = {pin.name for pin in read_pins(LOCKED) if target.takes(pin.marker, python)}
    taken = [pin.name for pin in pins() if target.takes(pin.marker, python)]
    assert sorted(taken) == sorted(locked)


def test_a_fallback_counts_where_it_is_needed_alone() -> None:
    marker = "sys_platform == 'darwin' and platform_machine == 'x86_64'"
    merged = with_fallbacks(
        [Pin("a", "2"), Pin("b", "1", "python_version < '3.12'")],
        [Pin("a", "1", marker), Pin("b", "0", marker)],
    )
    for target in TARGETS:
        old = target.name == "macOS x86-64"
        got = {(pin.name, pin.version) for pin in merged if target.takes(pin.marker, "3.11")}
        assert got == ({("a", "1"), ("b", "0")} if old else {("a", "2"), ("b", "1")}), target.name


def test_a_fallback_is_no_newer_than_what_is_pinned() -> None:
    locked = {pin.name: pin.version for pin in read_pins(LOCKED)}
    for pin in read_pins((HERE / "fallback.txt").read_text()):
        assert pin.marker
        assert int(pin.version.split(".")[0]) <= int(locked[pin.name].split(".")[0])


@pytest.mark.parametrize(
    ("wheel", "names"),
    [
        ("x-1-py3-none-any.whl", [target.name for target in TARGETS]),
        ("x-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", ["Linux x86-64"]),
        ("x-1-cp39-abi3-manylinux_2_28_aarch64.whl", ["Linux arm64"]),
        ("x-1-cp312-cp312-musllinux_1_2_x86_64.whl", []),
        ("x-1-cp312-cp312-manylinux_2_34_x86_64.whl", []),
        ("x-1-cp313-cp313-win_amd64.whl", []),
        ("x-1-cp312-cp312-win_arm64.whl", ["Windows arm64"]),
        ("x-1-cp39-abi3-macosx_10_12_universal2.whl", ["macOS arm64", "macOS x86-64"]),
        ("x-1-cp312-cp312-macosx_14_0_x86_64.whl", []),
    ],
)
def test_a_wheel_fits_the_computers_it_is_for(tmp_path: Path, wheel: str, names: list[str]) -> None:
    (tmp_path / wheel).touch()
    found = [each.name for each in TARGETS if fitting(tmp_path, Pin("X", "1"), each, "3.12")]
    assert sorted(found) == sorted(names)
    assert missing(tmp_path, [Pin("X", "1"), Pin("y", "1", "sys_platform == 'os2'")], TARGETS[0], "3.12") == (
        [] if "Linux x86-64" in names else [Pin("X", "1")]
    )


def test_the_zip_holds_the_program_its_wheels_and_what_starts_it(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/x-1-py3-none-any.whl").write_bytes(b"x")
    write_zip(tmp_path / "kit.zip", tmp_path / "wheels")
    with zipfile.ZipFile(tmp_path / "kit.zip") as kit:
        names = {name.partition("/")[2] for name in kit.namelist()}
        top = kit.namelist()[0].partition("/")[0]
        assert {
            "app.py",
            "utils/cli/__main__.py",
            "requirements.txt",
            "start.sh",
            "start.cmd",
            "v3.cmd",
        } <= names
        assert "wheels/x-1-py3-none-any.whl" in names
        assert not [name for name in names if name.startswith(("tests/", ".env")) and name != ".env.example"]
        for name, runs in (("start.sh", True), ("tools/v3", True), ("app.py", False)):
            assert bool(kit.getinfo(f"{top}/{name}").external_attr >> 16 & 0o100) is runs, name
        assert kit.read(f"{top}/start.cmd").count(b"\r\n") == kit.read(f"{top}/start.cmd").count(b"\n")
    assert Path("app.py") in list(program_files())


def test_start_says_which_python_it_needs(tmp_path: Path) -> None:
    """The starter itself, where no Python can be found."""
    for tool in ("dirname", "sh"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    start = tmp_path / "kit" / "start.sh"
    start.parent.mkdir()
    start.write_text((HERE / "start.sh").read_text())
    done = subprocess.run(
        ["/bin/sh", str(start)], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (3, "Python 3.11 to 3.14 is needed.\n")
    assert os.listdir(start.parent) == ["start.sh"]
