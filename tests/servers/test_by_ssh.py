"""Devices that only the system's ssh can talk to: everything works there too, bound to the device and
proven, and the link says by which way."""

from __future__ import annotations

import contextlib
import resource
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.servers.conftest import once, v3_threads, wait_until
from tests.servers.servers import Server, Sshd, TinySsh, User
from tests.waiting import busy
from utils import errors
from utils.model.results import LinkState, RungState

Door = Callable[..., ModuleType]
KINDS = {
    "chacha20": "Ciphers chacha20-poly1305@openssh.com",
    "sntrup": "KexAlgorithms sntrup761x25519-sha512@openssh.com",
    "umac": "MACs umac-64@openssh.com",
    "sha1": "KexAlgorithms diffie-hellman-group14-sha1",
    "tinyssh": "",
}
CHACHA = KINDS["chacha20"]
DIFFERENT = ["chacha20", "sha1", "tinyssh"]
"""Of connected ones: there umac and sntrup are to this program what chacha20 is."""
of_different_kinds = pytest.mark.parametrize("odd", DIFFERENT, indirect=True)


def made(kind: str, user: User) -> Server:
    if kind != "tinyssh":
        return Sshd(user, config=KINDS[kind])
    if not shutil.which("tinysshd") and not Path("/usr/sbin/tinysshd").exists():
        pytest.skip("needs tinysshd and ucspi-tcp (make deps)")
    return TinySsh(user)


@pytest.fixture(params=KINDS)
def odd(request: pytest.FixtureRequest, user: User) -> Iterator[Server]:
    """Each kind of server that the persistent path cannot talk to."""
    with made(request.param, user) as server:
        yield server


@pytest.fixture
def chacha(user: User) -> Iterator[Sshd]:
    with Sshd(user, config=CHACHA) as server:
        yield server


@pytest.fixture
def by_ssh(door: Door) -> Callable[..., ModuleType]:
    def point(server: Server, **changes: Any) -> ModuleType:
        return door(server, ssh_allow_sha1="sha1" in getattr(server, "config", ""), **changes)

    return point


class Screen:
    """What a terminal showed."""

    def __init__(self, terminal: Any) -> None:
        self.terminal, self.text = terminal, b""

    def shows(self, words: bytes, seconds: float = 10.0) -> bool:
        until = time.monotonic() + seconds * busy()
        while words not in self.text and time.monotonic() < until:
            data = self.terminal.recv(0.1)
            if data is None:
                break
            self.text += data
        return words in self.text

    def type(self, keys: bytes, then: bytes) -> None:
        self.text = b""
        self.terminal.send(keys)
        assert self.shows(then), self.text


# -- commands ------------------------------------------------------------------------------------


def test_commands_run_and_the_status_says_by_which_way(odd: Server, by_ssh: Door) -> None:
    ssh = by_ssh(odd)
    assert [ssh.run(f"echo {n} | cat; exit 3", stdin="x").exit_status for n in range(4)] == [3] * 4
    now = ssh.status()
    assert (now.state, now.path, now.mode, now.error) == (LinkState.CONNECTED, "subprocess", "ssh", None)
    assert now.device.boot_id
    assert "offers" in now.because
    assert not now.breaker_open
    assert now.fallbacks == 1


def test_the_persistent_path_is_not_tried_for_each_command(chacha: Sshd, door: Door) -> None:
    ssh = door(chacha)
    for _ in range(6):
        ssh.run("true")
    assert chacha.said().count("no matching cipher") == 1
    assert chacha.logins() == 1
    ssh.reset()  # a person wants to try again
    ssh.run("true")
    assert chacha.said().count("no matching cipher") == 2


def test_a_board_that_both_can_talk_to_gets_the_persistent_path_again(user: User, door: Door) -> None:
    with Sshd(user, config=CHACHA) as server:
        ssh = door(server)
        ssh.run("true")
        server.stop()
        server.config = ""
        server.start()
        assert wait_until(lambda: ssh.status().state is not LinkState.CONNECTED, 10)
        assert ssh.run("echo x").path == "persistent"
        assert ssh.status().mode == "lanes"


