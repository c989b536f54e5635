"""A command that is cut off on its way to the device does not run, not even its first half."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge

NONCE = "0123456789abcdef" * 2
SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="runs a POSIX shell")


def _run(tmp_path: Path, shell: str, exec_request: str, stdin: bytes) -> bool:
    """Whether the command left its trace."""
    (tmp_path / "sh").symlink_to(str(shutil.which(shell)))
    trace = tmp_path / "trace"
    subprocess.run(
        [tmp_path / "sh", "-c", exec_request],
        input=stdin.replace(b"TRACE", str(trace).encode()),
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        timeout=10,
        check=False,
    )
    return trace.exists()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("missing", [0, 1, 10, len(NONCE) + 1, len(NONCE) + 8])
def test_on_a_channel_of_its_own(tmp_path: Path, shell: str, missing: int) -> None:
    text = scripts.once_header(NONCE, "touch TRACE\nnever mind\n")
    ran = _run(tmp_path, shell, scripts.once_command("a1", Challenge()), text[: len(text) - missing])
    assert ran is (missing <= 1)  # the line break behind the closing word makes no difference


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("missing", [0, 2, 10])
def test_on_a_lane(tmp_path: Path, shell: str, missing: int) -> None:
    text = scripts.lane_functions(holds=True) + scripts.lane_request(NONCE, "touch TRACE\nnever mind\n")
    ran = _run(tmp_path, shell, scripts.lane_command("a1", Challenge()), text[: len(text) - missing])
    assert ran is (missing == 0)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("more", ["", "-and-more"])
def test_on_a_lane_not_even_a_shorter_word(tmp_path: Path, shell: str, more: str) -> None:
    """What is cut off may be the name of another program."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n: >{tmp_path}/trace\n")
    program.chmod(0o755)
    whole = scripts.lane_functions(holds=True) + scripts.lane_request(NONCE, f"{program}{more}")
    text = whole[: whole.index(more.encode(), len(whole) - 30)] if more else whole
    assert _run(tmp_path, shell, scripts.lane_command("a1", Challenge()), text) is (not more)
