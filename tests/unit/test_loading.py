"""What brings paramiko is loaded late, by whoever needs it first; several at once find all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys, threading
sys.setswitchinterval(1e-5)
from utils import errors, ssh_interface as door
from utils.settings import load_settings
door.configure(load_settings())
start, found = threading.Barrier(4), []
def at_once(call):
    start.wait()
    try:
        call()
    except Exception as exc:
        found.append(type(exc).__name__)
def stream():
    with door.stream("true", timeout=5.0):
        pass
calls = (door.prepare, door.open_terminal, lambda: door.run("true", timeout=5.0), stream)
threads = [threading.Thread(target=at_once, args=(call,)) for call in calls]
for each in threads: each.start()
for each in threads: each.join()
assert "paramiko" in sys.modules
print(" ".join(sorted(found)))
"""


def test_those_who_load_it_at_once_all_find_all_of_it(tmp_path: Path) -> None:
    """Nothing listens at port 1, so that is what each is told; an error of loading would be another."""
    nothing = {"SSH_IP": "127.0.0.1", "SSH_PORT": "1", "SSH_PASSWORD": "none", "V3_DATA_DIR": str(tmp_path)}
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            env={**os.environ, **nothing, "LOG_FILE": str(tmp_path / "app.log")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout.split() == ["DeviceUnreachable"] * 3, done.stderr
