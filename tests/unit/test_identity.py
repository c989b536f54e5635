"""The identity command in real shells, and the parser of its answer."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from utils.link import identity

SHELLS = [words for words in (["dash"], ["bash"], ["busybox", "sh"]) if shutil.which(words[0])]


def run(shell: list[str], command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*shell, "-c", command], capture_output=True, text=True, timeout=20, check=False)


def with_files(folder: Path) -> str:
    """The command, looking for its files in a folder of ours."""
    command = identity.COMMAND
    for path in (
        "/proc/device-tree/serial-number",
        "/proc/device-tree/model",
        "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/random/boot_id",
        "/etc/nv_tegra_release",
        "/etc/os-release",
        "/etc/machine-id",
    ):
        assert path in command
        command = command.replace(path, str(folder / Path(path).name))
    return command


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_a_jetson_tells_all_six(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "serial-number").write_bytes(b"1424024099999\0")
    (tmp_path / "model").write_bytes(b"NVIDIA Jetson Orin Nano Developer Kit\0")
    (tmp_path / "hostname").write_text("bench-7\n")
    (tmp_path / "boot_id").write_text("0c5f1a52-68c0-4e0f-9b3b-6d1f0a7f11aa\n")
    (tmp_path / "nv_tegra_release").write_text("# R35 (release), REVISION: 6.0, GCID: 1\n\n# second line\n")
    (tmp_path / "os-release").write_text('PRETTY_NAME="Ubuntu 20.04.6 LTS"\n')
    (tmp_path / "machine-id").write_text("00112233445566778899aabbccddeeff\n")
    done = run(shell, with_files(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert identity.parse(done.stdout) == {
        "serial": "1424024099999",
        "model": "NVIDIA Jetson Orin Nano Developer Kit",
        "hostname": "bench-7",
        "boot_id": "0c5f1a52-68c0-4e0f-9b3b-6d1f0a7f11aa",
        "release": "# R35 (release), REVISION: 6.0, GCID: 1",
        "machine_id": "00112233445566778899aabbccddeeff",
    }


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
@pytest.mark.parametrize(
    "text",
    [
        'NAME=x\nPRETTY_NAME="Some Linux 3"\nID=x\n',
        "PRETTY_NAME='Some Linux 3'\n",
        'PRETTY_NAME="Some Linux 3"',
    ],
)
def test_another_board_tells_the_name_of_its_system(shell: list[str], text: str, tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text(text)
    done = run(shell, with_files(tmp_path))
    assert identity.parse(done.stdout)["release"] == "Some Linux 3"


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_what_is_absent_is_empty_and_never_an_error(shell: list[str], tmp_path: Path) -> None:
    done = run(shell, with_files(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(f"{key}=\n" for key in identity.KEYS)
    assert set(identity.parse(done.stdout).values()) == {""}


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_nothing_of_a_files_text_is_run_by_the_shell(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "hostname").write_text("$(touch pwned) `id` %s \\n 'x' *\n")
    done = run(shell, with_files(tmp_path))
    assert identity.parse(done.stdout)["hostname"] == "$(touch pwned) `id` %s \\n 'x' *"


def test_control_and_invisible_characters_are_taken_out() -> None:
    text = "serial=12\x0034\x1b[31m\nmodel=a\u202eb\u200bc\td\x7f\nhostname= x  y \r\n"
    found = identity.parse(text)
    assert found["serial"] == "1234[31m"
    assert found["model"] == "abcd"
    assert found["hostname"] == "x y"


def test_a_value_is_capped() -> None:
    assert identity.parse("model=" + "m" * 5000)["model"] == "m" * identity.MAX_CHARACTERS


@pytest.mark.parametrize(
    "text", ["", "sh: 1: not found\n", "serial\nmodel:x\nother=1\n", "=\n\n=x", "\udcff"]
)
def test_other_text_says_nothing(text: str) -> None:
    assert identity.parse(text) == dict.fromkeys(identity.KEYS, "")


def test_the_first_line_of_a_key_counts() -> None:
    assert identity.parse("serial=1\nserial=2\n")["serial"] == "1"
