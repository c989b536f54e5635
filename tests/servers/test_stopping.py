"""A time-out and a cancel really end the command on the device, whatever server and shell it has."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.budget import LARGE
from tests.servers.conftest import SERVERS, once, wait_until
from tests.servers.servers import SHELLS, Server, Sshd, User, throwaway_user
from utils import errors

Door = Callable[..., ModuleType]


PLACES = [(server, shell) for server in SERVERS for shell in SHELLS]
EACH_WAY = [
    "sleep 71; sleep 72",
    "while :; do :; done",
    "(trap '' TERM; sleep 71; sleep 72)",
    "env -i setsid -w sh -c 'trap \"\" TERM HUP; setsid -w sleep 71; sleep 72' | cat",
    "env -i script -qc 'trap \"\" TERM HUP; sleep 71; sleep 72' /dev/null",
]
MORE = [
    "sleep 71",
    "sleep 71 & sleep 72 & wait",
    "timeout 73 sleep 71",
    "setsid sleep 71 & sleep 72",
    "sh -c 'sleep 71; true' | cat",
    "env -i setsid -w sleep 71",
]
"""What the ways above hold already: on the first place alone, with V3_FUZZ=large on all."""


@pytest.fixture(scope="module", params=PLACES, ids="-".join)
def device(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Each server with each shell as the `sh` of its user."""
    kind, shell = request.param
    with throwaway_user(shell) as user, SERVERS[kind](user) as server:
        yield server


@pytest.mark.parametrize(
    ("device", "command"),
    [
        pytest.param(place, command, id="-".join((*place, command)))
        for place in PLACES
        for command in (EACH_WAY + MORE if LARGE or place == PLACES[0] else EACH_WAY)
    ],
    indirect=["device"],
)
def test_nothing_is_left_after_a_time_out(device: Server, door: Door, command: str) -> None:
    ssh = door(device)
    ssh.run("true")
    with pytest.raises(errors.CommandTimeout):
        ssh.run(command, timeout=0.7)
    assert wait_until(lambda: not device.user.processes("sleep 7"), 2), device.user.processes()
    assert ssh.run("echo alive").stdout == "alive\n"
    assert ssh.status().logins == 1


def test_nothing_is_left_after_a_cancel_within_two_seconds(device: Server, door: Door) -> None:
    ssh = door(device)
    ssh.run("true")
    cancel = threading.Event()
    once(lambda: device.user.processes("sleep 74"), cancel.set)
    with pytest.raises(errors.Cancelled):
        ssh.run("sleep 74; echo never", cancel=cancel)
    assert wait_until(lambda: not device.user.processes("sleep 74"), 2)


def test_a_command_with_stdin_is_stopped_too(device: Server, door: Door) -> None:
    ssh = door(device)
    with pytest.raises(errors.CommandTimeout):
        ssh.run("sleep 75; cat", stdin=b"x" * 5_000_000, timeout=1)
    assert wait_until(lambda: not device.user.processes("sleep 75"), 2)


def test_the_subprocess_path_stops_it_too(device: Server, door: Door) -> None:
    ssh = door(device)
    ssh.run("true")
    ssh.configure(device.settings(ssh._the_door().settings.v3_data_dir, ssh_use_persistent=False))
    with pytest.raises(errors.CommandTimeout):
        ssh.run("sleep 76", timeout=1.5)
    assert wait_until(lambda: not device.user.processes("sleep 76"), 3)


@pytest.mark.parametrize("persistent", [True, False], ids=["persistent", "subprocess"])
def test_what_a_login_file_leaves_running_does_not_hide_that_it_was_stopped(
    door: Door, persistent: bool
) -> None:
    """It keeps the outputs of every channel open, the stop's too."""
    with throwaway_user(rc="sleep 60 &") as user, Sshd(user) as sshd:
        ssh = door(sshd, ssh_use_persistent=persistent)
        ssh.run("true")
        with pytest.raises(errors.CommandTimeout) as caught:
            ssh.run("sleep 79", timeout=1)
        assert caught.value.details["stopped"] is True
        assert not user.processes("sleep 79")


def test_a_device_with_room_for_one_session_is_served_and_stopped_too(user: User, door: Door) -> None:
    with Sshd(user, config="MaxSessions 1") as sshd:
        ssh = door(sshd)
        with pytest.raises(errors.CommandTimeout):
            ssh.run("sleep 77", timeout=1)
        assert wait_until(lambda: not user.processes("sleep 77"), 2)
        assert ssh.run("cat", stdin="in").stdout == "in"
        with ssh.stream("echo streamed") as running:
            assert list(running) == [("stdout", b"streamed\n")]
        terminal = ssh.open_terminal()
        terminal.close()
        assert ssh.run("echo end").stdout == "end\n"
        assert wait_until(lambda: len(sshd.session_pids()) <= 2)


@pytest.mark.parametrize("persistent", [True, False], ids=["persistent", "subprocess"])
@pytest.mark.parametrize("terminal", ["use_pty", "!use_pty"])
def test_what_sudo_keeps_running_is_not_told_as_stopped(door: Door, persistent: bool, terminal: str) -> None:
    """sudo gives its command a session and an environment of its own, and this one does not heed it."""
    with throwaway_user() as user, Sshd(user) as sshd:
        first, second = f"sleep 9.5{os.getpid()}", f"sleep 9.7{os.getpid()}"
        rule = Path(f"/etc/sudoers.d/{user.name}")
        rule.write_text(f"{user.name} ALL=(ALL) NOPASSWD: ALL\nDefaults:{user.name} {terminal}\n")
        rule.chmod(0o440)
        try:
            ssh = door(sshd, ssh_use_persistent=persistent)
            ssh.run("true")
            with pytest.raises(errors.CommandTimeout) as caught:
                ssh.run(f"sudo -n sh -c 'trap \"\" TERM HUP INT; {first}; {second}'", timeout=1)
            left = subprocess.run(["pgrep", "-f", second], capture_output=True, check=False).stdout
            # None: the look at the device did not end in time
            assert caught.value.details["stopped"] is not bool(left), caught.value
        finally:
            rule.unlink()
            subprocess.run(["pkill", "-KILL", "-f", f"{first}|{second}"], check=False)
