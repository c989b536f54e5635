"""What ssh is told to leave by an interface: quoted for its shell, whatever the folders are called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from utils.link.paths.subprocess import through


@pytest.mark.skipif(os.name == "nt", reason="Windows has no ProxyUseFdpass")
@pytest.mark.parametrize("name", ["python", "my python", "100%h", "it's", 'a"b', "$(id)", "a;b&c"])
def test_the_command_survives_ssh_and_its_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    program = folder / name
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    command, fdpass = through.options("192.168.55.1", 22, "enx00e04c", folder / "said")
    assert fdpass == "ProxyUseFdpass=yes"
    # ssh expands %% to % and knows %h, %p and more; then its shell gets "exec COMMAND"
    text = command.removeprefix("ProxyCommand=")
    assert "%" not in text.replace("%%", "")
    done = subprocess.run(
        ["sh", "-c", f"exec {text.replace('%%', '%')}"], capture_output=True, text=True, check=True
    )
    script = str(Path(through.__file__).resolve())
    assert done.stdout.splitlines() == [
        "-I", script, "192.168.55.1", "22", "enx00e04c", str(folder / "said"),
    ]  # fmt: skip


def test_a_missing_interface_is_written_where_ssh_writes_its_words(tmp_path: Path) -> None:
    said = tmp_path / "said"
    done = subprocess.run(
        [sys.executable, "-I", through.__file__, "192.168.55.1", "22", "v3nowhere", str(said)],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert "v3nowhere is not there" in said.read_text()
