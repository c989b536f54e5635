"""200 MB of output as a stream, against `ssh` with its defaults; and the memory that takes."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.bench.peers import FreshSsh
from tests.bench.report import OWN, Section, Target, number
from tests.bench.rig import Rig
from tests.bench.samples import Samples, interleaved
from utils import ssh_interface

SIZE = 200 << 20
COMMAND = f"head -c {SIZE} /dev/zero"
CHUNK = 1 << 18


def _ours() -> None:
    with ssh_interface.stream(COMMAND, effect="read") as running:
        total = sum(len(data) for name, data in running if name == "stdout")
    assert total == SIZE, total


def _ssh(peer: FreshSsh) -> None:
    argv = [*peer.argv(), COMMAND]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        total = 0
        while data := process.stdout.read1(CHUNK):  # type: ignore[attr-defined]
            total += len(data)
    assert total == SIZE, total


def _floor() -> None:
    with subprocess.Popen(["sh", "-c", COMMAND], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while process.stdout.read1(CHUNK):  # type: ignore[attr-defined]
            pass


def _peak_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _memory_of(call: object) -> int:
    """KiB that the peak rises during the call."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _peak_kib()
    call()  # type: ignore[operator]
    return _peak_kib() - before


def section(rig: Rig, *, quick: bool) -> Section:
    peer = FreshSsh(rig.target)
    peer.connect()
    ssh_interface.configure(rig.target.settings())
    try:
        memory = _memory_of(_ours)
        transport = ssh_interface._the_door().link._connection.transport  # type: ignore[union-attr]
        cipher = transport.remote_cipher
        calls = {"V3 stream": _ours, "ssh, its defaults": lambda: _ssh(peer), "local pipe": _floor}
        found = interleaved(calls, 3 if quick else 7)
    finally:
        ssh_interface.close()
    result = Section("200 MB of output", ["", "MB/s, median", "of ssh"])
    base = found["ssh, its defaults"].median
    for name, samples in found.items():
        result.rows.append([name, _rate(samples), number(base / samples.median)])
    result.notes.append(f"Our cipher: {cipher}. Our memory rises by {number(memory / 1024)} MiB at its peak.")
    result.targets = [
        Target("streaming, speed of ssh", base / found["V3 stream"].median, 1.3, at_least=True),
        Target("memory while streaming 200 MB", memory / 1024, 16, " MiB", source=OWN),
    ]
    return result


def _rate(samples: Samples) -> str:
    return number(SIZE / 1e6 / samples.median)
