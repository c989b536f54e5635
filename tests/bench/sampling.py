"""What looking once a second costs the device: us, one `ssh` per sample, and Glances running there."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.peers import FreshSsh
from tests.bench.report import ISSUE, OWN, Section, Target, number
from tests.bench.rig import Rig, cost_of
from utils import ssh_interface
from utils.live.samples.sampler import Sampler

SAMPLE = "cat /proc/stat /proc/meminfo /proc/loadavg /proc/net/dev"


def _every_second(sample: Callable[[], object], rig: Rig, seconds: int) -> float:
    """CPU seconds the device's side spends on a second of sampling."""
    sample()
    before = cost_of(rig.pid).cpu_s
    for _ in range(seconds):
        started = time.monotonic()
        sample()
        time.sleep(max(0.0, 1.0 - (time.monotonic() - started)))
    return (cost_of(rig.pid).cpu_s - before) / seconds


def _sampler(rig: Rig, seconds: int) -> float:
    """The live page's sampler, as it runs while somebody looks; login and start are not counted."""
    sampler = Sampler(ssh_interface, grace_s=0.1)
    ssh_interface.configure(rig.target.settings())
    try:
        with sampler.viewer():
            while sampler.described()["last_seq"] < 2:
                time.sleep(0.1)
            before, seq = cost_of(rig.pid).cpu_s, sampler.described()["last_seq"]
            time.sleep(seconds)
            cost, taken = cost_of(rig.pid).cpu_s - before, sampler.described()["last_seq"] - seq
        assert abs(taken - seconds) <= 2, f"{taken} samples in {seconds} s"
        return cost / seconds
    finally:
        sampler.close()
        ssh_interface.close()


def _glances(seconds: int) -> float | None:
    """The same for Glances, once it has started; None where it is not installed."""
    program = Path(sys.executable).with_name("glances")
    if not program.exists():
        return None
    argv = [str(program), "--stdout", "cpu.user,mem.percent,load.min1", "--time", "1", "-C", "/dev/null"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            time.sleep(6)
            before = cost_of(process.pid).cpu_s
            time.sleep(seconds)
            return (cost_of(process.pid).cpu_s - before) / seconds
        finally:
            process.kill()


def section(rig: Rig, *, quick: bool) -> Section:
    seconds = 5 if quick else 30
    ssh = FreshSsh(rig.target)
    ssh.connect()
    ours = _sampler(rig, seconds)
    fresh = _every_second(lambda: ssh.run(SAMPLE), rig, seconds)
    glances = _glances(seconds)
    result = Section("One look a second: CPU on the device", ["", "CPU s per second", "ours / theirs"])
    for name, cost in (("V3 (this project)", ours), ("one ssh per sample", fresh), ("Glances", glances)):
        if cost is None:
            result.notes.append(f"Not measured: {name} (not installed).")
            continue
        result.rows.append([name, number(cost), number(ours / cost) if cost else "-"])
    result.notes.append(
        f"Ours is the live page's sampler with all it reads; ssh runs `{SAMPLE}` alone; Glances runs on the "
        "device. Processor time is counted in steps of 10 ms. tegrastats exists only on Jetson boards, where "
        "it runs beside our loop and is not counted here."
    )
    result.targets.append(Target("one look a second, of one core", 100 * ours, 0.5, unit="%", source=ISSUE))
    result.targets.append(Target("one look a second / one ssh per sample", ours / fresh, 0.2, source=OWN))
    if glances:
        result.targets.append(Target("one look a second / Glances", ours / glances, 1.0, source=OWN))
    return result
