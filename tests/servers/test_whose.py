"""A result is the board's that answered, on either path; the board that was here before is never named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers.servers import Sshd, User
from utils import errors
from utils.audit import Audit
from utils.bench.runner import Runner
from utils.model.results import LinkState

Door = Callable[..., ModuleType]
ONLY_SYSTEMS_SSH = "KexAlgorithms sntrup761x25519-sha512@openssh.com"


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_board_that_only_the_second_path_reaches_is_not_the_one_before_it(
    user: User, door: Door, tmp_path: Path
) -> None:
    """Both boards run on this machine, so they share hostname and label: only their identity differs."""
    audit = tmp_path / "audit.jsonl"
    with Sshd(user) as board_a:
        port = board_a.port
        ssh = door(board_a, ssh_host_keys="trust-new")
        runner = Runner(door=ssh.door, audit=Audit(audit))
        first = runner.run("memory")
        assert first.device_id
        assert ssh.status().device.device_id == first.device_id
    with Sshd(user, port=port, config=ONLY_SYSTEMS_SSH):
        second = runner.run("memory")
        with runner.bus.subscribe(last_id=0) as events:
            seen = []
            while (event := events.get(0.05)) is not None:
                seen.append(event)
        checkup = runner.start_checkup(["uptime", "load"])
        assert checkup.done.wait(60)
        now = ssh.status()
    assert second.path == "subprocess"
    assert second.device_id not in (None, first.device_id)
    finished = [event.data["result"]["device_id"] for event in seen if event.kind == "run-finished"]
    assert finished == [first.device_id, second.device_id]
    assert {result.device_id for result in checkup.results()} == {second.device_id}
    assert [line["device_id"] for line in lines(audit)][1:] == [second.device_id] * 4
    assert first.device_id not in (now.known_device and now.known_device.device_id, None)


def test_the_status_tells_the_last_device_apart_from_the_connected_one(user: User, door: Door) -> None:
    with Sshd(user) as board:
        ssh = door(board)
        device_id = ssh.run("true").device.device_id
        here = ssh.status()
        assert (here.state, here.device.device_id, here.last_device) == (LinkState.CONNECTED, device_id, None)
    ssh._drop_connection_for_test()
    with pytest.raises(errors.V3Error):
        ssh.run("true", timeout=5)
    gone = ssh.status()
    assert (gone.device, gone.last_device.device_id) == (None, device_id)


def test_a_failure_belongs_to_the_board_it_happened_on_and_to_nobody_when_nothing_was_sent(
    user: User, door: Door
) -> None:
    with Sshd(user) as board:
        ssh = door(board)
        device_id = ssh.run("true").device.device_id
        with pytest.raises(errors.CommandTimeout) as caught:
            ssh.run("sleep 30", timeout=0.5)
        assert caught.value.device.device_id == device_id
    with pytest.raises(errors.V3Error) as nothing_sent:
        ssh.run("true", timeout=5)
    assert nothing_sent.value.device is None
