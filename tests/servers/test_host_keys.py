"""Who is plugged in: unknown, known, changed; nothing is sent to whom it is not meant for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.servers import Server, Sshd, User
from utils import errors
from utils.link import identity
from utils.model.results import LinkState

Door = Callable[..., ModuleType]


def swap(server: Server) -> None:
    """Another device at the same address."""
    server.stop()
    server.new_host_key()
    server.start()


def fingerprint(ssh: ModuleType) -> str:
    return str(ssh.status().error["details"]["fingerprint"])


def test_an_unknown_device_is_asked_about_before_any_password_is_sent(server: Server, door: Door) -> None:
    ssh = door(server, ssh_host_keys="ask")
    with pytest.raises(errors.HostKeyUnknown) as caught:
        ssh.run("true")
    assert str(caught.value.details["fingerprint"]) in str(caught.value)
    assert ssh.status().state is LinkState.BLOCKED
    assert server.logins() == 0
    assert server.refused() == 0
    with pytest.raises(errors.BadRequest):
        ssh.trust("SHA256:another")
    ssh.trust(fingerprint(ssh))
    assert ssh.run("echo hi").stdout == "hi\n"


def test_a_device_that_was_trusted_comes_back_silently(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_host_keys="trust-new")
    ssh.run("true")
    ssh = door(sshd, ssh_host_keys="ask")
    assert ssh.run("echo hi").stdout == "hi\n"
    assert [device.fingerprint for device in ssh.known_devices()] == [ssh.status().device.fingerprint]


def test_another_device_at_the_address_is_asked_about_with_both_fingerprints(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_host_keys="trust-new")
    ssh.run("true")
    first = ssh.status().device.fingerprint
    swap(sshd)
    ssh = door(sshd, ssh_host_keys="ask")
    with pytest.raises(errors.HostKeyUnknown) as caught:
        ssh.run("true")
    assert caught.value.details["previous"] == first
    assert caught.value.details["fingerprint"] != first
    ssh.trust(fingerprint(ssh))
    assert ssh.run("echo other").stdout == "other\n"
    assert len(ssh.known_devices()) == 2


def test_a_reflashed_device_replaces_its_old_key(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_host_keys="trust-new")
    ssh.run("true")
    swap(sshd)
    ssh = door(sshd, ssh_host_keys="ask")
    with pytest.raises(errors.HostKeyUnknown):
        ssh.run("true")
    ssh.trust(fingerprint(ssh), reflashed=True)
    ssh.run("true")
    assert [device.fingerprint for device in ssh.known_devices()] == [ssh.status().device.fingerprint]


def test_strict_refuses_what_it_does_not_know_and_stops_at_a_changed_key(sshd: Sshd, door: Door) -> None:
    with pytest.raises(errors.HostKeyUnknown):
        door(sshd, ssh_host_keys="strict").run("true")
    door(sshd, ssh_host_keys="trust-new").run("true")
    swap(sshd)
    ssh = door(sshd, ssh_host_keys="strict")
    logins = sshd.logins()
    with pytest.raises(errors.HostKeyChanged) as caught:
        ssh.run("true")
    assert caught.value.details["expected"] != caught.value.details["fingerprint"]
    assert sshd.logins() == logins


@pytest.mark.parametrize("persistent", [True, False])
def test_a_known_serial_number_under_another_key_stops_everything(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch, persistent: bool
) -> None:
    monkeypatch.setattr(identity, "COMMAND", "echo serial=1424024099999; echo hostname=bench")
    ssh = door(sshd, ssh_use_persistent=persistent)
    ssh.run("true")
    swap(sshd)
    for _ in ("at once", "after a restart of the program"):
        ssh = door(sshd, ssh_use_persistent=persistent)
        with pytest.raises(errors.HostKeyChanged) as caught:
            ssh.run("touch must-not-exist")
    assert caught.value.details["serial"] == "1424024099999"
    assert not (sshd.user.home / "must-not-exist").exists()
    ssh.trust(fingerprint(ssh), reflashed=True)
    assert ssh.run("echo reflashed").stdout == "reflashed\n"


def test_work_that_waited_through_a_swap_ends_with_an_error(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_host_keys="trust-new")
    ssh.run("rm -f ran")
    batch = ssh.run_many([ssh.Request(f"sleep 0.8; echo {n} >>ran", tag=n) for n in range(8)])
    next(batch)
    swap(sshd)
    assert all(isinstance(outcome, errors.V3Error) for _, outcome in batch)
    assert (sshd.user.home / "ran").read_text().count("\n") <= 2


def test_work_for_the_old_device_is_refused_by_the_new_one(sshd: Sshd, door: Door) -> None:
    ssh = door(sshd, ssh_host_keys="trust-new")
    ssh.run("true")
    waiting = ssh.Request("touch wrong-device")
    waiting.device = ssh._the_door().link.current_device()
    swap(sshd)
    ssh.reset()
    ssh.run("true")
    ((_, outcome),) = ssh.run_many([waiting])
    assert isinstance(outcome, errors.DeviceChanged)
    assert not (sshd.user.home / "wrong-device").exists()


def test_a_cloned_key_with_another_serial_number_is_another_device(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "COMMAND", "echo serial=1424024000001; echo hostname=first")
    ssh = door(sshd)
    ssh.run("true")
    first = ssh._the_door().link.current_device()
    batch = ssh.run_many([ssh.Request("sleep 0.3; touch wrong-device", tag=n) for n in range(4)])
    next(batch)
    monkeypatch.setattr(identity, "COMMAND", "echo serial=1424024000002; echo hostname=second")
    sshd.stop()
    sshd.user.power_off()
    (sshd.user.home / "wrong-device").unlink(missing_ok=True)
    sshd.start()
    assert all(isinstance(outcome, errors.LinkError) for _, outcome in batch)
    ssh.reset()
    [(_, late)] = ssh.run_many([ssh.Request("touch wrong-device", device=first)])
    assert isinstance(late, errors.DeviceChanged)
    assert ssh.status().device.hostname == "second"
    assert ssh.run("ls wrong-device").exit_status != 0


def test_ten_swaps_leave_no_thread_and_no_wrong_execution(user: User, sshd: Sshd, door: Door) -> None:
    from tests.servers.conftest import v3_threads, wait_until

    ssh = door(sshd, ssh_host_keys="trust-new")
    ssh.run("true")
    before = len(v3_threads())
    for number in range(10):
        swap(sshd)
        wait_until(lambda: ssh.status().state is not LinkState.CONNECTED, 3)
        ssh.reset()
        assert ssh.run(f"echo {number}").stdout == f"{number}\n"
    assert len(ssh.known_devices()) == 11
    assert wait_until(lambda: len(v3_threads()) <= before, 5), v3_threads()


def test_the_users_own_known_hosts_is_neither_read_nor_written(
    sshd: Sshd, door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    ssh = door(sshd)
    ssh.run("true")
    ssh.configure(sshd.settings(tmp_path / "data", ssh_use_persistent=False))
    assert ssh.run("echo x").path == "subprocess"
    assert not (tmp_path / ".ssh").exists()


@pytest.mark.parametrize("settings", [{}, {"ssh_use_persistent": False}])
def test_a_nickname_shows_at_once_and_a_forgotten_board_is_asked_about_again(
    sshd: Sshd, door: Door, settings: dict[str, bool]
) -> None:
    ssh = door(sshd, ssh_host_keys="trust-new")
    ssh.run("true")
    ssh = door(sshd, ssh_host_keys="ask", **settings)
    ssh.run("true")
    told: list[str] = []
    end = ssh.on_change(lambda status: told.append(status.device.nickname if status.device else ""))
    ssh.door.name_board(ssh.status().device.device_id, "Line 3")
    end()
    assert told == ["Line 3"]
    assert ssh.run("true").device.label.startswith("Line 3")
    ssh.door.forget_board(ssh.status().device.device_id)
    assert ssh.known_devices() == []
    with pytest.raises(errors.HostKeyUnknown):
        ssh.run("true")
