"""Many threads on one link: does throughput hold, is everybody served, does a slow command hold up?"""

from __future__ import annotations

import statistics
import threading
import time
from itertools import pairwise

from tests.bench.report import OWN, Section, Target, ms, number
from tests.bench.rig import Rig
from tests.bench.samples import Samples
from utils import ssh_interface

COUNTS = (1, 8, 32, 128)
COMMAND = "cat /proc/uptime"
SLOW = "sleep 30"
ROUNDS = 5  # one pause of the machine's scheduler makes the p99 of 8 threads; the median round has none


def _worker(end: float, samples: Samples, failures: list[str]) -> None:
    while time.perf_counter() < end:
        started = time.perf_counter()
        try:
            ssh_interface.run(COMMAND, effect="read")
        except Exception as exc:
            failures.append(f"{type(exc).__name__}: {exc}")
            return
        samples.add(time.perf_counter() - started)


def load(threads: int, seconds: float) -> Samples:
    """The times of all commands that so many threads ran."""
    each = [Samples() for _ in range(threads)]
    failures: list[str] = []
    end = time.perf_counter() + seconds
    workers = [threading.Thread(target=_worker, args=(end, samples, failures)) for samples in each]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise RuntimeError(f"{len(failures)} threads failed, first: {failures[0]}")
    return Samples([value for samples in each for value in samples.values])


def _beside_slow(seconds: float) -> Samples:
    """Quick commands of 8 threads while a slow one runs all the time."""
    cancel = threading.Event()

    def slow() -> None:
        try:
            ssh_interface.run(SLOW, effect="read", cancel=cancel)
        except Exception:  # it is cancelled: that is how it ends
            return

    worker = threading.Thread(target=slow)
    worker.start()
    time.sleep(0.3)
    try:
        return load(8, seconds)
    finally:
        cancel.set()
        worker.join()


def section(rig: Rig, *, quick: bool) -> Section:
    seconds = 2.0 if quick else 8.0
    result = Section("Threads on one link", ["", "commands/s", "p50 ms", "p99 ms", "p99 / p50"])
    ssh_interface.configure(rig.target.settings())
    try:
        load(8, 0.5)  # lanes are made
        rounds = [{count: load(count, seconds / ROUNDS) for count in COUNTS} for _ in range(ROUNDS)]
        beside = _beside_slow(seconds)
    finally:
        ssh_interface.close()
    for count in COUNTS:
        samples = Samples([value for each in rounds for value in each[count].values])
        _row(result, f"{count} thread{'s' * (count > 1)}", samples, len(samples.values) / seconds)
    _row(result, "8 threads beside a slow command", beside, len(beside.values) / seconds)
    for count in COUNTS[1:]:
        ratio = statistics.median(each[count].quantile(0.99) / each[count].median for each in rounds)
        result.targets.append(Target(f"fairness with {count} threads, p99 / p50", ratio, 5.0))
    for fewer, count in pairwise(COUNTS):
        ratio = statistics.median(len(each[count].values) / len(each[fewer].values) for each in rounds)
        text = f"throughput with {count} threads / the step before"
        result.targets.append(Target(text, ratio, 0.95, at_least=True))
    alone = Samples([value for each in rounds for value in each[8].values])
    held_up = beside.median / alone.median
    result.targets.append(Target("p50 beside a slow command / without it", held_up, 1.5, source=OWN))
    result.notes.append(
        f"Each thread runs `{COMMAND}` again and again. 0.95: the noise of a step that stays level. "
        f"Fairness and steps are medians of {ROUNDS} rounds. In each one every number of threads has "
        "its turn. The table shows all rounds together. "
        "The slow command takes one lane of six for the whole time."
    )
    return result


def _row(result: Section, name: str, samples: Samples, rate: float) -> None:
    p50, p99 = samples.median, samples.quantile(0.99)
    result.rows.append([name, number(rate), ms(p50), ms(p99), number(p99 / p50)])
