"""Whatever a device sends, and in whatever state a channel is, it takes a bounded part of our memory.

Each state is flooded for a few seconds; V3_FLOOD_S=20 is the long form.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import paramiko
import pytest

from tests.faults.ledger import memory_kb
from tests.faults.stubs import SshStub, Stub
from tests.servers.servers import Sshd, throwaway_user
from utils import errors, ssh_interface

FLOOD_S = float(os.environ.get("V3_FLOOD_S", "3"))
MOST_KB = 64 << 10

# What `sh` is on this device. With -c it is a real shell, so our script answers; the lane that reads
# requests, and the command of a once-channel, are this program: it frames one answer, and floods.
EVIL = r"""#!/usr/bin/python3
import os, sys
if len(sys.argv) > 1 and "v3-once" not in sys.argv[2]:
    once = "v3-once" in " ".join(sys.argv) and "IFS= read -r _v3n" in sys.argv[2]
    if not once:
        os.execv("/bin/dash", ["sh", *sys.argv[1:]])
    head, _, rest = sys.argv[2].partition("_v3w=$(")
    if os.fork() == 0:
        os.execv("/bin/dash", ["sh", "-c", head + ":", *sys.argv[3:]])
    os.wait()
    nonce = sys.stdin.buffer.readline().strip()
else:
    for line in sys.stdin.buffer:
        if line.startswith(b"v3_run "):
            nonce = line.split()[1]
            break
tag, state = b"\x1e" + nonce, open(os.environ["HOME"] + "/state").read()
def put(stream, data):
    while data:
        data = data[os.write(stream, data):]
begin = tag + b" b\x1e\n"
put(2, begin)
if state != "nobegin":
    put(1, begin)
if state == "noend":
    put(1, tag + b" e ")
if state in ("errnever", "erronly"):
    put(1, tag + b" e 0\x1e\n")
if state == "outnever":
    put(2, tag + b" x\x1e\n")
if state == "idle":
    put(1, tag + b" e 0\x1e\n"); put(2, tag + b" x\x1e\n"); put(1, tag + b" c\x1e\n")
stream = 2 if state in ("erronly", "outnever") else 1
while True:
    put(stream, b"flood" * 13000)
"""


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """At most MOST_KB more than before, at any moment."""
    over, before = threading.Event(), memory_kb()
    peak = before

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.05):
            peak = max(peak, memory_kb())

    watcher = threading.Thread(target=watch, name="flood-watch")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert peak - before < MOST_KB, f"{(peak - before) >> 10} MB more"


@pytest.fixture
def flooded(door: Callable[..., ModuleType]) -> Iterator[Callable[..., ModuleType]]:
    """flooded(state, rc): the door at a device that floods."""
    with contextlib.ExitStack() as stack:

        def point(state: str, rc: str = "", **settings: Any) -> ModuleType:
            user = stack.enter_context(throwaway_user(rc=rc))
            (user.home / "state").write_text(state)
            if state:
                sh = user.home / "shbin/sh"
                sh.unlink()
                sh.write_text(EVIL)
                sh.chmod(0o755)
            return door(stack.enter_context(Sshd(user)), **settings)

        yield point


def _call(ssh: ModuleType, **options: Any) -> str:
    try:
        return str(ssh.run("echo x", timeout=FLOOD_S + 1, **options).exit_status)
    except errors.V3Error as exc:
        return exc.code


PATHS = pytest.mark.parametrize("persistent", [True, False], ids=["persistent", "subprocess"])


@PATHS
@pytest.mark.parametrize("where", ["", " >&2"], ids=["stdout", "stderr"])
def test_login_files_that_print_without_end(
    flooded: Callable[..., ModuleType], where: str, persistent: bool
) -> None:
    ssh = flooded("", rc=f"while :; do head -c 100000 /dev/zero{where}; done", ssh_use_persistent=persistent)
    with bounded():
        assert _call(ssh) == "shell-unusable"


@PATHS
@pytest.mark.parametrize("stdin", [None, "x"], ids=["lane", "once"])
@pytest.mark.parametrize("state", ["nobegin", "noend", "errnever", "erronly", "outnever"])
def test_answers_without_an_end(
    flooded: Callable[..., ModuleType], state: str, stdin: str | None, persistent: bool
) -> None:
    if stdin is None and not persistent:
        pytest.skip("the system's ssh has no lanes")
    ssh = flooded(state, ssh_use_persistent=persistent)
    with bounded():
        code = _call(ssh, stdin=stdin, max_output_bytes=1 << 20)
    assert code in ("command-timeout", "outcome-unknown", "None"), code


def test_a_lane_that_floods_while_nobody_asks(flooded: Callable[..., ModuleType]) -> None:
    ssh = flooded("idle")
    with bounded():
        assert _call(ssh) == "0"
        time.sleep(FLOOD_S)


def test_a_stream_without_an_end(flooded: Callable[..., ModuleType]) -> None:
    ssh = flooded("noend")
    until = time.monotonic() + FLOOD_S
    with bounded(), ssh.stream("echo x") as running:
        for _ in running:
            if time.monotonic() > until:
                break


class Rude(SshStub):
    """Logs in, runs real commands, and after the first of them sends what no server may."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self._how, self._transport = how, None

    def made(self, transport: Any) -> None:
        self._transport = transport

    def flood(self) -> None:
        """Until the link is gone or the time is over."""
        transport: Any = self._transport
        until = time.monotonic() + FLOOD_S
        with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
            if self._how == "packet":
                transport.sock.sendall(b"\x7f\xff\xff\xf0")
            while time.monotonic() < until and transport.is_active():
                self._send(transport)

    def _send(self, transport: Any) -> None:
        if self._how == "packet":
            transport.sock.sendall(bytes(1 << 16))
            return
        channel = next(iter(transport._channels.values()))
        message = paramiko.Message()
        message.add_byte(b"\x5e")  # SSH_MSG_CHANNEL_DATA, whatever the window
        message.add_int(channel.remote_chanid)
        message.add_string(b"x" * 30000)
        transport._send_message(message)


@pytest.mark.parametrize("how", ["packet", "window"])
def test_a_server_that_ignores_the_protocols_bounds(door: Callable[..., ModuleType], how: str) -> None:
    with Rude(how) as stub:
        ssh = door(stub)
        assert ssh.run("echo in").stdout == "in\n"
        connection = ssh._the_door().link.connection
        assert connection is not None
        with bounded():
            stub.flood()
        connection.transport.join(2)
        assert not connection.alive


def test_a_packet_without_end_before_any_key(tmp_path: Path) -> None:
    def greet(sock: socket.socket, over: threading.Event) -> None:
        sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\x7f\xff\xff\xf0")
        while not over.is_set():
            sock.sendall(bytes(1 << 16))

    with Stub(greet) as stub, bounded():
        ssh_interface.configure(stub.settings(tmp_path / "data"))
        with pytest.raises(errors.V3Error):
            ssh_interface.run("true", timeout=FLOOD_S)
    ssh_interface.close()
