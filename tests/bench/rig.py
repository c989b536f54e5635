"""The real sshd of a run, its user, and what a process tree costs on the device. Needs root."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers import Target
from tests.servers.servers import Sshd, throwaway_user

# Key logins only. LogLevel: the server's log is not device cost.
CONFIG = "PasswordAuthentication no\nLogLevel ERROR\nMaxStartups 1000\n"
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchSshd(Sshd):
    """On all of 127.0.0.0/8, for many links. Its key exchange is sshd's own, as a board's is."""

    key_exchange = ""

    def argv(self) -> list[str]:
        argv = super().argv()
        config = Path(argv[-1])
        text = config.read_text().replace("ListenAddress 127.0.0.1", "ListenAddress 0.0.0.0")
        config.write_text(text)
        return argv


@dataclass(frozen=True)
class Rig:
    """A running sshd and a target that points at it."""

    server: Sshd
    target: Target

    def at(self, port: int) -> Target:
        """The same server behind another port (a proxy), with folders of its own."""
        folder = self.target.folder / str(port)
        folder.mkdir(exist_ok=True)
        return Target("127.0.0.1", port, self.target.user, self.target.key_file, folder)

    @contextlib.contextmanager
    def ahead(self) -> Iterator[None]:
        """This thread, the server and all that they start now run ahead of every other process.

        Without it, other work on two cores moved a ratio of 33 rounds by a fifth. With it, by a hundredth.
        """
        try:
            for pid in (0, self.pid):
                os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))
        except PermissionError:  # as root in a container without that right
            print("not ahead of other processes: they move the figures", file=sys.stderr)
        try:
            yield
        finally:
            for pid in (0, self.pid):
                os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))

    @property
    def pid(self) -> int:
        assert self.server._process is not None
        return self.server._process.pid


@contextlib.contextmanager
def rig() -> Iterator[Rig]:
    """sshd and a throw-away user with dash as sh, as on Debian and Ubuntu."""
    with (
        tempfile.TemporaryDirectory(prefix="v3-bench-") as folder,
        throwaway_user("dash") as user,
        BenchSshd(user, config=CONFIG) as server,
    ):
        key_file = Path(folder, "key")  # a copy: the original belongs to the user
        for end in ("", ".pub"):
            Path(f"{key_file}{end}").write_bytes(Path(f"{user.key_file}{end}").read_bytes())
            Path(f"{key_file}{end}").chmod(0o600)
        yield Rig(server, Target("127.0.0.1", server.port, user.name, key_file, Path(folder)))


@dataclass(frozen=True)
class Cost:
    """Processor seconds and bytes written to disks, of a process tree with all it ever waited for."""

    cpu_s: float
    written: int

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.cpu_s - other.cpu_s, self.written - other.written)


def cost_of(pid: int) -> Cost:
    """Of the tree below pid. The kernel adds a child's figures to its parent's when it is waited for,
    so nothing that ran is lost; what still runs is summed here."""
    cpu_s, written = 0.0, 0
    for each in tree(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
            io = Path(f"/proc/{each}/io").read_text()
            cpu_s += sum(int(ticks) for ticks in fields[11:15]) / _TICKS
            written += int(io.split("\nwrite_bytes: ")[1].split()[0])
    return Cost(cpu_s, written)


def tree(pid: int) -> list[int]:
    """pid and all processes below it."""
    found, queue = [], [pid]
    while queue:
        each = queue.pop()
        found.append(each)
        with contextlib.suppress(OSError):
            queue += [int(w) for w in Path(f"/proc/{each}/task/{each}/children").read_text().split()]
    return found


def memory_kib(pid: int | str = "self") -> int:
    """Resident memory of a process that belongs to it alone (private pages)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_"))
