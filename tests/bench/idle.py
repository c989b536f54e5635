"""What an idle link costs, and hundreds of them. Runs in a process of its own for clean figures.

    python -m tests.bench.idle '<settings as JSON>' LINKS SECONDS     prints a line of JSON

Each link goes to an address of its own in 127.0.0.0/8, so that it is a device of its own.
"""

from __future__ import annotations

import concurrent.futures
import json
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.bench.report import OWN, Section, Target, number
from tests.bench.rig import Rig, memory_kib
from utils.link.watcher import MANY

ROOT = Path(__file__).resolve().parents[2]
SERVER_KIB = 12_000  # what a session costs the server's side of this machine, about


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(values: dict[str, Any], links: int, seconds: float) -> dict[str, float]:
    """Connects so many links, keeps them idle, tells CPU share, memory and threads of each."""
    from utils.link.paths.persistent.link import Link
    from utils.link.request import Request
    from utils.settings import Settings

    def connect(number: int) -> Link:
        address = f"127.{1 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}"
        link = Link(Settings.model_validate({**values, "ssh_ip": address}))
        link.run(Request("true", timeout=120, effect="read"))
        return link

    first = connect(60_000)  # imports, caches, the first lane: not the cost of a link
    threads, memory = threading.active_count(), memory_kib()
    started, cpu = time.perf_counter(), _cpu_s()
    peak = threads
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = []
        for link in pool.map(connect, range(links)):
            made.append(link)
            peak = max(peak, threading.active_count())
    connect_s, connect_cpu = time.perf_counter() - started, _cpu_s() - cpu
    first.close()
    time.sleep(3)
    cpu, started = _cpu_s(), time.perf_counter()
    time.sleep(seconds)
    share = (_cpu_s() - cpu) / (time.perf_counter() - started)
    alive = sum(link.connected_now for link in made)
    return {
        "links": links, "alive": alive, "cpu_percent": share * 100, "connect_s": connect_s,
        "connect_cpu_s": connect_cpu, "kib_each": (memory_kib() - memory) / links,
        "threads_each": (threading.active_count() - threads + 3) / links, "threads_peak": peak,
    }  # fmt: skip


def sane_count(most: int) -> int:
    """As many links as the machine's memory bears on the server's side."""
    free = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines()
                if line.startswith("MemAvailable"))  # fmt: skip
    return min(most, free // 2 // SERVER_KIB)


def _in_process(rig: Rig, links: int, seconds: float) -> dict[str, float]:
    t = rig.target
    values = {
        "ssh_user": t.user, "ssh_port": t.port, "ssh_key_file": str(t.key_file), "ssh_host_keys": "trust-new",
        "v3_data_dir": str(t.folder / "idle"),
    }  # fmt: skip
    argv = [sys.executable, "-m", "tests.bench.idle", json.dumps(values), str(links), str(seconds)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def section(rig: Rig, *, quick: bool) -> Section:
    result = Section(
        "Idle links",
        ["", "CPU % of a core", "KiB each", "threads each", "connect ms each", "threads at most"],
    )
    seconds = 5.0 if quick else 30.0
    one = _in_process(rig, 1, seconds)
    many = _in_process(rig, sane_count(MANY if quick else 500), seconds)
    for each in (one, many):
        result.rows.append([
            f"{each['links']:.0f} idle link{'s' * (each['links'] > 1)}", number(each["cpu_percent"]),
            number(each["kib_each"]), number(each["threads_each"]),
            number(each["connect_s"] / each["links"] * 1000), number(each["threads_peak"]),
        ])  # fmt: skip
    share = min(1.0, many["links"] / MANY)  # beyond, each is probed more rarely: 500 cost what these do
    result.targets = [
        Target("CPU of one idle link", one["cpu_percent"], 0.2, " %"),
        Target(f"CPU of {many['links']:.0f} idle links", many["cpu_percent"], 5.0 * share, " %"),
        Target("memory of an idle link", many["kib_each"], 100, " KiB"),
        Target("links that were still there", many["alive"] / many["links"], 1.0, at_least=True, source=OWN),
    ]
    result.notes.append(
        "Each link goes to its own address of 127.0.0.0/8 and holds a lane; 8 log in at a time."
    )
    return result


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))))
