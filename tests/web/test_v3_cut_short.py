"""`v3 checkup` that is stopped, loses its board or never begins; and what it starts and ends."""

from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.warm import Warm, warm_run
from tests.web.program import clean_environment
from tests.web.test_v3 import V3, v3
from utils.demo.device import DemoDevice
from utils.settings import PROJECT

SLOW = """\
[[diagnostic]]
id = "slow-one"
title = "Slow"
category = "memory"
command = "sleep 60"
parser = "meminfo"
why = "It waits."
next_step = "Wait."
slow = true
timeout = 120
check = [{ label = "Available", value = "available_percent", fail = { below = 10 } }]
"""


@pytest.fixture
def web_server() -> Iterator[str]:
    """A port that is open and speaks no SSH."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield str(server.server_port)
    server.shutdown()


def test_a_port_of_something_else_is_one_sentence(tmp_path: Path, web_server: str) -> None:
    done = v3(tmp_path, "checkup", SSH_IP="127.0.0.1", SSH_PORT=web_server, SSH_PASSWORD="canary-v3-2")
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert len(said) == len(set(said)) <= 3
    assert done.stdout == "Not checked: the board sends no SSH greeting.\n"


def own_diagnostic(tmp_path: Path, folder: str) -> None:
    own = tmp_path / "data" / folder / "diagnostics"
    own.mkdir(parents=True)
    (own / "slow.toml").write_text(SLOW)


def begun(tmp_path: Path, folder: str, *options: str, **environ: str) -> subprocess.Popen[str]:
    """A check-up that has one result and waits for another."""
    own_diagnostic(tmp_path, folder)
    process = Warm(
        [*V3, "checkup", *options, "memory", "slow-one"],
        cwd=PROJECT,
        env=clean_environment(tmp_path, V3_DISCOVER="off", **environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    audit, until = tmp_path / "data" / folder / "audit.jsonl", time.monotonic() + 60
    while not (audit.exists() and '"diagnostic": "memory"' in audit.read_text()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return process


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_a_check_up_that_is_stopped_shows_what_there_is_and_says_so(
    tmp_path: Path, by: signal.Signals
) -> None:
    file = tmp_path / "j.xml"
    process = begun(tmp_path, "demo", "--demo", "--junit", str(file))
    os.kill(process.pid, by)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 3
    assert stdout.splitlines()[0].startswith("OK             memory")
    assert stdout.splitlines()[-1].startswith("Cancelled: 1 of 2 checked.")
    assert "Traceback" not in stderr
    suite = ElementTree.parse(file).getroot()[0]  # noqa: S314 - our own file
    assert int(suite.get("errors", "0")) >= 1


def test_a_check_up_whose_link_is_lost_says_how_far_it_came(tmp_path: Path) -> None:
    device = DemoDevice(tmp_path / "device")
    port = device.start()
    where = {"SSH_IP": "127.0.0.1", "SSH_PORT": str(port), "SSH_PASSWORD": "demo"}
    process = begun(tmp_path, "", "--problems", SSH_HOST_KEYS="trust-new", **where)
    device.stop()
    stdout, stderr = process.communicate(timeout=90)
    assert process.returncode == 3
    assert stdout.splitlines()[-1].startswith("Interrupted: 1 of 2 checked.")
    assert "Not checked: slow-one" in stdout
    assert "Traceback" not in stderr


COUNTED = """
import sys
from utils.bench import startup
from utils.demo.device import DemoDevice
from utils.cli.__main__ import main
counts = {"started": 0, "closed": 0, "boards": 0, "stopped": 0}
def count(owner, name, key):
    real = getattr(owner, name)
    def counted(*args, **named):
        counts[key] += 1
        return real(*args, **named)
    setattr(owner, name, counted)
count(startup, "start", "started"); count(startup.Core, "close", "closed")
count(DemoDevice, "start", "boards"); count(DemoDevice, "stop", "stopped")
sys.argv = ["v3", "checkup", "--demo", "-q", "memory"]
try:
    main()
finally:
    print(counts)
"""


def test_the_demo_is_one_core_and_it_is_closed(tmp_path: Path) -> None:
    (program := tmp_path / "counted.py").write_text(COUNTED)
    done = warm_run([sys.executable, str(program)], cwd=PROJECT, env=clean_environment(tmp_path))
    assert done.stdout.splitlines() == ["1 OK", "{'started': 1, 'closed': 1, 'boards': 1, 'stopped': 1}"]
