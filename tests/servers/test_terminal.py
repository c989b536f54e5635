"""The PTY: its size, its resize, ^C, and its end."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.servers.conftest import wait_until
from tests.servers.servers import Server
from utils.errors import InputNotTaken, LinkLost, NotResponding
from utils.link.paths.persistent.terminal import SILENT_S

Door = Callable[..., ModuleType]


def read_until(terminal, text: bytes, timeout_s: float = 8.0) -> bytes:
    seen, end = b"", time.monotonic() + timeout_s
    while text not in seen and time.monotonic() < end:
        data = terminal.recv(0.2)
        if data is None:
            break
        seen += data
    assert text in seen, seen
    return seen


def test_a_terminal_knows_its_size_is_resized_and_takes_control_c(server: Server, door: Door) -> None:
    terminal = door(server).open_terminal(cols=101, rows=31)
    try:
        terminal.send(b"stty size; echo size-told\n")
        assert b"31 101" in read_until(terminal, b"\nsize-told")
        terminal.resize(64, 20)
        terminal.send(b"sleep 0.2; stty size; echo resized-told\n")
        assert b"20 64" in read_until(terminal, b"\nresized-told")
        terminal.send(b"sleep 91\n")
        assert wait_until(lambda: server.user.processes("sleep 91"))
        terminal.send(b"\x03")
        assert wait_until(lambda: not server.user.processes("sleep 91"))
        terminal.send(b"exit\n")
        assert wait_until(lambda: terminal.recv(0.1) is None)
    finally:
        terminal.close()


def test_a_terminal_and_commands_share_one_login(server: Server, door: Door) -> None:
    ssh = door(server)
    terminal = ssh.open_terminal()
    assert ssh.run("echo beside").stdout == "beside\n"
    terminal.close()
    assert (server.logins(), ssh.status().logins) == (1, 1)


def test_a_program_that_does_not_read_is_told_apart_from_a_lost_link(server: Server, door: Door) -> None:
    terminal = door(server).open_terminal()
    terminal._channel.settimeout(0.5)  # instead of SEND_S
    terminal.send(b"stty raw -echo; echo rea''dy; sleep 60\r")
    read_until(terminal, b"ready")
    with pytest.raises(InputNotTaken):
        terminal.send(b"x" * (12 << 20))
    assert not terminal.closed
    terminal.close()
    with pytest.raises(LinkLost):
        terminal.send(b"x")


def test_keys_typed_while_the_device_stands_still_are_not_sent_and_never_run(
    server: Server, door: Door
) -> None:
    ssh = door(server)
    terminal = ssh.open_terminal()
    terminal.send(b"echo rea''dy\n")
    read_until(terminal, b"ready")
    server.signal_sessions(signal.SIGSTOP)
    transport = terminal._transport
    assert wait_until(lambda: time.monotonic() - transport.heard_at > SILENT_S)
    with pytest.raises((NotResponding, LinkLost)):
        terminal.send(b"touch it-ran\n")
    server.signal_sessions(signal.SIGCONT)
    if terminal.closed:  # a busy machine took longer than a silent link is kept
        terminal = ssh.open_terminal()
    terminal.send(b"echo go''es on\n")
    read_until(terminal, b"goes on")
    assert not (server.user.home / "it-ran").exists()
    terminal.close()