def test_work_for_one_device_is_not_done_on_another(chacha: Sshd, door: Door) -> None:
    ssh = door(chacha)
    ssh.run("rm -f other")
    first = ssh._the_door().current_device()
    chacha.stop()
    chacha.new_host_key()
    chacha.start()
    with pytest.raises(errors.DeviceChanged):
        ssh.door.ask(ssh.Request("echo x >>other", device=first))
    assert ssh._the_door().current_device() != first, "no further work is bound to the board that left"
    with pytest.raises(errors.DeviceChanged), ssh.stream("echo x >>other", device=first) as running:
        list(running)
    with pytest.raises(errors.DeviceChanged):
        ssh.open_terminal(device=first)
    assert ssh.run("cat other 2>/dev/null; true").stdout == ""
    assert ssh._the_door().current_device() != first


def test_a_clone_with_the_same_key_is_told_by_its_serial_number(
    chacha: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = door(chacha)
    ssh.run("rm -f clone")
    key = ssh._the_door().current_device().split()[0]
    for use in (
        lambda: ssh.door.ask(ssh.Request("echo x >>clone", device=f"{key} 1421425000001")),
        lambda: ssh.open_terminal(device=f"{key} 1421425000001"),
        lambda: ssh.stream("echo x >>clone", device=f"{key} 1421425000001").__enter__(),
    ):
        with pytest.raises(errors.DeviceChanged):
            use()
    assert ssh.run("cat clone 2>/dev/null; true").stdout == ""


def test_a_wrong_password_is_tried_once_and_blocks(chacha: Sshd, door: Door) -> None:
    ssh = door(chacha, ssh_password="wrong")
    with ssh.keep_connected():
        for _ in range(3):
            with pytest.raises(errors.AuthenticationFailed):
                ssh.run("true")
        assert wait_until(lambda: ssh.status().state is LinkState.BLOCKED)
        time.sleep(1.5)
        assert chacha.refused() == 1
        assert ssh.status().error["code"] == "auth-failed"


def test_a_key_nobody_trusts_gets_no_login(chacha: Sshd, door: Door) -> None:
    ssh = door(chacha, ssh_host_keys="ask")
    with pytest.raises(errors.HostKeyUnknown) as caught:
        ssh.run("true")
    with pytest.raises(errors.HostKeyUnknown), ssh.stream("true"):
        pass
    assert (chacha.logins(), chacha.refused()) == (0, 0)
    ssh.trust(str(caught.value.details["fingerprint"]))
    assert ssh.run("echo in").stdout == "in\n"


def test_without_an_ssh_program_the_error_says_what_to_install(
    chacha: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(errors.Incompatible) as caught:
        door(chacha).run("true")
    assert "chacha20-poly1305@openssh.com" in str(caught.value)
    assert "OpenSSH" in caught.value.hint


# -- while somebody looks ------------------------------------------------------------------------------


def _answers(ssh: ModuleType) -> bool:
    """Whether a command runs: one that comes in the midst of a look hears what that look found."""
    with contextlib.suppress(errors.DeviceUnreachable):
        return bool(ssh.status().mode == "ssh" and ssh.run("echo back").stdout == "back\n")
    return False


def test_a_page_that_looks_is_connected_without_any_command(odd: Server, by_ssh: Door) -> None:
    ssh = by_ssh(odd)
    with ssh.keep_connected():
        assert wait_until(lambda: ssh.status().mode == "ssh", 15)
        odd.stop()
        odd.user.power_off()
        with pytest.raises(errors.LinkError):
            ssh.run("true", timeout=5)
        assert wait_until(lambda: ssh.status().state in (LinkState.LOST, LinkState.CONNECTING), 10)
        odd.start()
        assert wait_until(lambda: _answers(ssh), 40)
    ssh.close()
    assert wait_until(lambda: not v3_threads(), 30)  # a look that is under way has a bound


def test_a_connection_that_nobody_used_has_rested_and_is_not_lost(
    chacha: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("HOLD_S", 2), ("_NEARLY_S", 1.0), ("_AT_ONCE_S", 0.1)):
        monkeypatch.setattr(f"utils.link.paths.subprocess.standing.{name}", value)
    monkeypatch.setattr("utils.link.paths.subprocess.arguments.HOLD_S", 2)
    ssh = door(chacha)
    ssh.run("true")
    assert wait_until(lambda: ssh.status().state is LinkState.IDLE, 10)
    assert ssh.status().error is None
    assert ssh.run("echo again").stdout == "again\n"


# -- streams -----------------------------------------------------------------------------------------


@of_different_kinds
def test_a_stream_comes_as_it_is_written_and_is_stopped(odd: Server, by_ssh: Door) -> None:
    ssh = by_ssh(odd)
    began = time.monotonic()
    with ssh.stream("echo e >&2; while :; do date +%s.%N; sleep 0.2; done; sleep 83") as running:
        out = err = 0
        for name, data in running:
            out, err = out + (name == "stdout"), err + data.count(b"e\n") * (name == "stderr")
            if out >= 5:
                break
        assert err == 1
        assert running.device == ssh._the_door().current_device()
        assert running.stop()
    assert time.monotonic() - began < 15
    assert wait_until(lambda: not odd.user.processes("sleep 83") and not odd.user.processes("date +%s"))


@of_different_kinds
def test_a_stream_ends_with_its_command(odd: Server, by_ssh: Door) -> None:
    with by_ssh(odd).stream("cat; echo last >&2; exit 4", stdin=b"in" * 100_000) as running:
        pieces = list(running)
    assert b"".join(data for name, data in pieces if name == "stdout") == b"in" * 100_000
    assert b"".join(data for name, data in pieces if name == "stderr") == b"last\n"
    assert running.exit_status == 4


def test_leaving_or_cancelling_a_stream_leaves_nothing_running(chacha: Sshd, door: Door) -> None:
    ssh = door(chacha)
    with ssh.stream("sleep 84"):
        assert wait_until(lambda: chacha.user.processes("sleep 84"))
    assert wait_until(lambda: not chacha.user.processes("sleep 84"))
    cancel = threading.Event()
    once(lambda: chacha.user.processes("sleep 84"), cancel.set)
    with pytest.raises(errors.Cancelled), ssh.stream("sleep 84", cancel=cancel) as running:
        list(running)
    assert wait_until(lambda: not chacha.user.processes("sleep 84"))


def test_what_nobody_reads_stays_on_the_device(chacha: Sshd, door: Door) -> None:
    ssh = door(chacha)
    ssh.run("true")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with ssh.stream("cat /dev/zero") as running:
        next(iter(running))
        time.sleep(3)
        assert ssh.run("echo beside").stdout == "beside\n"
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 32 << 10  # in KiB
        flows = iter(running)
        assert sum(len(next(flows)[1]) for _ in range(200)) > 1 << 20
    assert wait_until(lambda: not chacha.user.processes("cat /dev/zero"))


@of_different_kinds
def test_a_stream_whose_device_is_gone_says_so(odd: Server, by_ssh: Door) -> None:
    ssh = by_ssh(odd)
    with ssh.stream("while :; do echo x; sleep 0.1; done") as running:
        next(iter(running))
        odd.stop()
        with pytest.raises(errors.OutcomeUnknown):
            list(running)
    assert wait_until(lambda: ssh.status().state is not LinkState.CONNECTED, 10)


# -- terminals -----------------------------------------------------------------------------------------


@of_different_kinds
def test_a_terminal_types_resizes_interrupts_and_ends(odd: Server, by_ssh: Door) -> None:
    ssh = by_ssh(odd)
    terminal = ssh.open_terminal(93, 31)
    screen = Screen(terminal)
    assert screen.shows(b"$ ")
    screen.type(b"stty size; tty\r", b"31 93\r\n")
    assert screen.shows(b"/dev/pts/")
    terminal.resize(101, 37)
    time.sleep(0.3)
    screen.type(b"stty size\r", b"37 101\r\n")
    screen.type("echo 'ä€\\x00'\r".encode(), "ä€".encode())
    terminal.send(b"sleep 85\r")
    assert wait_until(lambda: odd.user.processes("sleep 85"))
    screen.type(b"\x03", b"$ ")
    screen.type(b"echo $?; echo $TERM $0\r", b"130\r\nxterm-256color")
    terminal.send(b"exit 7\r")
    assert not screen.shows(b"never printed", 5)
    assert not terminal.link_lost
    assert terminal.exit_status == 7
    assert terminal.device_key == ssh._the_door().current_device()
    terminal.close()


@of_different_kinds
def test_hanging_up_leaves_nothing_running(odd: Server, by_ssh: Door) -> None:
    terminal = by_ssh(odd).open_terminal()
    screen = Screen(terminal)
    assert screen.shows(b"$ ")
    terminal.send(b"sleep 86 & sleep 86\r")
    assert wait_until(lambda: len(odd.user.processes("sleep 86")) == 2)
    terminal.close()
    assert terminal.closed
    assert wait_until(lambda: not odd.user.processes("sleep 86"))
    with pytest.raises(errors.LinkLost):
        terminal.send(b"x")
    assert terminal.recv(0.1) is None


@of_different_kinds
def test_a_terminal_that_loses_its_device_says_that_it_was_the_link(odd: Server, by_ssh: Door) -> None:
    terminal = by_ssh(odd).open_terminal()
    screen = Screen(terminal)
    assert screen.shows(b"$ ")
    odd.stop()
    assert not screen.shows(b"never printed", 10)
    assert terminal.link_lost
    terminal.close()


def test_a_flood_does_not_outrun_who_reads_and_every_byte_goes_through(chacha: Sshd, door: Door) -> None:
    terminal = door(chacha).open_terminal()
    screen = Screen(terminal)
    assert screen.shows(b"$ ")
    data = b"".join(b"%06d\n" % n for n in range(3000))
    screen.type(b"stty -echo; head -c 21000 >got\r", b"\n")
    time.sleep(0.5)
    terminal.send(data[:21000])
    assert wait_until(lambda: (chacha.user.home / "got").read_bytes() == data[:21000])
    terminal.send(b"seq 200000; echo do''ne\r")
    time.sleep(1)
    assert screen.shows(b"200000\r\ndone", 20)
    terminal.close()


@pytest.mark.parametrize("limit", ["PermitTTY no", "ForceCommand /bin/echo no shells here"])
def test_no_terminal_to_be_had_says_why(user: User, door: Door, limit: str) -> None:
    with Sshd(user, config=f"{CHACHA}\n{limit}") as server:
        ssh = door(server)
        with pytest.raises(errors.ShellUnusable) as caught:
            ssh.open_terminal()
        assert "terminal" in str(caught.value) or "no shells here" in str(caught.value)
        ssh.close()
        assert wait_until(lambda: not v3_threads())


# -- the ladder ----------------------------------------------------------------------------------------


def test_the_ladder_is_green_with_a_note(odd: Server, by_ssh: Door) -> None:
    ssh = by_ssh(odd)
    for _ in range(2):  # once on its own, once with the connection there
        rungs = {rung.id: rung for rung in ssh.ladder()}
        note = rungs["key-exchange"]
        assert note.state is RungState.NOTE
        assert "system's ssh" in note.seen
        assert "outdated" not in note.seen or "sha1" in note.seen
        states = {name: rungs[name].state for name in ("host-key", "login", "shell", "identity", "clock")}
        assert set(states.values()) == {RungState.OK}, states
        assert RungState.BROKEN not in {rung.state for rung in rungs.values()}
    assert "SHA256:" in rungs["host-key"].seen


def test_the_ladder_stops_where_the_second_path_stops(chacha: Sshd, door: Door) -> None:
    rungs = {rung.id: rung for rung in door(chacha, ssh_password="wrong").ladder()}
    assert rungs["key-exchange"].state is RungState.NOTE
    assert rungs["login"].state is RungState.BROKEN
    assert chacha.refused() == 1
