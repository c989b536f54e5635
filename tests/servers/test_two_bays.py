"""Two bays on two real servers in one program: nothing crosses, and nobody waits for the other."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.servers import Sshd, User
from tests.waiting import wait_until
from utils.bench import startup
from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.errors import LinkError
from utils.live.logs.source import Source


@pytest.fixture
def boards(user: User) -> Iterator[tuple[Sshd, Sshd]]:
    with Sshd(user) as left, Sshd(user) as right:
        yield left, right


@pytest.fixture
def core(boards: tuple[Sshd, Sshd], tmp_path: Path) -> Iterator[startup.Core]:
    left, right = boards
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    (data / "bench.toml").write_text(f'[[bay]]\nid = "right"\nhost = "127.0.0.1"\nport = {right.port}\n')
    made = startup.start(left.settings(data, ssh_host_keys="trust-new"))
    yield made
    made.close()


def open_to_others(folder: Path) -> None:
    """The board's user may read what lies in it."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.getuid() and each != Path("/"):
            each.chmod(each.stat().st_mode | 0o011)


def ids(bench: Bench) -> dict[str, str]:
    return {bay.id: bay.door.run("true", timeout=30).device.device_id for bay in bench}


def test_checkup_live_log_and_terminal_at_once_on_both(core: startup.Core, tmp_path: Path) -> None:
    bench = core.bench
    board = ids(bench)
    assert len(set(board.values())) == 2
    terminals, checkups, logs = {}, {}, {}
    with bench.bay("main").sampler.viewer(), bench.bay("right").sampler.viewer():
        for bay in bench:
            terminals[bay.id] = bay.terminals.open(80, 24, who="test")
            log = tmp_path / f"{bay.id}.log"
            log.write_text(f"line of {bay.id}\n")
            log.chmod(0o644)
            open_to_others(tmp_path)
            logs[bay.id] = bay.logs.open(Source("file", path=str(log)))
            checkups[bay.id] = bay.runner.start_checkup(["uptime", "memory", "load"], who="test")
        with logs["main"].viewer(), logs["right"].viewer():
            for bay in bench:
                assert checkups[bay.id].done.wait(60)
                assert wait_until(lambda bay=bay: bay.sampler.described()["state"] == "on", 30)
                assert wait_until(lambda bay=bay: logs[bay.id].device_id is not None, 30)
    for bay in bench:
        assert {result.device_id for result in checkups[bay.id].results()} == {board[bay.id]}
        assert {result.bay for result in checkups[bay.id].results()} == {bay.id}
        assert bay.sampler.described()["device"]["device_id"] == board[bay.id]
        assert terminals[bay.id].facts()["device_id"] == board[bay.id]
        assert logs[bay.id].device_id == board[bay.id]
        assert [each.id for each in bay.terminals.all()] == [terminals[bay.id].id]
        bay.terminals.close_all()


def reached(bay: Bay) -> bool:
    """Whether a call gets through by now: the first ones may still find the link that died."""
    try:
        return bay.door.run("true", timeout=10, effect="read").device is not None
    except LinkError:
        return False


def test_a_board_that_dies_and_is_swapped_costs_the_other_neither_its_link_nor_time(
    core: startup.Core, boards: tuple[Sshd, Sshd], user: User
) -> None:
    bench = core.bench
    board = ids(bench)
    left, right = bench.bay("main"), bench.bay("right")
    going_on = threading.Thread(target=lambda: left.door.run("sleep 2; echo whole", timeout=30))
    going_on.start()
    boards[1].__exit__(None, None, None)
    begun = time.monotonic()
    times = []
    while time.monotonic() - begun < 3:
        at = time.monotonic()
        assert left.door.run("true", timeout=10, effect="read").device.device_id == board["main"]
        times.append(time.monotonic() - at)
        time.sleep(0.05)
    going_on.join()
    assert left.door.status().reconnects == 0
    assert wait_until(lambda: right.door.status().device is None, 15)
    assert right.door.status().last_device.device_id == board["right"]
    assert sorted(times)[len(times) // 2] < 1.0
    with Sshd(user, port=boards[1].port):  # another board is plugged in there
        assert wait_until(lambda: reached(right), 30)
        now = right.door.status().device
        assert now is not None
        assert now.device_id not in board.values()
        checkup = right.runner.start_checkup(["uptime", "load"], who="test")
        assert checkup.done.wait(60)
        assert {result.device_id for result in checkup.results()} == {now.device_id}
        assert left.door.run("true", timeout=10, effect="read").device.device_id == board["main"]
    assert left.door.status().reconnects == 0
