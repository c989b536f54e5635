"""The subprocess path: when it answers, when it must not, and that it tells nothing."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.conftest import wait_until
from tests.servers.servers import Server, Sshd, User
from utils import errors
from utils.link.request import Request
from utils.model.results import LinkState

Door = Callable[..., ModuleType]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[ModuleType, Exception], list[int]]:
    """broken(door, exc): the persistent path raises this before anything is sent; counts its calls."""

    def replace(ssh: ModuleType, exc: Exception) -> list[int]:
        calls: list[int] = []

        def fail(_request: Request) -> None:
            calls.append(1)
            raise exc

        monkeypatch.setattr(ssh, "_persistent_ssh_command", fail)
        return calls

    return replace


def test_any_failure_before_sending_is_answered_by_the_other_path(server: Server, door: Door, broken) -> None:
    ssh = door(server)
    ssh.run("true")
    broken(ssh, RuntimeError("boom"))
    result = ssh.run("echo out; echo err >&2; exit 6")
    assert (result.stdout, result.stderr, result.exit_status, result.path) == (
        "out\n",
        "err\n",
        6,
        "subprocess",
    )
    assert ssh.status().fallbacks == 1


def test_who_looks_is_kept_connected_by_the_one_path_that_is_open(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_use_persistent=False)
    with ssh.keep_connected():
        assert wait_until(lambda: ssh.status().state is LinkState.CONNECTED)
        assert ssh.run("echo x").path == "subprocess"
        assert (ssh.status().mode, ssh._the_door().link.logins, sshd.logins()) == ("ssh", 0, 1)


def test_the_second_path_goes_on_when_its_folder_was_cleaned_away(sshd: Sshd, door: Door) -> None:
    """The system does that after days; a reset does it under whatever is being done there."""
    ssh = door(sshd, ssh_use_persistent=False)
    with ssh.keep_connected():
        assert wait_until(lambda: ssh.status().state is LinkState.CONNECTED)
        for again in (lambda: None, ssh.reset):
            shutil.rmtree(ssh._the_door().openssh._folder.path)
            again()
            assert ssh.run("echo x", timeout=20).stdout == "x\n"
            assert wait_until(lambda: ssh.status().state is LinkState.CONNECTED, 20)


def test_no_persistent_path_at_all_is_a_failure_like_any_other(sshd: Sshd, door: Door, monkeypatch) -> None:
    ssh = door(sshd)
    ssh.run("true")
    monkeypatch.setattr(ssh, "_persistent_ssh_command", None)
    assert ssh.run("echo x").path == "subprocess"


def test_the_other_path_is_exact_too(server: Server, door: Door) -> None:
    ssh = door(server, ssh_use_persistent=False)
    data = bytes(range(256)) * 2000
    echoed = ssh.run("cat; exit 255", stdin=data)
    assert (echoed.stdout_bytes, echoed.exit_status, echoed.path) == (data, 255, "subprocess")
    both = ssh.run("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2")
    assert (len(both.stdout_bytes), len(both.stderr_bytes)) == (3_000_000, 3_000_000)
    capped = ssh.run("cat /dev/zero", max_output_bytes=1000, timeout=30)
    assert (len(capped.stdout_bytes), capped.truncated) == (1000, True)
    assert wait_until(lambda: not server.user.processes("cat /dev/zero"))


@pytest.mark.parametrize(
    "exc",
    [
        errors.HostKeyChanged(), errors.HostKeyUnknown(), errors.AuthenticationFailed(), errors.Cancelled(),
        errors.CommandTimeout(), errors.BadCommand(), errors.DeviceChanged(), errors.NotSsh(),
        errors.LoginTimeout(), errors.NoCredentials(),
    ],
    ids=lambda exc: exc.code,
)  # fmt: skip
def test_an_answer_is_no_failure_and_never_falls_back(sshd: Sshd, door: Door, broken, exc: Exception) -> None:
    ssh = door(sshd)
    broken(ssh, exc)
    with pytest.raises(type(exc)):
        ssh.run("true")
    assert sshd.logins() == 0


def test_what_was_sent_is_repeated_only_if_it_is_a_read(sshd: Sshd, door: Door, monkeypatch) -> None:
    ssh = door(sshd)
    ssh.run("rm -f count")

    def lost(request: Request) -> None:
        request.sent = True
        raise errors.OutcomeUnknown

    monkeypatch.setattr(ssh, "_persistent_ssh_command", lost)
    for effect in ("unsafe", "idempotent"):
        with pytest.raises(errors.OutcomeUnknown):
            ssh.run("echo x >>count", effect=effect)
    assert ssh.run("cat count 2>/dev/null; true", effect="read").stdout == ""


def test_both_paths_share_one_deadline(user: User, door: Door, broken) -> None:
    with Sshd(user) as sshd:
        ssh = door(sshd, ssh_use_persistent=True)
        ssh.run("true")
        broken(ssh, RuntimeError("slow"))
        started = time.monotonic()
        with pytest.raises(errors.CommandTimeout):
            ssh.run("sleep 81", timeout=1.5)
        assert time.monotonic() - started < 4
        assert wait_until(lambda: not user.processes("sleep 81"))


def test_a_breaker_stops_asking_a_path_that_keeps_failing(sshd: Sshd, door: Door, broken) -> None:
    ssh = door(sshd)
    ssh.run("true")
    calls = broken(ssh, RuntimeError("boom"))
    results = [ssh.run("echo x", effect="read") for _ in range(6)]
    assert {result.path for result in results} == {"subprocess"}
    assert len(calls) == 3
    assert ssh.status().breaker_open
    ssh.reset()
    assert not ssh.status().breaker_open


def test_an_open_breaker_answers_at_once_with_the_last_cause(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    ssh.run("true")
    sshd.stop()
    assert wait_until(lambda: ssh.status().state == "lost", 3)  # what is sent before may have run: no failure
    for _ in range(3):
        with pytest.raises(errors.LinkError):
            ssh.run("true", timeout=5)
    started = time.monotonic()
    with pytest.raises(errors.LinkError):
        ssh.run("true", timeout=5)
    assert time.monotonic() - started < 1
    sshd.start()
    assert wait_until(lambda: not ssh.status().breaker_open and ssh.status().state == "connected", 12)
    assert ssh.run("echo mended").path == "persistent"


def test_a_refused_password_is_not_tried_again_by_the_other_path(sshd: Sshd, door: Door, broken) -> None:
    ssh = door(sshd)
    ssh.run("true")
    ssh.set_credentials(password="another wrong one")
    broken(ssh, RuntimeError("boom"))
    with pytest.raises(errors.AuthenticationFailed):
        ssh.run("true")
    with pytest.raises(errors.AuthenticationFailed):
        ssh.run("true")
    assert sshd.refused() == 1


def test_a_key_nobody_trusted_gets_no_password(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_use_persistent=False, ssh_host_keys="ask")
    with pytest.raises(errors.HostKeyUnknown) as caught:
        ssh.run("true")
    assert str(caught.value.details["fingerprint"]).startswith("SHA256:")
    assert (sshd.logins(), sshd.refused()) == (0, 0)


def test_another_key_than_the_trusted_one_gets_no_password(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd)
    ssh.run("true")
    sshd.stop()
    sshd.new_host_key()
    sshd.start()
    data_dir = ssh._the_door().settings.v3_data_dir
    ssh.configure(sshd.settings(data_dir, ssh_use_persistent=False, ssh_host_keys="ask"))
    logins = sshd.logins()
    with pytest.raises(errors.HostKeyUnknown) as caught:
        ssh.run("true")
    assert sshd.logins() == logins
    ssh.trust(str(caught.value.details["fingerprint"]))  # a person may decide, as on the other path
    assert ssh.run("echo in").stdout == "in\n"


def _proc_texts(stop: threading.Event, found: list[str], secret: bytes) -> None:
    while not stop.is_set():
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            for name in ("cmdline", "environ"):
                try:
                    if secret in (folder / name).read_bytes():
                        found.append(f"{folder}/{name}")
                except OSError:
                    continue


@pytest.fixture
def watched_proc(user: User) -> Iterator[list[str]]:
    """Every command line and environment of this machine while the test runs."""
    stop, found = threading.Event(), []
    thread = threading.Thread(target=_proc_texts, args=(stop, found, user.password.encode()))
    thread.start()
    yield found
    stop.set()
    thread.join()


def test_the_password_is_in_no_argv_environment_or_log(
    sshd: Sshd, door: Door, watched_proc: list[str], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level("DEBUG")
    ssh = door(sshd, ssh_use_persistent=False)
    for _ in range(3):
        ssh.run("sleep 0.1")
        ssh.reset()
    assert watched_proc == []
    assert sshd.user.password not in caplog.text
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(sshd.user.password.encode() in path.read_bytes() for path in kept)


def test_what_ssh_itself_says_is_never_in_the_results(sshd: Sshd, door: Door) -> None:
    """Calls that start together all want to make the shared connection; ssh complains of that."""
    ssh = door(sshd, ssh_use_persistent=False)
    for _ in range(3):
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda n: ssh.run(f"echo {n} >&2"), range(8)))
        assert [result.stderr for result in results] == [f"{n}\n" for n in range(8)]
        ssh.reset()


def test_an_expired_password_is_named_on_the_other_path_too(sshd: Sshd, door: Door) -> None:
    subprocess.run(["chage", "-d", "0", sshd.user.name], check=True)
    try:
        with pytest.raises(errors.PasswordExpired):
            door(sshd, ssh_use_persistent=False).run("true")
    finally:
        subprocess.run(["chage", "-d", "-1", sshd.user.name], check=True)


def test_no_process_or_folder_is_left_when_the_door_closes(sshd: Sshd, door: Door, tmp_path: Path) -> None:
    ssh = door(sshd, ssh_use_persistent=False)
    ssh.run("true")
    folder = ssh._the_door().openssh._folder.path
    assert folder.is_dir()
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    ssh.close()
    assert not folder.exists()
    assert wait_until(lambda: not sshd.session_pids())


def test_a_signal_is_a_result_on_the_other_path_too(server: Server, door: Door) -> None:
    ssh = door(server, ssh_use_persistent=False)
    killed = ssh.run("echo before; kill -9 $$")
    assert (killed.stdout, killed.exit_status, killed.signal) == ("before\n", None, "KILL")
    assert ssh.run("exit 137").exit_status == 137
