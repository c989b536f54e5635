"""What brings paramiko is loaded late, by who needs it first; several at once find all of it. It stays."""

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

PREPARED = """
import gc, app
from utils.settings import load_settings
core = app._web_app(load_settings(), demo=0).extensions["v3-core"]
gc.freeze()
core.prepare()
print(len(gc.get_objects()))
"""


def _run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Of a program that has no board: nothing listens at port 1."""
    nothing = {"SSH_IP": "127.0.0.1", "SSH_PORT": "1", "SSH_PASSWORD": "none", "V3_DATA_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **nothing, "LOG_FILE": str(folder / "app.log")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_loaded_beside_the_first_page_is_not_looked_through_for_garbage(tmp_path: Path) -> None:
    done = _run(PREPARED, tmp_path)
    assert int(done.stdout or -1) in range(2000), done.stderr


def test_those_who_load_it_at_once_all_find_all_of_it(tmp_path: Path) -> None:
    """Nothing listens at port 1, so that is what each is told; an error of loading would be another."""
    for _ in range(4):
        done = _run(PROGRAM, tmp_path)
        assert done.stdout.split() == ["DeviceUnreachable"] * 3, done.stderr
