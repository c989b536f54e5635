"""What processes take, as /proc says it: seconds of a processor, memory now, the most memory so far."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_S = 0.5


@dataclass(frozen=True)
class Taken:
    """cpu_s: since the first look. memory_mb: now, with shared pages counted once among those who share
    them; peak_mb: the most that was seen."""

    cpu_s: float
    memory_mb: float
    peak_mb: float


class Meters:
    """Looks twice a second at groups of processes. groups: by name, the numbers of its processes now."""

    def __init__(self, groups: Mapping[str, Callable[[], Iterable[int]]]) -> None:
        self._groups = groups
        self._cpu: dict[str, dict[int, float]] = {name: {} for name in groups}
        self._memory = dict.fromkeys(groups, 0.0)
        self._peak = dict.fromkeys(groups, 0.0)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()

    def now(self) -> dict[str, Taken]:
        """Of each group."""
        self._look()
        return {
            name: Taken(sum(self._cpu[name].values()), self._memory[name], self._peak[name])
            for name in self._groups
        }

    def _work(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            self._look()

    def _look(self) -> None:
        for name, pids in self._groups.items():
            memory, found = 0.0, list[int]()
            with contextlib.suppress(OSError, ValueError):  # it is just started again
                found = list(pids())
            for pid in found:
                with contextlib.suppress(OSError, ValueError, IndexError):
                    self._cpu[name][pid] = cpu_s(pid)
                    memory += _memory_mb(pid)
            self._memory[name] = memory
            self._peak[name] = max(self._peak[name], memory)


def spent(before: Mapping[str, Taken], after: Mapping[str, Taken]) -> dict[str, float]:
    """Seconds of a processor between two looks, by group."""
    return {name: after[name].cpu_s - before[name].cpu_s for name in after}


def with_children(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += with_children(int(child))
    return found


def cpu_s(pid: int) -> float:
    """Seconds that it ran, on its own account and the system's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def idle_share(seconds: float) -> float:
    """Which part of this computer's processor time nobody wanted, while somebody looks for so long."""

    def read() -> tuple[int, int]:
        fields = list(map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]))
        return fields[3] + fields[4], sum(fields)

    idle, total = read()
    time.sleep(seconds)
    idle_now, total_now = read()
    return (idle_now - idle) / max(1, total_now - total)
