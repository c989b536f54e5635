"""The second path by itself: what marks it as broken and what does not, where its files lie, old programs,
odd greetings."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.conftest import once, wait_until
from tests.servers.greeter import Greeter
from tests.servers.servers import Sshd, User
from utils import errors, ssh_interface
from utils.link.request import Request

Door = Callable[..., ModuleType]
CHACHA = "Ciphers chacha20-poly1305@openssh.com"
SHA1 = "KexAlgorithms diffie-hellman-group14-sha1"


def _timed_out(ssh: ModuleType, user: User) -> None:
    with pytest.raises(errors.CommandTimeout):
        ssh.run("sleep 82", timeout=0.8)


def _cancelled(ssh: ModuleType, user: User) -> None:
    cancel = threading.Event()
    once(lambda: user.processes("sleep 82"), cancel.set)
    with pytest.raises(errors.Cancelled):
        ssh.run("sleep 82", cancel=cancel)


def _too_short(ssh: ModuleType, user: User) -> None:
    with pytest.raises(errors.CommandTimeout):
        ssh.run("sleep 82", timeout=0.001)


def _bad(ssh: ModuleType, user: User) -> None:
    with pytest.raises(errors.BadCommand):
        ssh.run("a\0b")


@pytest.mark.parametrize("ends", [_timed_out, _cancelled, _too_short, _bad])
@pytest.mark.parametrize("before", [0, 3])
def test_how_a_caller_ends_its_command_says_nothing_about_the_second_path(
    user: User, door: Door, ends: Callable[[ModuleType, User], None], before: int
) -> None:
    with Sshd(user, config=CHACHA) as server:
        ssh = door(server)
        for _ in range(before):
            ssh.run("true")
        for _ in range(4 - before // 2):
            ends(ssh, user)
            assert ssh.run("echo ok").stdout == "ok\n"
        assert wait_until(lambda: not user.processes("sleep 82"))


@pytest.mark.parametrize("ends", [_timed_out, _cancelled, _too_short, _bad])
def test_how_a_caller_ends_its_command_says_nothing_about_the_first_path(
    sshd: Sshd, door: Door, ends: Callable[[ModuleType, User], None]
) -> None:
    ssh = door(sshd)
    ssh.run("true")
    for _ in range(4):
        ends(ssh, sshd.user)
        assert ssh.run("echo ok").path == "persistent"
    now = ssh.status()
    assert (now.breaker_open, now.fallbacks, now.logins) == (False, 0, 1)


def test_a_short_deadline_on_a_slow_device_does_not_cost_the_link(sshd: Sshd, door: Door) -> None:
    """After a pause a link is asked before it is trusted; who waits too shortly for that learns nothing."""
    ssh = door(sshd)
    ssh.run("true")
    time.sleep(1.2)
    sshd.signal_sessions(signal.SIGSTOP)
    try:
        with pytest.raises(errors.CommandTimeout) as caught:
            ssh.run("echo x >>short", timeout=0.3)
        assert "Nothing was run" in str(caught.value)
    finally:
        sshd.signal_sessions(signal.SIGCONT)
    assert ssh.run("cat short 2>/dev/null; echo ok").stdout == "ok\n"
    assert (ssh.status().logins, ssh.status().fallbacks) == (1, 0)


def test_a_path_that_really_fails_is_left_alone(user: User, door: Door) -> None:
    with Sshd(user) as server:
        ssh = door(server)
        server.stop()
        for _ in range(3):
            with pytest.raises(errors.DeviceUnreachable):
                ssh.run("true")
        started = time.monotonic()
        with pytest.raises(errors.DeviceUnreachable):
            ssh.run("true")
        assert time.monotonic() - started < 1


# -- where its files lie -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "odd"), [(44, ""), (49, ""), (200, ""), (200, " "), (60, "%C"), (60, "\"' ")]
)
def test_it_works_whatever_tmpdir_is(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch, length: int, odd: str
) -> None:
    base = Path(tempfile.mkdtemp(dir="/tmp"))
    folder = Path(f"{base}/{odd}{'x' * (length - len(str(base)) - 1 - len(odd))}")
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    try:
        ssh = door(sshd, ssh_use_persistent=False)
        before = sshd.logins()
        assert [ssh.run("echo x").stdout for _ in range(3)] == ["x\n"] * 3
        assert sshd.logins() - before == 1  # one shared connection served them
        ssh.close()
        assert list(folder.iterdir()) == []
    finally:
        shutil.rmtree(base)
        tempfile.tempdir = None


def test_without_a_folder_for_its_socket_each_command_logs_in(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("utils.link.paths.subprocess.private._parents", lambda: iter([str(long)]))
    ssh = door(sshd, ssh_use_persistent=False)
    assert [ssh.run("echo x").stdout for _ in range(2)] == ["x\n"] * 2
    assert sshd.logins() >= 2


@pytest.mark.parametrize("name", ["with blank", "per%cent", "%h", "quo\"te's", "-key"])
def test_a_key_file_may_have_any_name(sshd: Sshd, door: Door, tmp_path: Path, name: str) -> None:
    key = tmp_path / name
    shutil.copy(sshd.user.key_file, key)
    key.chmod(0o600)
    ssh = door(sshd, ssh_use_persistent=False, ssh_password=None, ssh_key_file=key)
    assert ssh.run("echo in").stdout == "in\n"


# -- other programs and other greetings --------------------------------------------------------------


@pytest.fixture
def old_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `ssh` that answers as 8.2 does to what is newer than it."""
    real, folder = shutil.which("ssh"), tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(
        '#!/bin/sh\nfor word do case $word in -V) echo "OpenSSH_8.2p1, OpenSSL 1.1.1f" >&2; exit 0 ;; '
        "PubkeyAcceptedAlgorithms*|HostbasedAcceptedAlgorithms*|CASignatureAlgorithms=+*"
        "|RequiredRSASize*|KnownHostsCommand*|StdinNull*|SessionType*|ForkAfterAuthentication*) "
        'echo "command-line: line 0: Bad configuration option: '
        f'$(echo ${{word%%=*}} | tr A-Z a-z)" >&2; exit 255 ;; esac; done\nexec {real} "$@"\n'
    )
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.usefixtures("old_ssh")
@pytest.mark.parametrize("persistent", [True, False])
def test_an_ssh_of_before_8_5_reaches_a_device_of_sha1(user: User, door: Door, persistent: bool) -> None:
    with Sshd(user, config=SHA1) as server:
        ssh = door(server, ssh_allow_sha1=True, ssh_use_persistent=persistent)
        assert ssh.run("echo in").stdout == "in\n"


