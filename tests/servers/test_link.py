"""Connecting, losing, finding again: one login, a watched link, no second execution."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.conftest import once, v3_threads, wait_until
from tests.servers.servers import Server, Sshd, User, throwaway_user
from utils import errors
from utils.link.lanes import lanes
from utils.link.transport.transport import discard
from utils.model.results import LinkState

Door = Callable[..., ModuleType]


def test_importing_and_configuring_connect_to_nothing(sshd: Sshd, door: Door) -> None:
    before = sshd.said()  # whoever waited for it to listen is in it
    ssh = door(sshd)
    assert ssh.status().state is LinkState.IDLE
    time.sleep(0.3)
    assert sshd.said() == before


def test_thirty_two_threads_cause_one_login(server: Server, door: Door) -> None:
    ssh = door(server)
    with ThreadPoolExecutor(32) as pool:
        outputs = list(pool.map(lambda n: ssh.run(f"echo {n}").stdout, range(320)))
    assert outputs == [f"{n}\n" for n in range(320)]
    assert (ssh.status().logins, server.logins()) == (1, 1)


def test_twenty_at_once_fit_where_the_device_allows_two_sessions(user: User, door: Door) -> None:
    with Sshd(user, config="MaxSessions 2") as sshd, ThreadPoolExecutor(20) as pool:
        ssh = door(sshd)
        outputs = list(pool.map(lambda n: ssh.run(f"sleep 0.05; echo {n}").stdout, range(40)))
    assert outputs == [f"{n}\n" for n in range(40)]


def test_the_link_comes_back_by_itself_after_the_server_was_killed(server: Server, door: Door) -> None:
    ssh = door(server)
    ssh.run("true")
    server.stop()
    assert wait_until(lambda: ssh.status().state is LinkState.LOST, 3)
    assert ssh.status().error["code"] == "link-lost"
    with pytest.raises(errors.DeviceUnreachable):
        ssh.run("true", timeout=5)
    server.start()
    ssh.reset()
    assert ssh.run("echo back").stdout == "back\n"
    assert ssh.status().reconnects == 1


def test_a_page_that_is_open_reconnects_in_the_background(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    with ssh.keep_connected():
        assert wait_until(lambda: ssh.status().state is LinkState.CONNECTED)
        sshd.stop()
        assert wait_until(lambda: ssh.status().state is not LinkState.CONNECTED, 10)
        sshd.start()
        assert wait_until(lambda: ssh.status().state is LinkState.CONNECTED, 15)


def test_a_page_that_is_open_follows_to_another_target(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_password="wrong-one")
    with ssh.keep_connected():
        assert wait_until(lambda: ssh.status().state is LinkState.BLOCKED)
        ssh.set_credentials(password=sshd.user.password)
        assert wait_until(lambda: ssh.status().state is LinkState.CONNECTED)


def test_a_session_killed_while_idle_costs_the_next_command_nothing(server: Server, door: Door) -> None:
    ssh = door(server)
    ssh.run("true")
    server.signal_sessions(signal.SIGKILL)
    time.sleep(0.6)
    assert ssh.run("echo again").stdout == "again\n"


def test_what_was_sent_before_the_link_broke_is_not_repeated(server: Server, door: Door) -> None:
    ssh = door(server)
    ssh.run("rm -f count")
    once((server.user.home / "count").exists, lambda: server.signal_sessions(signal.SIGKILL))
    with pytest.raises(errors.OutcomeUnknown):
        ssh.run("echo x >>count; sleep 2; echo end", timeout=10)
    assert ssh.run("wc -l <count").stdout.strip() == "1"


def test_a_read_that_was_sent_before_the_link_broke_is_asked_again(server: Server, door: Door) -> None:
    ssh = door(server)
    ssh.run("rm -f count")
    once((server.user.home / "count").exists, lambda: server.signal_sessions(signal.SIGKILL))
    result = ssh.run("echo x >>count; sleep 1; wc -l <count", timeout=15, effect="read")
    assert (result.stdout.strip(), result.attempts) == ("2", 2)


def test_a_frozen_server_is_noticed_within_ten_seconds_when_idle(server: Server, door: Door) -> None:
    ssh = door(server)
    ssh.run("true")
    started = time.monotonic()
    server.signal_sessions(signal.SIGSTOP)
    try:
        assert wait_until(lambda: ssh.status().state is LinkState.LOST, 10), "not noticed"
        assert time.monotonic() - started < 10
    finally:
        server.signal_sessions(signal.SIGCONT)


def test_a_call_ends_by_its_deadline_though_the_server_is_frozen(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    ssh.run("true")
    sshd.signal_sessions(signal.SIGSTOP)
    started = time.monotonic()
    try:
        with pytest.raises((errors.OutcomeUnknown, errors.CommandTimeout)):
            ssh.run("true", timeout=2)
        assert time.monotonic() - started < 9
    finally:
        sshd.signal_sessions(signal.SIGCONT)


@pytest.mark.parametrize("stdin", [None, "x"], ids=["lane", "channel"])
def test_what_is_cancelled_as_the_device_answers_does_not_leave(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch, stdin: str | None
) -> None:
    ssh, cancel = door(sshd), threading.Event()
    ssh.run("rm -f count")

    def then_cancelled(answers: Callable[..., object]) -> Callable[..., object]:
        def both(*given: object) -> object:
            told = answers(*given)
            cancel.set()
            return told

        return both

    monkeypatch.setattr(lanes, "prove", then_cancelled(lanes.prove))
    monkeypatch.setattr(lanes.Lane, "_prove_life", then_cancelled(lanes.Lane._prove_life))
    with pytest.raises(errors.Cancelled) as caught:
        ssh.run("echo x >>count", stdin=stdin, cancel=cancel)
    assert caught.value.details["stopped"] is True
    assert ssh.run("cat count 2>/dev/null; true").stdout == ""


def test_a_dying_connection_does_not_pass_for_a_refused_command(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """paramiko closes the channels before it says that the connection is dead."""
    monkeypatch.setattr(
        lanes, "PROOF_AFTER_S", 60
    )  # a proof that fails lets the command run, once, elsewhere
    ssh = door(sshd)
    ssh.run("true")
    connection = ssh._the_door().link._connection
    assert wait_until(connection._idle[0].reusable, 5)  # the last word of the first command may be on its way
    sshd.signal_sessions(signal.SIGSTOP)  # so that the command is sent, and never begins
    lane = connection._idle[0]._pipe.channel
    before, died = lane.out_window_size, threading.Event()

    def die() -> None:
        assert wait_until(lambda: lane.out_window_size < before, 5)  # only the command takes of it
        died.set()
        for channel in list(connection.transport._channels.values()):
            channel._unlink()
        time.sleep(0.5)
        discard(connection.transport)

    threading.Thread(target=die).start()
    try:
        with pytest.raises(errors.OutcomeUnknown):
            ssh.run("true", timeout=10)
    finally:
        sshd.signal_sessions(signal.SIGCONT)
    assert died.is_set()


def test_lost_connections_leave_no_open_file(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    ssh.run("true")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        ssh.reset()
        ssh.run("true")
    assert wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before, 3)


@pytest.mark.parametrize("password", ["plain", "with 'quotes\" and spaces", "$HOME `id` \\ %s", "ünïcödé"])
def test_a_password_may_hold_anything(door: Door, password: str) -> None:
    with throwaway_user(password=password) as user, Sshd(user) as sshd:
        ssh = door(sshd)
        assert ssh.run("echo in").stdout == "in\n"
        ssh.configure(sshd.settings(ssh._the_door().settings.v3_data_dir, ssh_use_persistent=False))
        result = ssh.run("echo in")
        assert (result.stdout, result.path) == ("in\n", "subprocess")


def test_a_key_file_logs_in_without_a_password(server: Server, door: Door) -> None:
    ssh = door(server, ssh_password=None, ssh_key_file=server.user.key_file)
    assert ssh.run("echo by key").stdout == "by key\n"


def test_the_agent_is_used_only_when_asked_for(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    variables = dict(
        part.split("=", 1) for line in agent.splitlines() for part in line.split(";")[:1] if "=" in part
    )
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", variables["SSH_AUTH_SOCK"])
        subprocess.run(["ssh-add", "-q", str(sshd.user.key_file)], check=True, capture_output=True)
        with pytest.raises(errors.NoCredentials):
            door(sshd, ssh_password=None).run("true")
        assert door(sshd, ssh_password=None, ssh_use_agent=True).run("echo agent").stdout == "agent\n"
    finally:
        os.kill(int(variables["SSH_AGENT_PID"]), signal.SIGTERM)


def test_a_wrong_password_is_tried_once_and_never_again_by_itself(server: Server, door: Door) -> None:
    ssh = door(server, ssh_password="wrong-one")
    with ThreadPoolExecutor(8) as pool:
        for attempt in [pool.submit(ssh.run, "true") for _ in range(8)]:
            assert isinstance(attempt.exception(), errors.AuthenticationFailed)
    assert ssh.status().state is LinkState.BLOCKED
    ssh.reset()
    with pytest.raises(errors.AuthenticationFailed, match=r"20 s|not tried again"):
        ssh.run("true")
    assert wait_until(lambda: server.refused() == 1)
    ssh.set_credentials(password=server.user.password)
    assert ssh.run("echo in").stdout == "in\n"


def test_no_credentials_is_said_at_once(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_password=None)
    with pytest.raises(errors.NoCredentials):
        ssh.run("true")


def test_a_fork_builds_its_own_link_and_leaves_the_parents_alone(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    ssh.run("true")
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if ssh.run("echo child").stdout == "child\n" else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ssh.run("echo parent").stdout == "parent\n"
    assert ssh.status().logins == 1
    assert sshd.logins() == 2


@pytest.mark.parametrize(
    ("rc", "says"),
    [("exit 0", "ended before"), ("echo hello from rc; echo oops >&2; exit 5", "hello from rc")],
)
def test_login_files_that_exit_never_look_like_success(door: Door, rc: str, says: str) -> None:
    expected = pytest.raises(errors.ShellUnusable, match=says)
    with throwaway_user(rc=rc) as user, Sshd(user) as sshd, expected:
        door(sshd).run("echo never", timeout=10)


def test_login_files_that_print_do_not_show_in_results(door: Door) -> None:
    with throwaway_user(rc="echo welcome; printf 'no newline'; echo warning >&2") as user, Sshd(user) as sshd:
        ssh = door(sshd)
        result = ssh.run("echo clean; echo err >&2")
        assert (result.stdout, result.stderr) == ("clean\n", "err\n")
        assert ssh.run("cat", stdin=b"stdin").stdout == "stdin"


def test_a_shell_that_holds_no_lane_gets_one_channel_a_command(door: Door) -> None:
    no_lane = 'case "$BASH_EXECUTION_STRING" in *v3-lane*) exit 1;; esac'
    with throwaway_user(rc=no_lane) as user, Sshd(user) as sshd:
        ssh = door(sshd)
        result = ssh.run("echo out; echo err >&2; exit 3")
        assert (result.stdout, result.stderr, result.exit_status) == ("out\n", "err\n", 3)
        assert ssh.status().mode == "channels"
        answers = [
            a.stdout for _, a in ssh.run_many([ssh.Request(f"echo {n}", effect="read") for n in range(5)])
        ]
        assert sorted(answers) == [f"{n}\n" for n in range(5)]


def test_an_idle_link_keeps_nothing_of_its_handshake(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    ssh.run("true")
    transport = ssh.door.reach.link.connection.transport
    assert transport.serving.is_set()
    assert (transport.offered, transport.when_serving) == ({}, [])


def test_closing_leaves_no_thread_behind(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    ssh.run("true")
    ssh.close()
    assert wait_until(lambda: not v3_threads(), 4), v3_threads()


def test_importing_the_door_is_silent_in_a_fresh_interpreter(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "socket.socket.connect = lambda *a: (_ for _ in ()).throw(SystemExit('connected'))\n"
        "from utils import ssh_interface\n"
        "print(ssh_interface.USE_PERSISTENT, callable(ssh_interface._persistent_ssh_command))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2], env={**os.environ, "V3_DATA_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("True True\n", 0), done.stderr
