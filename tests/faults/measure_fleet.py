"""Many boards measured: python -m tests.faults.measure_fleet [--boards 8]. Prints JSON; needs root.

Each board is a real sshd in a network namespace of its own at 192.168.55.1, found by a fake USB tree. Told:
how long until all are connected, until each tile has its first result, until all check-ups are over; the
processor time of this program for all at once against one after the other; memory and idle load a board.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fake_usb import FakeUsb
from tests.faults import fleet_peers, netns
from tests.faults.swaps import PORTS, Seen, Table, _key, _settings, boards
from tests.servers.servers import throwaway_user
from tests.waiting import wait_until
from utils.bench import startup
from utils.bench.fleet import Fleet
from utils.laptop import usb
from utils.link import identity
from utils.link.trust.host_keys import HostKeys
from utils.settings import PROJECT

IDLE_S = 20.0
SETTLE_S = 10.0  # the history packs the check-ups of all boards meanwhile


@contextlib.contextmanager
def plugged(count: int, diagnostics: str = "") -> Iterator[tuple[startup.Core, Table, float]]:
    """So many trusted boards on a bench that runs, and the memory in MB that was used before them.

    diagnostics: TOML of own ones.
    """
    identity.COMMAND = identity.COMMAND.replace(
        "v3_line /proc/device-tree/serial-number", 'v3_v="$V3_SERIAL"'
    )
    with throwaway_user("dash") as user, tempfile.TemporaryDirectory() as folder, boards(user, count) as made:
        tree = FakeUsb(Path(folder) / "sys")
        usb.SYSFS, data = tree.root, Path(folder) / "data"
        (data / "diagnostics").mkdir(parents=True)
        (data / "diagnostics/own.toml").write_text(diagnostics)
        for board in made:
            HostKeys(data, lambda serial=board.serial: serial).trust(_key(board.server), "anywhere:22")
        table = Table(tree, made, None, Seen())  # type: ignore[arg-type]
        table.plug(made[0], PORTS[0])
        core = startup.start(_settings(user, data, Path(folder), "ask"))
        before_mb = _memory_mb()
        try:
            for board, port in zip(made[1:], [*PORTS[1:], *(f"3-{n}" for n in range(40))], strict=False):
                table.plug(board, port)
            assert core.discovery is not None
            core.discovery.look()
            assert len(list(core.bench)) == count
            yield core, table, before_mb
        finally:
            core.close()


def measure(count: int, *, peers: bool) -> dict[str, Any]:
    """Everything about so many boards, in seconds, MB and percent of a core."""
    with plugged(count) as (core, table, before_mb):
        found = _figures(core, count, before_mb)
        if peers:
            with core.bench.watched():
                found["peers"] = fleet_peers.compare(list(core.bench), table.boards)
        return found


def _figures(core: startup.Core, count: int, before_mb: float) -> dict[str, Any]:
    bays = list(core.bench)
    begun = time.monotonic()
    with core.bench.watched():
        assert wait_until(lambda: all(bay.door.status().device for bay in bays), 60)
        connected_s = time.monotonic() - begun
        cpu, clock = _cpu_s(), time.monotonic()
        for bay in bays:
            assert bay.runner.start_checkup().done.wait(120)
        alone_cpu_s, alone_s = _cpu_s() - cpu, time.monotonic() - clock
        cpu, clock = _cpu_s(), time.monotonic()
        run = Fleet(core.bench).start()
        first: dict[str, float] = {}
        while not run.finished:
            for bay, part in run.parts.items():
                if bay not in first and part.results():
                    first[bay] = time.monotonic() - clock
            time.sleep(0.01)
        all_cpu_s, all_s = _cpu_s() - cpu, time.monotonic() - clock
        time.sleep(SETTLE_S)
        cpu, clock = _cpu_s(), time.monotonic()
        time.sleep(IDLE_S)
        idle = (_cpu_s() - cpu) / (time.monotonic() - clock) * 100
    return {
        "boards": count,
        "connect_all_s": connected_s,
        "one_after_the_other_s": alone_s,
        "all_at_once_s": all_s,
        "first_result_latest_s": max(first.values(), default=0.0),
        "cpu_ratio": all_cpu_s / alone_cpu_s,
        "cpu_all_s": all_cpu_s,
        "memory_mb_a_board": (_memory_mb() - before_mb) / count,
        "idle_percent_of_a_core": idle,
    }


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _memory_mb() -> float:
    text = Path("/proc/self/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=8)
    parser.add_argument("--peers", action="store_true", help="the same commands by others, too")
    parser.add_argument("--here", action="store_true", help="in this network namespace")
    given = parser.parse_args()
    if given.here:
        print(json.dumps(_rounded(measure(given.boards, peers=given.peers)), indent=1), flush=True)
        os._exit(0)
    with netns.namespace() as name:
        argv = ["ip", "netns", "exec", name, sys.executable, "-m", "tests.faults.measure_fleet", "--here"]
        argv += ["--boards", str(given.boards), *(["--peers"] if given.peers else [])]
        return subprocess.run(argv, cwd=PROJECT, check=False).returncode


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main())