GREETINGS = {
    "latin1": "Willkommen auf dem Gerät für Prüfung\r\n".encode("latin-1") * 3,
    "120-lines": b"".join(b"line %d\r\n" % n for n in range(120)),
    "1000-lines": b"".join(b"line %d\n" % n for n in range(1000)),
    "one-line-of-8000": b"x" * 8000 + b"\r\n",
    "escape": b"\x1b]0;title\x07\x1b[2J\r\n",
}


@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in GREETINGS.items()])
@pytest.mark.parametrize("persistent", [True, False])
def test_whatever_is_said_before_the_greeting(sshd: Sshd, door: Door, words: bytes, persistent: bool) -> None:
    with Greeter(sshd, words) as greeter:
        ssh = door(greeter, ssh_use_persistent=persistent)
        assert ssh.run("echo in").path == ("persistent" if persistent else "subprocess")


def test_nuls_before_the_greeting_are_no_reason_to_stay_out(sshd: Sshd, door: Door) -> None:
    """OpenSSH's own client gives up there, so the persistent path must not."""
    with Greeter(sshd, b"boot\0\0\0noise\r\n") as greeter:
        assert door(greeter).run("echo in").path == "persistent"


def test_a_flood_before_the_greeting_has_an_end(sshd: Sshd, door: Door) -> None:
    """No SSH server: it is said at once, and nothing piles up."""
    with Greeter(sshd, b"x" * (1 << 20)) as greeter, pytest.raises(errors.NotSsh):
        door(greeter).run("true")


def test_the_first_lines_are_kept_and_can_be_shown(user: User, door: Door) -> None:
    with (
        Sshd(user) as server,
        Greeter(server, "Gr\xfc".encode() + b"\xdfe \x1b[31m\r\nzwei\r\n" + b"x\r\n" * 50) as greeter,
    ):
        door(greeter).run("true")
        transport = ssh_interface._the_door().link._connection.transport
        assert transport.said == ["Grü\ufffde [31m", "zwei", "x", "x", "x"]


def test_what_waits_for_a_target_that_was_left_is_not_run_there(user: User, door: Door) -> None:
    """Nor does it log in once more, which would leave a connection and a folder behind."""
    with Sshd(user) as server, Sshd(user) as other:
        ssh = door(server, ssh_use_persistent=False)
        left = ssh_interface._the_door().openssh
        answers = ssh.run_many([Request(f"echo {n} >>ran; sleep 0.3", timeout=20) for n in range(6)])
        next(answers)
        door(other, ssh_use_persistent=False)
        assert isinstance([outcome for _, outcome in answers][-1], errors.LinkLost)
        assert len((user.home / "ran").read_text().split()) <= 2
        assert left._folder is None
        assert server.logins() == 1
