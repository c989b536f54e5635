"""Rows 23 to 31, 38, 61, 62: a link that dies, or nearly."""

from __future__ import annotations

import os
import signal
import time

from tests.faults import ledger
from tests.faults.bench import SLEEP, Bench, Seen, worst
from tests.faults.matrix import row
from tests.faults.netns import Firewall, run
from tests.faults.proxy import Proxy
from utils import ssh_interface as ssh
from utils.model.results import LinkState

DEAD_S = 9.0  # a peer that is gone is noticed within this
WORK = f"{SLEEP}; echo end"
TALK = "i=0; while [ $i -lt 60 ]; do echo line; sleep 0.1; i=$((i+1)); done"


def _client_port(bench: Bench) -> int:
    return int(bench.transport.sock.getsockname()[1])


@row(23, "half-open while idle", shows="not-responding", within=4 + 5, state="down", runs=(0, 0))
def half_open_idle(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    wall = bench.use(Firewall())
    wall.drop(server.port)
    noticed = ledger.wait_until(lambda: ssh.status().state is LinkState.LOST, DEAD_S + 1)
    assert noticed, f"not noticed within {DEAD_S:g} s"
    assert ssh.status().error["code"] == "link-lost"
    return bench.call()


@row(
    24, "half-open when a command comes", shows="not-responding", within=3 + 4 + 5, state="down", runs=(0, 0)
)
def half_open_at_open(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    time.sleep(1.2)
    bench.use(Firewall()).drop(server.port)
    return bench.call()


@row(25, "half-open while a command runs", shows="outcome-unknown", within=DEAD_S, state="down", runs=(1, 1),
     may_live=True)  # fmt: skip
def half_open_midway(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    wall = bench.use(Firewall())
    bench.once_it_runs(lambda: wall.drop(server.port))
    seen = bench.call(WORK, timeout=60)
    assert ssh.status().fallbacks == 0
    return seen


@row(26, "reset while idle, then clear", shows="ok", within=2, state="new", runs=(1, 1))
def reset_idle(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    time.sleep(1.2)
    bench.use(Firewall()).reset(server.port, client_port=_client_port(bench))
    seen = bench.call()
    assert seen.result is not None
    assert seen.result.path == "persistent"
    return seen


@row(27, "reset while a command runs", shows="outcome-unknown", within=2.5, state="down|new", runs=(1, 1),
     may_live=True)  # fmt: skip
def reset_midway(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    wall, port = bench.use(Firewall()), _client_port(bench)
    bench.once_it_runs(lambda: wall.reset(server.port, client_port=port))
    seen = bench.call(TALK, timeout=30)
    assert bench.call().shown == "ok"
    return seen


@row(28, "cut between a command and its answer", shows="outcome-unknown", within=2, state="down|new")
def cut_on_request(bench: Bench) -> Seen:
    proxy = bench.use(Proxy(bench.sshd()))
    bench.connect(proxy)
    proxy.cut_on_next_request()
    seen = bench.call()
    assert bench.call().shown == "ok"
    return seen


@row("28b", "cut on the question that comes before a command", shows="ok", within=3, state="new", runs=(1, 1))
def cut_on_proof(bench: Bench) -> Seen:
    proxy = bench.use(Proxy(bench.sshd()))
    bench.connect(proxy)
    time.sleep(1.2)
    proxy.cut_on_next_request()
    return bench.call()


@row("28c", "server's side closed half", shows="ok|outcome-unknown", within=3, state="new")
def half_closed(bench: Bench) -> Seen:
    proxy = bench.use(Proxy(bench.sshd()))
    bench.connect(proxy)
    proxy.half_close()
    seen = bench.call()
    assert bench.call().shown == "ok"
    return seen


@row(29, "server frozen while a command runs", shows="command-timeout|outcome-unknown", within=3 + 3,
     state="ready|new|down", runs=(1, 1), may_live=True)  # fmt: skip
def frozen_midway(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    bench.once_it_runs(lambda: server.signal_sessions(signal.SIGSTOP))
    seen = bench.call(WORK, timeout=3)
    server.signal_sessions(signal.SIGCONT)
    assert "could not be made sure" in seen.text or seen.shown == "outcome-unknown"
    assert bench.call(timeout=10).shown == "ok"
    return seen


@row(30, "session killed while a command runs", shows="outcome-unknown", within=2, state="new", runs=(1, 1),
     may_live=True)  # fmt: skip
def session_killed(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    bench.once_it_runs(lambda: server.signal_sessions(signal.SIGKILL))
    seen = bench.call(WORK, timeout=30)
    assert bench.call().shown == "ok"
    return seen


@row("30b", "session killed while a command runs, dropbear", shows="outcome-unknown", within=2, state="new",
     runs=(1, 1), may_live=True)  # fmt: skip
def session_killed_dropbear(bench: Bench) -> Seen:
    server = bench.dropbear()
    bench.connect(server)
    bench.once_it_runs(lambda: server.signal_sessions(signal.SIGKILL))
    seen = bench.call(WORK, timeout=30)
    assert bench.call().shown == "ok"
    return seen


@row(31, "listener restarted, session kept", shows="ok", within=3, state="ready", runs=(1, 1))
def listener_restarted(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    sessions, listener = server.session_pids(), server._process
    assert listener is not None

    def restart() -> None:
        listener.kill()
        listener.wait()
        server.start()

    bench.once_it_runs(restart)
    seen = bench.call("sleep 1.5")
    assert bench.call().shown == "ok"
    bench.afterwards(
        lambda: [os.kill(pid, signal.SIGKILL) for pid in sessions if os.path.exists(f"/proc/{pid}")]
    )
    return seen


@row(38, "upload into a dead peer; other calls end too", shows="outcome-unknown", within=DEAD_S, state="down",
     may_live=True)  # fmt: skip
def upload_dead(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    wall = bench.use(Firewall())
    others: list[Seen] = []

    def die() -> None:
        wall.drop(server.port)
        others.append(bench.call(timeout=25))

    bench.once_it_runs(die)
    seen = bench.call("cat >/dev/null; sleep 30", stdin=b"x" * 60_000_000, timeout=60)
    assert ledger.wait_until(lambda: bool(others), DEAD_S + 9 + 1), "another call hung"
    assert others[0].seconds < DEAD_S + 9 + 1, f"another call took {others[0].seconds:.1f} s"
    assert others[0].shown in ("not-responding", "link-lost", "outcome-unknown"), others[0].shown
    return seen


BIG = "head -c 400000 /dev/zero | tr '\\0' 'k'; echo; echo end >&2"


def _never_wrong(bench: Bench, seen: list[Seen]) -> Seen:
    for one in seen:
        if one.shown == "ok":
            assert one.out == "k" * 400_000 + "\n"
    return worst(seen)


SLOW = "ok|command-timeout|outcome-unknown|link-lost|not-responding"


@row(61, "every fifth packet lost", shows=SLOW, within=60, state="ready|new|down", fast=False, may_live=True)
def lossy(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    bench.use(Firewall()).lose(server.port, 0.2)
    return _never_wrong(bench, [bench.call(BIG, timeout=25) for _ in range(2)])


@row("61b", "a line of 1 Mbit/s", shows="ok", within=60, state="ready", fast=False)
def narrow(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.connect(server)
    run(
        "tc", "qdisc", "add", "dev", "lo", "root", "tbf", "rate", "1mbit", "burst", "70kb", "latency", "400ms"
    )
    try:
        return _never_wrong(bench, [bench.call(BIG, timeout=55)])
    finally:
        run("tc", "qdisc", "del", "dev", "lo", "root")


@row(62, "300 ms there and back, uneven", shows="ok", within=15, state="ready", runs=(1, 1))
def far_away(bench: Bench) -> Seen:
    proxy = bench.use(Proxy(bench.sshd()))
    proxy.delay(0.15)
    bench.point(proxy)
    seen = bench.call("echo there")
    assert seen.out == "there\n"
    return worst([seen, *bench.calls(3)])
