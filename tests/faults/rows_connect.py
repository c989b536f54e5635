"""Rows 1 to 13 and 22: from no cable to a greeting."""

from __future__ import annotations

import signal
import socket
import time

from tests.faults import stubs
from tests.faults.bench import Bench, Seen, worst
from tests.faults.matrix import row
from tests.faults.netns import Cable, FarSshd, Firewall
from utils import ssh_interface as ssh

SECOND_PATH_S = 5.0  # what the system's ssh may need to find the same


@row(1, "no interface", shows="unreachable", within=0.5, state="down", runs=(0, 0))
def no_interface(bench: Bench) -> Seen:
    bench.point(bench.sshd(), ssh_ip="192.168.55.1")
    return bench.call()


@row(2, "link up, other end down", shows="unreachable", within=4 + 4, state="down", runs=(0, 0))
def peer_down(bench: Bench) -> Seen:
    cable = bench.use(Cable())
    bench.point(bench.use(FarSshd(bench.user, cable)))
    cable.peer_down()
    return bench.call()


@row(3, "port closed", shows="unreachable", within=0.5, state="down", runs=(0, 0))
def port_closed(bench: Bench) -> Seen:
    server = bench.sshd()
    server.stop()
    bench.point(server)
    return bench.call()


@row(4, "first packet dropped", shows="not-responding", within=4 + SECOND_PATH_S, state="down", runs=(0, 0))
def syn_dropped(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.point(server)
    bench.use(Firewall()).drop(server.port)
    return bench.call()


@row(5, "accepts, says nothing", shows="not-responding", within=5 + SECOND_PATH_S, state="down", root=False)
def silent(bench: Bench) -> Seen:
    bench.point(bench.use(stubs.Stub(stubs.silent)))
    return bench.call()


@row(6, "listener frozen, later thawed", shows="not-responding", within=5 + SECOND_PATH_S, state="new|ready")
def frozen_listener(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.point(server)
    assert server._process is not None
    server._process.send_signal(signal.SIGSTOP)
    try:
        seen = bench.call()
    finally:
        server._process.send_signal(signal.SIGCONT)
    assert bench.call().shown == "ok"
    return seen


@row(7, "lines before the greeting, slowly", shows="not-responding", within=8 + SECOND_PATH_S, state="down",
     root=False)  # fmt: skip
def banner_lines(bench: Bench) -> Seen:
    bench.point(bench.use(stubs.Stub(stubs.drip_lines)))
    return bench.call()


@row(8, "greeting byte by byte", shows="not-responding", within=8 + SECOND_PATH_S, state="down", root=False)
def banner_bytes(bench: Bench) -> Seen:
    bench.point(bench.use(stubs.Stub(stubs.drip_bytes)))
    return bench.call()


def _left_alone(bench: Bench, stub: stubs.Stub) -> Seen:
    """Not SSH, or throttled: said at once, no second path, and no second knock for a while."""
    bench.point(stub)
    seen = bench.call()
    again = bench.call()
    assert again.shown == "not-ssh"
    assert again.seconds < 0.2
    assert stub.connections == 1, f"{stub.connections} connections"
    assert ssh.status().fallbacks == 0
    assert "20 seconds" in str(ssh.status().error["hint"])
    return seen


@row(9, "a web server on the port", shows="not-ssh", within=1, state="down", root=False)
def web_server(bench: Bench) -> Seen:
    return _left_alone(bench, bench.use(stubs.Stub(stubs.http)))


@row(10, "hangs up at once", shows="not-ssh", within=1, state="down", root=False)
def hangs_up(bench: Bench) -> Seen:
    return _left_alone(bench, bench.use(stubs.Stub(stubs.hang_up)))


@row(11, "penalty after failed logins (OpenSSH 9.8)", shows="not-ssh", within=1, state="down", root=False)
def penalty(bench: Bench) -> Seen:
    return _left_alone(bench, bench.use(stubs.Stub(stubs.penalty)))


def _crowded(bench: Bench, port: int, idle: int) -> Seen:
    """Idle connections of others fill the server; once they are gone it takes us."""
    time.sleep(0.3)  # the one that asked whether the server is up is gone then
    others = [socket.create_connection(("127.0.0.1", port)) for _ in range(idle)]
    time.sleep(0.3)
    try:
        seen = bench.call()
        assert ssh.status().fallbacks == 0
    finally:
        for other in others:
            other.close()
    time.sleep(0.5)
    ssh.reset()
    assert bench.call().shown == "ok"
    return seen


@row(12, "MaxStartups exceeded", shows="not-ssh", within=1, state="ready|new")
def max_startups(bench: Bench) -> Seen:
    server = bench.sshd("MaxStartups 2:100:2")
    bench.point(server)
    return _crowded(bench, server.port, 3)


@row(13, "dropbear: too many from one address", shows="not-ssh", within=1, state="ready|new")
def dropbear_limit(bench: Bench) -> Seen:
    server = bench.dropbear()
    bench.point(server)
    return _crowded(bench, server.port, 6)


@row(22, "20 calls wait while it comes up: one login", shows="ok", within=9, state="ready", runs=(1, 1))
def single_flight(bench: Bench) -> Seen:
    server = bench.sshd()
    bench.point(server)
    wall = bench.use(Firewall())
    wall.drop(server.port)
    bench.later(0.6, wall.clear)
    seen = bench.calls(20)
    assert server.logins() == 1, f"{server.logins()} logins"
    return worst(seen)
