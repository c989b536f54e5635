"""The same commands on the same boards by others: `ssh` with ControlMaster a board, and labgrid's SSH driver.

Each runs COMMANDS commands on every board, all boards at once, and so do we through our doors. Told: seconds
until all are connected, seconds and processor seconds (with those of child processes) for all commands.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.swaps import PORT, BoardAtPort
from utils.bench.bay import Bay
from utils.model.doors import Ask
from utils.settings import PROJECT

COMMANDS = 25
COMMAND = "cat /proc/loadavg"
_OPTIONS = (
    *("-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
    *("-o", "LogLevel=ERROR", "-o", "PasswordAuthentication=no"),
)

Board = Callable[[], None]
"""Does one board's share of the work."""


def compare(bays: Sequence[Bay], boards: Sequence[BoardAtPort]) -> dict[str, dict[str, float]]:
    """Figures by who did it."""
    found = {"ours": {"connect_s": 0.0, **_timed([_ours(bay) for bay in bays])}}
    with tempfile.TemporaryDirectory() as folder:
        masters = [_Master(board, Path(folder) / str(n)) for n, board in enumerate(boards)]
        connect = _timed([master.connect for master in masters])["seconds"]
        found["ssh with ControlMaster"] = {"connect_s": connect, **_timed([each.work for each in masters])}
        for each in masters:
            each.close()
    if importlib.util.find_spec("labgrid"):
        found["labgrid"] = _labgrid(boards)
    return found


def _timed(work: Iterable[Board]) -> dict[str, float]:
    """All boards at once."""
    todo, cpu, begun = list(work), _cpu_s(), time.monotonic()
    with ThreadPoolExecutor(len(todo)) as pool:
        for done in [pool.submit(each) for each in todo]:
            done.result()
    return {"seconds": time.monotonic() - begun, "cpu_s": _cpu_s() - cpu}


def _cpu_s() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _ours(bay: Bay) -> Board:
    def work() -> None:
        asks = [Ask(COMMAND, timeout=30, effect="read") for _ in range(COMMANDS)]
        for _, answer in bay.door.run_many(asks):
            assert getattr(answer, "exit_status", None) == 0, answer

    return work


def _address(board: BoardAtPort) -> str:
    return board.cable.by_six


class _Master:
    """One `ssh` that stays, and one process more for each command."""

    def __init__(self, board: BoardAtPort, socket: Path) -> None:
        user = board.server.user
        self._argv = ["ssh", *_OPTIONS, "-i", str(user.key_file), "-p", str(PORT), "-S", str(socket)]
        self._to = f"{user.name}@{_address(board)}"

    def connect(self) -> None:
        subprocess.run([*self._argv, "-M", "-f", "-N", self._to], check=True, stdin=subprocess.DEVNULL)

    def work(self) -> None:
        for _ in range(COMMANDS):
            subprocess.run([*self._argv, self._to, COMMAND], check=True, capture_output=True)

    def close(self) -> None:
        subprocess.run([*self._argv, "-O", "exit", self._to], check=False, capture_output=True)


def _labgrid(boards: Sequence[BoardAtPort]) -> dict[str, float]:
    """A process a board, since labgrid keeps one stack of steps for all threads. Its start is not counted."""
    began = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.faults.fleet_peers",
                _address(board),
                board.server.user.name,
                str(board.server.user.key_file),
            ],
            stdout=subprocess.PIPE,
            cwd=PROJECT,
        )
        for board in boards
    ]
    told = [json.loads(each.communicate()[0]) for each in began]
    return {
        "connect_s": max(each["connect_s"] for each in told),
        "seconds": max(each["seconds"] for each in told),
        "cpu_s": sum(each["cpu_s"] for each in told),
    }


def _one_labgrid(address: str, user: str, key_file: str) -> dict[str, float]:
    from labgrid import Target
    from labgrid.driver import SSHDriver
    from labgrid.resource import NetworkService

    target = Target("board")
    NetworkService(target, None, address=address, username=user, port=PORT)
    driver = SSHDriver(target, None, keyfile=key_file)
    begun = time.monotonic()
    target.activate(driver)
    connected, cpu = time.monotonic(), _cpu_s()
    for _ in range(COMMANDS):
        driver.run_check(COMMAND)
    told = {"connect_s": connected - begun, "seconds": time.monotonic() - connected, "cpu_s": _cpu_s() - cpu}
    target.deactivate(driver)
    return told


if __name__ == "__main__":
    print(json.dumps(_one_labgrid(*sys.argv[1:])))
