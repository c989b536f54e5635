"""Rows 150 to 168: the system's ssh as a way of its own. Unsafe commands are counted on the device."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import time
from typing import Any

import pytest

from tests.faults import ledger
from tests.faults.bench import SLEEP, Bench, Seen, worst
from tests.faults.matrix import row
from tests.faults.netns import Firewall
from tests.servers.greeter import Greeter
from tests.servers.servers import Sshd, TinySsh
from utils import errors
from utils import ssh_interface as ssh
from utils.model.doors import Terminal
from utils.model.results import LinkState

CHACHA = "Ciphers chacha20-poly1305@openssh.com"
OLD = "KexAlgorithms diffie-hellman-group14-sha1"
ONCE = {"shows": "ok", "within": 8, "state": "ready", "runs": (1, 1)}


def _by_ssh(bench: Bench, server: Any, **changes: Any) -> Seen:
    bench.point(server, **changes)
    seen = bench.call(stdin="x")
    assert seen.result is None or seen.result.path == "subprocess"
    assert ssh.status().mode == "ssh", ssh.status()
    return seen


@row(150, "chacha20 alone: an unsafe command by the system's ssh", **ONCE)
def chacha(bench: Bench) -> Seen:
    return _by_ssh(bench, bench.sshd(CHACHA))


@row(151, "sntrup alone", **ONCE)
def sntrup(bench: Bench) -> Seen:
    return _by_ssh(bench, bench.sshd("KexAlgorithms sntrup761x25519-sha512@openssh.com"))


@row(152, "umac alone", **ONCE)
def umac(bench: Bench) -> Seen:
    return _by_ssh(bench, bench.sshd("MACs umac-64@openssh.com"))


@row(153, "tinyssh: one channel a connection", **ONCE)
def tinyssh(bench: Bench) -> Seen:
    _by_ssh(bench, bench.use(TinySsh(bench.user)))
    seen = [bench.call() for _ in range(3)]
    assert all(each.runs == 1 for each in seen)
    return worst(seen)


@row("153b", "by ssh: keys typed into a connection that takes nothing", **{**ONCE, "within": 10})
def keys_into_the_dark(bench: Bench) -> Seen:
    server, wall = bench.sshd(CHACHA), bench.use(Firewall())
    _by_ssh(bench, server)
    terminal = bench.use(contextlib.closing(ssh.open_terminal()))
    terminal.send(b"echo rea''dy\r")
    _read_until(terminal, b"ready")
    wall.drop(server.port)
    time.sleep(4)
    with pytest.raises(errors.NotResponding, match="was not sent"):
        terminal.send(b"touch it-ran\r")
    wall.clear()
    assert ledger.wait_until(lambda: _types(terminal, b"echo go''es on\r"), 8)
    _read_until(terminal, b"goes on")
    assert not (bench.user.home / "it-ran").exists()
    return bench.call(stdin="x")


def _types(terminal: Terminal, keys: bytes) -> bool:
    with contextlib.suppress(errors.NotResponding):
        terminal.send(keys)
        return True
    return False


def _read_until(terminal: Terminal, words: bytes) -> None:
    seen = b""
    until = time.monotonic() + 8
    while words not in seen:
        assert time.monotonic() < until, seen
        seen += terminal.recv(0.2) or b""


@row(154, "a caller's time-out by ssh; the next command runs", **{**ONCE, "within": 4})
def timed_out(bench: Bench) -> Seen:
    _by_ssh(bench, bench.sshd(CHACHA))
    for _ in range(3):
        ended = bench.call(SLEEP, timeout=1.0)
        assert ended.shown == "command-timeout", ended.shown
        assert ended.error.details["stopped"] is True  # type: ignore[union-attr]
    return bench.call()


@row(155, "a cancel by ssh; the next command runs", **{**ONCE, "within": 4})
def cancelled(bench: Bench) -> Seen:
    _by_ssh(bench, bench.sshd(CHACHA))
    for _ in range(3):
        cancel = threading.Event()
        bench.once_it_runs(cancel.set)
        assert bench.call(SLEEP, cancel=cancel).shown == "cancelled"
    return bench.call()


@row(156, "a deadline of a millisecond by ssh: nothing leaves", shows="command-timeout", within=1,
     state="ready", runs=(0, 0))  # fmt: skip
def at_once(bench: Bench) -> Seen:
    _by_ssh(bench, bench.sshd(CHACHA))
    seen = [bench.call(SLEEP, timeout=0.001) for _ in range(4)]
    assert bench.call().shown == "ok"
    assert all(each.runs == 0 for each in seen)
    return worst(seen)


@row(157, "the server dies under a command by ssh", shows="outcome-unknown", within=5, state="down|new",
     may_live=True)  # fmt: skip
def died(bench: Bench) -> Seen:
    server = bench.sshd(CHACHA)
    _by_ssh(bench, server)
    bench.once_it_runs(server.stop)
    return bench.call(SLEEP)


@row(
    158,
    "the shared connection dies while idle",
    shows="ok",
    within=5,
    state="ready|new",
    runs=(1, 1),
)
def between(bench: Bench) -> Seen:
    server = bench.sshd(CHACHA)
    _by_ssh(bench, server)
    for pid in server.session_pids():
        os.kill(pid, 9)
    return bench.call()


@row(159, "another board with ssh alone, in the midst of work", shows="device-changed", within=5,
     state="ready|new|down|blocked", runs=(0, 0))  # fmt: skip
def swapped(bench: Bench) -> Seen:
    server = bench.sshd(CHACHA)
    _by_ssh(bench, server)
    meant = ssh._the_door().current_device()
    server.stop()
    server.new_host_key()
    server.start()
    started = time.monotonic()
    counter = bench.folder / "count-unsafe-swap"
    try:
        ssh.door.ask(ssh.Request(f"echo x >>{counter}", timeout=10, device=meant))
    except errors.V3Error as exc:
        return Seen(exc.code, time.monotonic() - started, counter, error=exc)
    return Seen("ok", time.monotonic() - started, counter)


@row(160, "20 calls at once by ssh: one login", **{**ONCE, "within": 12})
def many(bench: Bench) -> Seen:
    server = bench.sshd(CHACHA)
    bench.point(server)
    seen = bench.calls(20)
    assert server.logins() == 1, f"{server.logins()} logins"
    assert all(each.runs == 1 for each in seen)
    return worst(seen)


@row(161, "a wrong password by ssh: one try", shows="auth-failed", within=4, state="blocked", runs=(0, 0))
def wrong_password(bench: Bench) -> Seen:
    server = bench.sshd(CHACHA)
    bench.point(server, ssh_password="wrong")
    seen = worst([bench.call() for _ in range(3)])
    assert server.refused() == 1, f"{server.refused()} refused"
    return seen


@row(162, "a stream by ssh loses its server", shows="outcome-unknown", within=5, state="down|new",
     runs=(1, 1), may_live=True)  # fmt: skip
def stream_died(bench: Bench) -> Seen:
    server = bench.sshd(CHACHA)
    bench.point(server)
    counter = bench.folder / "count-unsafe-stream"
    with ssh.stream(f"echo x >>{counter}; while :; do echo y; sleep 0.1; done") as running:
        next(iter(running))
        bench.afterwards(bench._clean_user)
        server.stop()
        started = time.monotonic()
        try:
            list(running)
        except errors.V3Error as exc:
            return Seen(exc.code, time.monotonic() - started, counter, error=exc)
    return Seen("ok", time.monotonic() - started, counter)


@row(163, "leaving a stream by ssh stops it, a terminal by ssh is hung up", **ONCE)
def left(bench: Bench) -> Seen:
    bench.point(bench.sshd(CHACHA))
    with ssh.stream(SLEEP):
        pass
    terminal = ssh.open_terminal()
    terminal.send(f"{SLEEP}\r".encode())
    assert ledger.wait_until(lambda: bool(bench.user.processes(SLEEP)), 5)
    terminal.close()
    assert ledger.wait_until(lambda: not bench.user.processes(SLEEP), 5)
    return bench.call()


@row(164, "TMPDIR of 200 characters, with a blank and a percent sign", **{**ONCE, "state": "ready|down"})
def long_tmpdir(bench: Bench) -> Seen:
    server = bench.sshd()
    folder = bench.folder / "a b%C"
    folder /= "x" * (200 - len(str(folder)) - 1)
    folder.mkdir(parents=True)
    before = {name: os.environ.pop(name, None) for name in ("TMPDIR", "XDG_RUNTIME_DIR")}
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), None

    def restore() -> None:
        os.environ.pop("TMPDIR", None)
        os.environ.update({name: value for name, value in before.items() if value is not None})
        tempfile.tempdir = None

    bench.afterwards(restore)
    bench.point(server, ssh_use_persistent=False)
    assert bench.call().shown == "ok"
    seen = bench.call()
    assert server.logins() == 1
    return seen


@row(165, "OpenSSH before 8.5 and a device of SHA-1", **ONCE)
def old_ssh(bench: Bench) -> Seen:
    folder = bench.folder / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(
        "#!/bin/sh\nfor word do case $word in PubkeyAcceptedAlgorithms*) echo 'Bad configuration option: "
        f'pubkeyacceptedalgorithms\' >&2; exit 255;; esac; done\nexec {shutil.which("ssh")} "$@"\n'
    )
    (folder / "ssh").chmod(0o755)
    path = os.environ["PATH"]
    bench.afterwards(os.environ.__setitem__, "PATH", path)
    os.environ["PATH"] = f"{folder}:{path}"
    return _by_ssh(bench, bench.sshd(OLD), ssh_allow_sha1=True)


@row(166, "a greeting in Latin-1", **ONCE)
def latin1(bench: Bench) -> Seen:
    bench.point(bench.use(Greeter(bench.sshd(), "Gerät für Prüfung\r\n".encode("latin-1"))))
    return bench.call()


@row(167, "a greeting behind 120 lines", **ONCE)
def behind_lines(bench: Bench) -> Seen:
    bench.point(bench.use(Greeter(bench.sshd(), b"Welcome to the board\r\n" * 120)))
    return bench.call()


@row(168, "somebody looks at a device of ssh alone that freezes", shows="ok", within=25, state="ready|new",
     runs=(1, 1), fast=False)  # fmt: skip
def frozen(bench: Bench) -> Seen:
    server: Sshd = bench.sshd(CHACHA)
    bench.point(server)
    with ssh.keep_connected():
        assert ledger.wait_until(lambda: ssh.status().mode == "ssh", 10)
        server.signal_sessions(19)
        assert ledger.wait_until(lambda: ssh.status().state is not LinkState.CONNECTED, 20)
        for pid in server.session_pids():
            os.kill(pid, 9)
        assert ledger.wait_until(lambda: ssh.status().mode == "ssh", 20)
        return bench.call()
