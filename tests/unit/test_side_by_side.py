"""Tests side by side: each is played once, and what fails or dies in any process fails the whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from utils.settings import PROJECT

DIES = """
import os
def test_before(): pass
def test_dies(): os._exit(3)
def test_after(): pass
"""
FAILS = """
import warnings
def test_fails(capfd):
    print("said")
    warnings.warn("odd")
    assert capfd.readouterr().out == "said"
"""
FILES = {
    "faults/test_bounded.py": "def test_first(): pass",
    "unit/test_calm.py": "def test_calm(): pass",
    "unit/test_waits.py": "import time\ndef test_waits(tmp_path): assert not list(tmp_path.iterdir())",
    "web/test_dies.py": DIES,
    "web/test_fails.py": FAILS,
}


def test_each_test_is_played_once_and_no_failure_is_lost(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    argv = [sys.executable, "-m", "pytest", "-ra", "-p", "tests.side_by_side", "--forks", "2"]
    done = subprocess.run(
        [*argv, "-p", "no:cacheprovider", "--rootdir=.", "tests"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 failed, 5 passed, 1 warning in" in done.stdout
    assert "FAILED tests/web/test_fails.py::test_fails" in done.stdout
    assert "ended in its midst, with status 3" in done.stdout
    assert "UserWarning: odd" in done.stdout
