"""How much one bad board delays the others: python -m tests.faults.measure_fair [--rounds 3]. Needs root.

Eight real sshd at one address. In each round seven good boards are checked alone, then with one that hangs,
floods, reboots or is pulled, one kind after the other. A command takes its time on the board and hardly any
of this machine's processor, since a real board brings its own. Printed: the good boards' check-up times.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.faults import netns
from tests.faults.measure_fleet import plugged
from tests.faults.swaps import BoardAtPort, Table
from tests.waiting import wait_until
from utils.bench import startup
from utils.bench.fleet import Fleet
from utils.settings import PROJECT

COUNT, CHECKS, EACH_S = 8, 40, 0.08
LIMIT = 1.05
FLOOD_MB = 30
_DIAGNOSTIC = """
[[diagnostic]]
id = "fair-{number}"
title = "Fair {number}"
category = "memory"
command = '''
case "$V3_SERIAL" in *{bad}) [ -e {flag} ] && head -c {flood} /dev/zero ;; esac
sleep {seconds}; printf "MemTotal: 1000 kB\\nMemAvailable: 300 kB\\n"'''
parser = "meminfo"
why = "Who waits for whom?"
next_step = "Look."
check = [{{ label = "Available", value = "available_percent", fail = {{ below = 10 }} }}]
"""

Kind = Callable[[Table, BoardAtPort, threading.Event], None]
"""Makes the board bad until the event is set; then it is good again."""


def measure(rounds: int) -> dict[str, Any]:
    """Ratios by kind, with the seconds behind them."""
    flag = f"/tmp/v3-flood-{os.getpid()}"
    text = "".join(_diagnostic(number, flag) for number in range(CHECKS))
    with plugged(COUNT, text) as (core, table, _), core.bench.watched():
        bays = list(core.bench)
        bad = table.boards[-1]
        assert wait_until(lambda: all(bay.door.status().device for bay in bays), 60)
        kinds: dict[str, Kind] = {
            "hangs": _hangs,
            "floods": lambda *given: _floods(flag, *given),
            "reboots": _reboots,
            "is pulled": _pulled,
        }
        flood_bytes = 0
        found: dict[str, list[float]] = {"alone": [], "with a good one": [], **{name: [] for name in kinds}}
        _round(core, COUNT)  # the first one loads what all others have
        for _ in range(rounds):
            found["alone"] += _round(core, COUNT - 1)
            found["with a good one"] += _round(core, COUNT)
            for name, kind in kinds.items():
                before = _received(bad)
                with _being(kind, table, bad):
                    found[name] += _round(core, COUNT)
                    flood_bytes += _received(bad) - before if name == "floods" else 0
                assert wait_until(lambda: bays[-1].door.status().device is not None, 60), name
    alone = statistics.mean(found["alone"])
    told: dict[str, Any] = {
        name: {"seconds": round(statistics.mean(times), 3), "ratio": round(statistics.mean(times) / alone, 3)}
        for name, times in found.items()
    }
    told["floods"]["mb_a_round"] = round(flood_bytes / rounds / (1 << 20), 1)
    return told


def _diagnostic(number: int, flag: str) -> str:
    bad, flood = f"{COUNT - 1:04}", FLOOD_MB << 20
    return _DIAGNOSTIC.format(number=number, flag=flag, bad=bad, flood=flood, seconds=EACH_S)


def _round(core: startup.Core, count: int) -> list[float]:
    """The check-up times of the good boards, in seconds, while so many are checked."""
    bays = [bay.id for bay in core.bench][:count]
    run = Fleet(core.bench).start(bays, [f"fair-{number}" for number in range(CHECKS)])
    good = [run.parts[bay].checkup for bay in bays[: COUNT - 1]]
    for checkup in good:
        assert checkup is not None
        assert checkup.done.wait(60)
        assert len(checkup.device_ids()) == 1
    run.stop()
    assert run.wait(60)
    return [checkup.duration_s or 0.0 for checkup in good if checkup]


@contextlib.contextmanager
def _being(kind: Kind, table: Table, board: BoardAtPort) -> Iterator[None]:
    over = threading.Event()
    hands = threading.Thread(target=kind, args=(table, board, over))
    hands.start()
    try:
        yield
    finally:
        over.set()
        hands.join()


def _hangs(table: Table, board: BoardAtPort, over: threading.Event) -> None:
    over.wait(0.5)
    stopped = _processes(board)
    _signal(stopped, signal.SIGSTOP)
    over.wait()
    _signal(stopped, signal.SIGCONT)


def _floods(flag: str, table: Table, board: BoardAtPort, over: threading.Event) -> None:
    """What it costs the board to flood is not taken from the others' processor."""
    for pid in _processes(board):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, pid, 19)
    with open(flag, "w"):
        over.wait()
    os.unlink(flag)


def _reboots(table: Table, board: BoardAtPort, over: threading.Event) -> None:
    while not over.wait(0.5):
        _signal(_processes(board), signal.SIGKILL)
        over.wait(1.0)
        board.server.start()
        over.wait(1.0)


def _pulled(table: Table, board: BoardAtPort, over: threading.Event) -> None:
    over.wait(0.5)
    port = board.port
    table.pull(board)
    over.wait()
    table.plug(board, port)


def _received(board: BoardAtPort) -> int:
    """Bytes that came from this board, over its interface as it is now."""
    counter = Path(f"/sys/class/net/{board.cable.interface}/statistics/rx_bytes")
    return int(counter.read_text()) if counter.exists() else 0


def _processes(board: BoardAtPort) -> list[int]:
    done = subprocess.run(
        ["ip", "netns", "pids", board.cable.device_ns], capture_output=True, text=True, check=True
    )
    return [int(pid) for pid in done.stdout.split()]


def _signal(pids: list[int], which: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, which)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--here", action="store_true", help="in this network namespace")
    given = parser.parse_args()
    if given.here:
        print(json.dumps(measure(given.rounds), indent=1), flush=True)
        os._exit(0)
    with netns.namespace() as name:
        argv = ["ip", "netns", "exec", name, sys.executable, "-m", "tests.faults.measure_fair", "--here"]
        return subprocess.run([*argv, "--rounds", str(given.rounds)], cwd=PROJECT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
