"""What this process holds: threads, open files, children. Taken before and after a row."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import wait_until


@dataclass(frozen=True)
class Ledger:
    """Names of threads, number of open files, pids of children."""

    threads: tuple[str, ...]
    files: int
    children: tuple[int, ...]

    def beyond(self, before: Ledger) -> list[str]:
        """What is held now and was not held before, in words."""
        found = []
        if len(self.threads) > len(before.threads):
            found.append(f"threads left: {_extra(self.threads, before.threads)}")
        if self.files > before.files:
            found.append(f"{self.files - before.files} open files left")
        if len(self.children) > len(before.children):
            found.append(f"children left: {[_name(pid) for pid in self.children]}")
        return found


def take() -> Ledger:
    """What is held at this moment."""
    names = sorted(t.name for t in threading.enumerate() if t.is_alive())
    return Ledger(tuple(names), len(os.listdir("/proc/self/fd")), tuple(_children()))


def our_threads() -> list[str]:
    """The product's own threads, without those that only keep a wanted link."""
    return [t.name for t in threading.enumerate() if t.name.startswith("v3-") and t.name != "v3-keep"]


def left_over(before: Ledger, patience_s: float = 3.0) -> list[str]:
    """What is still held beyond `before` after some patience; [] when all was freed."""
    wait_until(lambda: not take().beyond(before), patience_s)
    return take().beyond(before)


def held_kb() -> int:
    """Resident memory of this process, without what its C library keeps of what was let go."""
    with contextlib.suppress(AttributeError):  # glibc alone does that
        ctypes.CDLL(None).malloc_trim(0)
    return memory_kb()


def memory_kb() -> int:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def _extra(now: tuple[str, ...], before: tuple[str, ...]) -> list[str]:
    rest = list(now)
    for name in before:
        if name in rest:
            rest.remove(name)
    return rest


def _children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += [int(word) for word in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:80]
    except OSError:
        return str(pid)
