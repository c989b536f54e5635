"""Rows 32 to 37, 39, 48 to 50, 70, 71: channels that are refused, stall or end oddly."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

from tests.faults.bench import SLEEP, Bench, Seen, worst
from tests.faults.crew import PROJECT
from tests.faults.matrix import row
from tests.faults.stubs import SshStub
from tests.servers.servers import Server
from utils import ssh_interface as ssh

PARTLY = "printf before; printf V3-CUT; sleep 30"


def _stub(bench: Bench, fault: str) -> SshStub:
    """A working connection to a stub whose next command with stdin meets the fault."""
    stub: SshStub = bench.use(SshStub(fault))
    bench.connect(stub)
    return stub


@row(32, "the answer to a command's start never comes", shows="command-timeout", within=3 + 6,
     state="ready", root=False,
     runs=(0, 0))  # fmt: skip
def exec_stall(bench: Bench) -> Seen:
    _stub(bench, "execstall")
    seen = bench.call(stdin="x", timeout=3)
    assert ssh.status().fallbacks == 0
    return seen


@row(
    33, "a command's start refused", shows="shell-unusable", within=2, state="ready", root=False, runs=(0, 0)
)
def exec_refused(bench: Bench) -> Seen:
    _stub(bench, "execrefuse")
    return bench.call(stdin="x")


@row(34, "end of output, no status, no close", shows="outcome-unknown", within=3, state="ready", root=False)
def eof_only(bench: Bench) -> Seen:
    _stub(bench, "eofonly")
    return bench.call(PARTLY, stdin="x")


@row(35, "status, but output never ends", shows="ok", within=1, state="ready", root=False)
def no_eof(bench: Bench) -> Seen:
    _stub(bench, "exitnoeof")
    seen = bench.call("cat", stdin="all of it")
    assert seen.out == "all of it"
    return seen


@row(36, "closed without a status", shows="outcome-unknown", within=1, state="ready", root=False)
def no_exit(bench: Bench) -> Seen:
    _stub(bench, "noexit")
    return bench.call(PARTLY, stdin="x")


@row(37, "killed by a signal", shows="signal KILL", within=1, state="ready")
def by_signal(bench: Bench) -> Seen:
    return _killed(bench, bench.sshd())


@row("37b", "killed by a signal, dropbear", shows="signal KILL", within=1, state="ready")
def by_signal_dropbear(bench: Bench) -> Seen:
    return _killed(bench, bench.dropbear())


def _killed(bench: Bench, server: Server) -> Seen:
    bench.connect(server)
    seen = bench.call("echo part; kill -9 $$")
    assert seen.out == "part\n"
    assert bench.call().shown == "ok"
    return seen


@row(
    39, "the command never reads its input", shows="command-timeout", within=3 + 1, state="ready", runs=(1, 1)
)
def never_reads(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    others: list[Seen] = []
    bench.once_it_runs(lambda: others.append(bench.call()))
    seen = bench.call(SLEEP, stdin=b"x" * 5_000_000, timeout=3)
    assert others[0].shown == "ok"
    assert others[0].seconds < 1
    return seen


@row(48, "20 calls where 10 sessions are allowed", shows="ok", within=3, state="ready", runs=(1, 1))
def twenty(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    seen = bench.calls(20, "sleep 0.1")
    assert server.logins() == 1
    return worst(seen)


@row(
    49, "50 calls one after the other, one session allowed", shows="ok", within=10, state="ready", runs=(1, 1)
)
def one_session(bench: Bench) -> Seen:
    bench.connect(bench.sshd("MaxSessions 1"))
    started = time.monotonic()
    seen = [bench.call() for _ in range(50)]
    slowest = worst(seen)
    slowest.seconds = time.monotonic() - started
    return slowest


@row(50, "no session allowed", shows="channel-refused", within=3, state="down|blocked", runs=(0, 0))
def no_session(bench: Bench) -> Seen:
    server = bench.sshd("MaxSessions 0")
    bench.point(server)
    seen = bench.call()
    assert server.logins() <= 2, f"{server.logins()} logins: it is being hammered"
    return seen


@row(70, "a lock of paramiko is never given back",
     shows="ok",
     within=6, state="new|down")  # fmt: skip
def stuck_lock(bench: Bench) -> Seen:
    bench.connect(bench.sshd())
    lane = ssh._the_door().link._connection._idle[0]
    give_back = threading.Event()
    holder = threading.Thread(target=_hold, args=(lane._pipe.channel.lock, give_back), name="row-holder")
    holder.start()
    result: list[Seen] = []
    caller = threading.Thread(target=lambda: result.append(bench.call(timeout=5)), name="row-call")
    caller.start()
    caller.join(9)
    assert result, "the call hangs"
    again = bench.call()
    give_back.set()
    holder.join()
    assert again.shown == "ok"
    return result[0]


def _hold(lock: threading.Lock, give_back: threading.Event) -> None:
    with lock:
        give_back.wait(30)


_CLOSE_WHILE_STUCK = """
import sys, threading
from pathlib import Path
from utils import ssh_interface as ssh
from utils.settings import Settings
ssh.configure(Settings.model_validate_json(sys.stdin.read()))
ssh.run("true")
ssh._the_door().link._connection._idle[0]._pipe.channel.lock.acquire()
ssh.close()
print("closed")
"""


@row(71, "closing the program while a lock is stuck", shows="ok", within=5, state="down")
def close_while_stuck(bench: Bench) -> Seen:
    settings = bench.sshd().settings(bench.folder / "data")
    values = settings.model_dump(mode="json") | {"ssh_password": bench.user.password}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", _CLOSE_WHILE_STUCK], input=__import__("json").dumps(values), text=True,
        capture_output=True, timeout=20, check=False, cwd=PROJECT, env=dict(os.environ),
    )  # fmt: skip
    shown = "ok" if done.stdout == "closed\n" and done.returncode == 0 else f"exit {done.returncode}"
    return Seen(shown, time.monotonic() - started, error=RuntimeError(done.stderr[-300:]))
