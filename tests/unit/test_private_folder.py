"""The second path's private folder suits ssh whatever TMPDIR is; ssh itself reads the names back."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from utils.link.paths.subprocess import private
from utils.link.paths.subprocess.private import SOCKET_BYTES, Private, make_private, path_option

ODD = ("with blanks", "per%cent %h", "quo\"te's", "$HOME ${HOME}", "back\\slash", "ümläut", "x" * 200)


@pytest.fixture(autouse=True)
def _fresh_tempdir(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    yield
    tempfile.tempdir = None


def made(request: pytest.FixtureRequest) -> Private:
    folder = make_private()
    request.addfinalizer(lambda: shutil.rmtree(folder.path, ignore_errors=True))
    return folder


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("variable", ["TMPDIR", "XDG_RUNTIME_DIR"])
def test_whatever_the_folder_for_temporary_files_is(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, name: str
) -> None:
    odd = tmp_path / name
    odd.mkdir(mode=0o700)
    monkeypatch.setenv(variable, str(odd))
    folder = made(request)
    assert folder.sockets
    assert len(os.fsencode(folder.socket("12345678"))) + 17 <= SOCKET_BYTES
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert list(odd.iterdir()) == []  # nothing that was tried is left


def test_a_folder_that_suits_is_taken(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tempfile.mkdtemp(dir="/tmp", prefix="r")
    request.addfinalizer(lambda: shutil.rmtree(mine))
    monkeypatch.setenv("XDG_RUNTIME_DIR", mine)
    assert made(request).path.parent == Path(mine)


def test_its_name_cannot_be_guessed_and_no_other_user_can_swap_it(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made(request).path != made(request).path
    open_to_all = Path(tempfile.mkdtemp(dir="/tmp", prefix="r"))
    request.addfinalizer(lambda: shutil.rmtree(open_to_all))
    open_to_all.chmod(0o777)  # no sticky bit: anybody may rename what is in it
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(open_to_all))
    assert made(request).path.parent != open_to_all


def test_without_any_short_folder_there_is_one_without_sockets(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir(mode=0o700)
    monkeypatch.setattr(private, "_parents", lambda: iter([str(long)]))
    folder = made(request)
    assert (folder.path.parent, folder.sockets) == (long, False)


@pytest.mark.skipif(not shutil.which("ssh"), reason="needs openssh-client (make deps)")
@pytest.mark.parametrize("name", [name for name in ODD if "$" not in name])
@pytest.mark.parametrize("option", ["UserKnownHostsFile", "ControlPath", "IdentityFile"])
def test_ssh_reads_a_path_as_it_is(tmp_path: Path, name: str, option: str) -> None:
    path = tmp_path / name[:60]
    argv = ["ssh", "-G", "-F", "none", "-o", path_option(option, path), "host"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    values = [line.partition(" ")[2] for line in said.splitlines() if line.startswith(option.lower())]
    # an identity file is printed before ssh expands the percent sign in it
    assert [value.replace("%%", "%") for value in values] == [str(path)]
