"""Rows 130 to 149: patience with a device that is slow, none with one that is silent."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time

from tests.faults import ledger
from tests.faults.bench import SLEEP, Bench, Seen
from tests.faults.matrix import row
from tests.faults.netns import Firewall
from tests.faults.slow_session import SlowSshd
from tests.faults.slow_stubs import SlowStub, greets_only, stops_in_the_first_exchange
from tests.faults.stubs import Stub
from utils import ssh_interface as ssh
from utils.model.results import LinkState, RungState

DEAD_S = 9.0


def _slow(bench: Bench, seconds: float) -> SlowSshd:
    server: SlowSshd = bench.use(SlowSshd(bench.user, seconds))
    return server


@row(130, "PAM holds the session up for 7 s", shows="ok", within=7 + 4, state="ready", runs=(1, 1))
def slow_session(bench: Bench) -> Seen:
    server = _slow(bench, 7)
    bench.point(server)
    seen = bench.call(timeout=60)
    assert (server.logins(), ssh.status().fallbacks) == (1, 0)
    return seen


@row("130b", "PAM holds the session up for 30 s", shows="ok", within=30 + 4, state="ready", runs=(1, 1),
     fast=False)  # fmt: skip
def very_slow_session(bench: Bench) -> Seen:
    server = _slow(bench, 30)
    bench.point(server)
    seen = bench.call(timeout=60)
    assert (server.logins(), ssh.status().fallbacks) == (1, 0)
    return seen


@row(131, "a caller who cannot wait for the session", shows="not-responding", within=4, state="ready",
     runs=(0, 0))  # fmt: skip
def impatient(bench: Bench) -> Seen:
    server = _slow(bench, 8)
    bench.point(server)
    seen = bench.call(timeout=4)
    assert "still starting" in seen.text
    assert ssh.status().error["code"] == "not-responding"
    assert bench.call(timeout=20).shown == "ok"
    assert (server.logins(), ssh.status().fallbacks) == (1, 0)
    return seen


@row("131b", "a caller of 30 s, a session of 35 s", shows="not-responding", within=30, state="ready",
     runs=(0, 0), fast=False)  # fmt: skip
def impatient_for_long(bench: Bench) -> Seen:
    server = _slow(bench, 35)
    bench.point(server)
    seen = bench.call(timeout=30)
    assert bench.call(timeout=20).shown == "ok"
    assert (server.logins(), ssh.status().fallbacks) == (1, 0)
    return seen


@row("131c", "a terminal and a stream meet a slow session", shows="ok", within=7, state="ready", runs=(1, 1))
def slow_terminal(bench: Bench) -> Seen:
    server = _slow(bench, 7)
    bench.point(server)
    with ssh.stream("echo streamed", effect="read") as stream:
        assert b"".join(data for _, data in stream) == b"streamed\n"
    terminal = ssh.open_terminal()
    terminal.close()
    assert server.logins() == 1
    return bench.call()


@row("131d", "a terminal alone meets a session of 25 s", shows="ok", within=3, state="ready", runs=(1, 1),
     fast=False)  # fmt: skip
def slow_terminal_alone(bench: Bench) -> Seen:
    server = _slow(bench, 25)
    bench.point(server)
    ssh.open_terminal().close()
    assert server.logins() == 1
    return bench.call()


@row("131e", "the ladder meets a session of 25 s", shows="ok", within=10, state="ready", runs=(1, 1),
     fast=False)  # fmt: skip
def slow_ladder(bench: Bench) -> Seen:
    """It says where the way stops for now, within its half minute, and connecting goes on."""
    server = _slow(bench, 25)
    bench.point(server)
    started = time.monotonic()
    broken = [rung for rung in ssh.ladder() if rung.state is RungState.BROKEN]
    assert time.monotonic() - started < 30
    assert [rung.id for rung in broken] == ["shell"]
    assert "still starting" in broken[0].seen
    assert "PAM" in broken[0].next_step
    seen = bench.call(timeout=20)
    assert server.logins() == 1
    return seen


@row(132, "the cable dies while the session is starting", shows="not-responding|link-lost", within=5 + 10 + 9,
     state="down", runs=(0, 0))  # fmt: skip
def dies_while_starting(bench: Bench) -> Seen:
    server = _slow(bench, 60)
    bench.point(server)
    wall = bench.use(Firewall())
    bench.later(3.0, lambda: wall.drop(server.port))
    seen = bench.call(timeout=60)
    assert seen.seconds < 3 + 9 + 9 + 1, f"{seen.seconds:.1f} s"
    return seen


@row(133, "the system's ssh alone, PAM holds the session up", shows="ok", within=9 + 4, state="ready",
     runs=(1, 1))  # fmt: skip
def slow_by_ssh(bench: Bench) -> Seen:
    server = _slow(bench, 9)
    bench.point(server, ssh_use_persistent=False)
    seen = bench.call(timeout=60)
    assert server.logins() == 1
    return seen


@row(
    134,
    "the first channel is confirmed late",
    shows="ok",
    within=7 + 2,
    state="ready",
    root=False,
    runs=(1, 1),
)
def late_open(bench: Bench) -> Seen:
    stub = bench.use(SlowStub(late_open_s=7))
    bench.point(stub)
    seen = bench.call(timeout=30)
    assert stub.logins == 1
    return seen


@row("134b", "the first exec request is answered late", shows="ok", within=7 + 2, state="ready", root=False,
     runs=(1, 1))  # fmt: skip
def late_exec(bench: Bench) -> Seen:
    stub = bench.use(SlowStub(late_exec_s=7))
    bench.point(stub)
    seen = bench.call(timeout=30)
    assert stub.logins == 1
    return seen


@row(
    135, "probes are answered by UNIMPLEMENTED", shows="ok", within=9, state="ready", root=False, runs=(1, 1)
)
def unimplemented(bench: Bench) -> Seen:
    bench.connect(bench.use(SlowStub(unimplemented=True)))
    return bench.call("sleep 8", timeout=20)


@row(136, "greeting, then silence", shows="not-responding", within=8, state="down", root=False, runs=(0, 0))
def greeted_only(bench: Bench) -> Seen:
    bench.point(bench.use(Stub(greets_only)))
    return bench.call(timeout=40)


@row("136b", "silence in the first key exchange", shows="not-responding", within=8, state="down", root=False,
     runs=(0, 0))  # fmt: skip
def first_exchange(bench: Bench) -> Seen:
    bench.point(bench.use(Stub(stops_in_the_first_exchange)))
    return bench.call(timeout=40)


@row(137, "silence in a later key exchange, idle", shows="ok", within=3, state="new", root=False, runs=(1, 1))
def later_exchange(bench: Bench) -> Seen:
    stub = bench.use(SlowStub())
    bench.connect(stub)
    stub.ask_for_keys()
    noticed = ledger.wait_until(lambda: ssh.status().state is LinkState.LOST, DEAD_S)
    assert noticed, f"not noticed within {DEAD_S:g} s"
    return bench.call()


@row("137b", "silence in a key exchange while a command is sent", shows="command-timeout|ok|not-responding",
     within=4 + 1 + 6, state="down|new|ready|connecting", root=False)  # fmt: skip
def exchange_and_command(bench: Bench) -> Seen:
    stub = bench.use(SlowStub())
    bench.connect(stub)
    time.sleep(1.2)
    stub.ask_for_keys()
    return bench.call(timeout=4)


@row(138, "sessions end right after the login, while a page is open", shows="ok|link-lost|outcome-unknown",
     within=20, state="ready|new|down|connecting")  # fmt: skip
def flapping(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.point(server)
    with ssh.keep_connected():
        end = time.monotonic() + 12
        while time.monotonic() < end:
            if ssh.status().state is LinkState.CONNECTED:
                server.signal_sessions(signal.SIGKILL)
            time.sleep(0.05)
        logins = server.logins()
        assert 2 <= logins <= 8, f"{logins} logins in 12 s"
        return bench.call()


@row(
    139, "large packets are lost from the start", shows="not-responding", within=8, state="down", runs=(0, 0)
)
def black_hole(bench: Bench) -> Seen:
    return _black_hole(bench)


@row("139b", "large packets to the device are lost", shows="not-responding", within=8, state="down",
     runs=(0, 0))  # fmt: skip
def black_hole_there(bench: Bench) -> Seen:
    return _black_hole(bench, "--dport")


@row("139c", "large packets from the device are lost", shows="not-responding", within=8, state="down",
     runs=(0, 0))  # fmt: skip
def black_hole_back(bench: Bench) -> Seen:
    return _black_hole(bench, "--sport")


def _black_hole(bench: Bench, *sides: str) -> Seen:
    server = bench.sshd()
    bench.use(Firewall()).lose_large(server.port, 600, *sides)
    bench.point(server)
    seen = bench.call(timeout=40)
    assert "arge packets are lost" in seen.text, seen.text
    assert "MTU" in seen.error.hint  # type: ignore[union-attr]
    assert server.logins() == 0
    return seen


@row(140, "large packets are lost after the login", shows="outcome-unknown", within=DEAD_S, state="down",
     runs=(1, 1), may_live=True)  # fmt: skip
def black_hole_later(bench: Bench) -> Seen:
    """A small packet came past a large one: that is told of the loss itself."""
    seen = _lost_later(bench, f"head -c 1000 /dev/zero | tr '\\0' k; sleep 0.1; echo small; {SLEEP}")
    assert "large packets are lost" in ssh.status().error["message"], ssh.status().error
    assert "MTU" in ssh.status().error["hint"]
    return seen


@row("140a", "nothing but large packets after the login, all lost", shows="outcome-unknown", within=DEAD_S,
     state="down", runs=(1, 1), may_live=True)  # fmt: skip
def black_hole_in_bulk(bench: Bench) -> Seen:
    """No small one came past, so it is told by the next attempt."""
    seen = _lost_later(bench, f"head -c 300000 /dev/zero | tr '\\0' k; {SLEEP}")
    assert "arge packets are lost" in bench.call(timeout=30).text
    return seen


def _lost_later(bench: Bench, body: str) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    bench.use(Firewall()).lose_large(server.port, 600, "--sport")
    return bench.call(body, timeout=40)


@row("140b", "the device falls silent after the login", shows="outcome-unknown", within=DEAD_S, state="down",
     runs=(1, 1), may_live=True)  # fmt: skip
def silent_later(bench: Bench) -> Seen:
    """No evidence of size: nothing is said of it."""
    server = bench.sshd()
    bench.connect(server)
    wall = bench.use(Firewall())
    bench.once_it_runs(lambda: wall.drop(server.port))
    seen = bench.call("i=0; while [ $i -lt 90 ]; do echo $i; sleep 0.3; i=$((i+1)); done", timeout=40)
    assert "large packets" not in ssh.status().error["message"]
    return seen


@row(141, "no open files left on the laptop", shows="internal", within=2, state="down", runs=(0, 0))
def no_files(bench: Bench) -> Seen:
    bench.point(bench.sshd())
    ssh.prepare()
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, before[1]))
    try:
        seen = bench.call()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert "This laptop has no open files left" in seen.text, seen.text
    assert "ulimit" in seen.error.hint  # type: ignore[union-attr]
    state = bench.state
    assert bench.call().shown == "ok"
    assert state == "down"
    ssh.reset()
    return seen


@row("141b", "no threads left on the laptop", shows="internal", within=2, state="down", runs=(0, 0))
def no_threads(bench: Bench) -> Seen:
    bench.point(bench.sshd())
    ssh.prepare()
    before = threading.stack_size(1 << 46)  # more than there can be: the system refuses each new thread
    try:
        seen = bench.call()
    finally:
        threading.stack_size(before)
    assert "This laptop cannot start another" in seen.text, seen.text
    assert bench.call().shown == "ok"
    ssh.reset()
    return seen
