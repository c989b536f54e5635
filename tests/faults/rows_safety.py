"""Rows 69, 72, 73, 76, 78: forks, the program's own end, secrets, clocks."""

from __future__ import annotations

import base64
import json
import logging
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path
from unittest.mock import patch

from tests.faults import ledger
from tests.faults.bench import Bench, Seen
from tests.faults.crew import PROJECT
from tests.faults.matrix import row
from tests.faults.netns import Firewall
from tests.faults.stubs import SshStub, Stub, silent
from tests.ports import free_port
from utils import ssh_interface as ssh

CANARY = "canary $Q7' \"kz&v"


@row(69, "fork after connecting", shows="ok", within=5, state="ready", runs=(1, 1))
def forked(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if ssh.run("echo child").stdout == "child\n" else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert server.logins() == 2
    return bench.call()


@row(72, "the program is ended while a command runs into a dead peer", shows="ok", within=5,
     state="down", runs=(1, 1),
     may_live=True)  # fmt: skip
def terminated(bench: Bench) -> Seen:
    server, port = bench.sshd(), free_port()
    counter = bench.folder / "count-unsafe-app"
    settings = server.settings(bench.folder / "data")
    environment = {
        **os.environ, "SSH_USER": settings.ssh_user, "SSH_IP": "127.0.0.1", "SSH_PORT": str(server.port),
        "SSH_PASSWORD": bench.user.password, "SSH_HOST_KEYS": "trust-new", "V3_PORT": str(port),
        "V3_DATA_DIR": str(bench.folder / "app"), "LOG_FILE": str(bench.folder / "app.log"),
    }  # fmt: skip
    code = textwrap.dedent(f"""
        import sys, threading, time, urllib.request
        import app
        from utils import ssh_interface as ssh
        def work():
            while True:
                try:
                    urllib.request.urlopen("http://127.0.0.1:{port}/healthz", timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.1)
            ssh.run("echo x >>{counter}; sleep 6543")
        threading.Thread(target=work).start()
        sys.exit(app.main(["--no-browser"]))
    """)  # from its first answer on the program has its settings, and minds SIGTERM
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        assert ledger.wait_until(counter.exists, 15), "the command never started"
        bench.use(Firewall()).drop(server.port)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    seconds = time.monotonic() - started
    return Seen("ok" if status == 0 else f"exit {status}", seconds, counter)


@row(
    73, "second path: ssh hangs", shows="command-timeout", within=3 + 1, state="down", root=False, runs=(0, 0)
)
def ssh_hangs(bench: Bench) -> Seen:
    bench.point(bench.use(SshStub("execstall", only="v3-")), ssh_use_persistent=False)
    seen = bench.call(timeout=3)
    children = ledger.take().children
    assert not [pid for pid in children if "ssh" in Path(f"/proc/{pid}/comm").read_text()]
    return seen


@row(
    76,
    "secrets while rows 5, 14, 16 and 73 are played",
    shows="command-timeout",
    within=4,
    state="down",
    root=False,
)
def canaries(bench: Bench) -> Seen:
    log = bench.folder / "log"
    handler = logging.FileHandler(log)
    logging.getLogger().addHandler(handler)
    bench.afterwards(handler.close)
    bench.afterwards(logging.getLogger().removeHandler, handler)
    found: list[str] = []
    over = threading.Event()
    watch = threading.Thread(target=_watch_processes, args=(over, found), name="row-watch")
    watch.start()
    try:
        for stub in (Stub(silent), SshStub("authcut"), SshStub()):
            bench.point(bench.use(stub), ssh_password=CANARY)
            bench.call(timeout=6)
        bench.point(
            bench.use(SshStub("execstall", only="v3-")), ssh_password=CANARY, ssh_use_persistent=False
        )
        bench.call(timeout=3)
        bench.point(bench.use(SshStub("execstall", only="v3-")), ssh_use_persistent=False)
        seen = bench.call(timeout=3)
    finally:
        over.set()
        watch.join()
    assert not found, found
    files = [path for path in bench.folder.rglob("*") if path.is_file()]
    told = [str(path) for path in files if any(form in path.read_bytes() for form in _forms())]
    assert log in files
    assert not told, told
    return seen


def _forms() -> list[bytes]:
    encoded = base64.b64encode(CANARY.encode())
    quoted = [urllib.parse.quote(CANARY), urllib.parse.quote_plus(CANARY), json.dumps(CANARY)[1:-1]]
    return [CANARY.encode(), encoded, *(text.encode() for text in quoted)]


def _watch_processes(over: threading.Event, found: list[str]) -> None:
    forms = _forms()
    while not over.wait(0.02):
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or folder.name == str(os.getpid()):
                continue
            for name in ("cmdline", "environ"):
                try:
                    data = (folder / name).read_bytes()
                except OSError:
                    continue
                if any(form in data for form in forms):
                    found.append(f"{folder}/{name}")


@row(78, "the laptop's clock jumps by an hour", shows="ok", within=3, state="ready", runs=(1, 1))
def clock_jump(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    real = time.time
    bench.once_it_runs(lambda: bench.use(patch("time.time", lambda: real() + 3600)))
    seen = bench.call("sleep 0.5; echo done", timeout=10)
    assert seen.out == "done\n"
    assert bench.call().shown == "ok"
    return seen
