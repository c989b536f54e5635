"""A computer for one test: a network of its own, and programs of unit files with what systemd lets them have.

    with Computer(folder) as pc:
        pc.user("v3-hub", 60731)
        pc.append("/etc/v3-diagnostics/hub.env", text)
        hub = pc.start("v3-hub.service")           # waits for its READY=1
        pc.inside(lambda: …)                       # played within its network

Nothing of the real computer is written. Of a unit's rights these are in force: its user without capabilities,
NoNewPrivileges, MemoryDenyWriteExecute where the kernel can, ProtectSystem, ProtectHome, PrivateTmp, UMask
and its own folders. Its limits on system calls, addresses and devices are not: only systemd itself has them.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tests.faults import netns
from tests.servers import rights
from tests.servers.rights import HIDDEN, PROGRAM
from utils.settings import PROJECT

DEPLOY = PROJECT / "docs" / "deploy"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NEWNET = 0x40000000
Found = TypeVar("Found")


def unit(name: str) -> dict[str, list[str]]:
    """What a unit file says, by its keys."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


class Service:
    """A running program of a unit, or what it left."""

    def __init__(self, process: subprocess.Popen[str], uid: int) -> None:
        self.process, self._uid = process, uid

    def stop(self) -> tuple[int, str]:
        """SIGTERM to the program alone (KillMode=mixed): its status, and what it said."""
        self.process.send_signal(signal.SIGTERM)
        said = self.process.communicate(timeout=60)[0]
        return self.process.returncode, said

    def left(self) -> dict[int, str]:
        """Everything that runs as its user: command lines by process id. What ended has none."""
        found = {}
        for each in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if each.stat().st_uid == self._uid:
                    found[int(each.name)] = (each / "cmdline").read_text().replace("\0", " ")
        return {pid: words for pid, words in found.items() if words}

    def kill(self) -> None:
        """End it and all that is left of its user."""
        for pid in self.left():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(20)


class Computer:
    """Of one test."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._services, self._ids = folder, list[Service](), dict[str, int]()
        self.binds: dict[str, str] = {PROGRAM: str(PROJECT), "/etc": str(folder / "etc")}
        if sys.base_prefix.startswith((*HIDDEN, "/tmp/")):
            self.binds[sys.base_prefix] = sys.base_prefix
        shutil.copytree("/etc", folder / "etc", symlinks=True, ignore=shutil.ignore_patterns("*.lock"))
        self._network = netns.namespace()

    def __enter__(self) -> Computer:
        self.net = self._network.__enter__()
        self._thread = ThreadPoolExecutor(1, initializer=self._go_inside)
        return self

    def __exit__(self, *_: Any) -> None:
        for each in self._services:
            each.kill()
        self._thread.shutdown()
        self._network.__exit__(None, None, None)

    def _go_inside(self) -> None:
        handle = os.open(f"/run/netns/{self.net}", os.O_RDONLY)
        if ctypes.CDLL(None, use_errno=True).setns(handle, _NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(handle)

    def inside(self, ask: Callable[[], Found]) -> Found:
        """What this finds within the computer's network."""
        return self._thread.submit(ask).result(120)

    def user(self, name: str, number: int) -> Path:
        """A system user with the folders of its unit; its state folder."""
        self._ids[name] = number
        self.append("/etc/passwd", f"{name}:x:{number}:{number}::/var/lib/{name}:/usr/sbin/nologin\n")
        self.append("/etc/group", f"{name}:x:{number}:\n")
        for place in ("lib", "log"):
            made = self._folder / f"{place}-{name}"
            made.mkdir(mode=0o700, exist_ok=True)
            os.chown(made, number, number)
            self.binds[f"/var/{place}/{name}"] = str(made)
        return self._folder / f"lib-{name}"

    def append(self, path: str, text: str) -> None:
        """Write more into a file below its /etc."""
        place = self._folder / path[1:]
        place.parent.mkdir(exist_ok=True)
        with place.open("a") as file:
            file.write(text)

    def argv(self, argv: list[str], **told: Any) -> list[str]:
        """This command within the computer, seen as a service sees it. told: see `become`."""
        given = json.dumps({"argv": argv, "binds": self.binds, **told})
        return [*self._within(), "unshare", "--mount", sys.executable, "-I", rights.__file__, given]

    def _within(self) -> list[str]:
        return ["ip", "netns", "exec", self.net]

    def start(self, name: str) -> Service:
        """Start a unit, and wait until it says that it is ready."""
        said = unit(name)
        user = said["User"][0]
        notify = self.inside(lambda: _notified(f"\0{name}"))
        environ = {"PATH": _PATH, "HOME": f"/var/lib/{user}", "USER": user, "NOTIFY_SOCKET": f"@{name}"}
        for line in [*said["Environment"], *self._lines(said["EnvironmentFile"][0])]:
            environ |= dict([shlex.split(line)[0].split("=", 1)])
        process = subprocess.Popen(
            self.argv(
                shlex.split(said["ExecStart"][0]), uid=self._ids[user], env=environ,
                cwd=said["WorkingDirectory"][0], mdwe=said["MemoryDenyWriteExecute"] == ["yes"],
            ),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        service = Service(process, self._ids[user])
        self._services.append(service)
        with notify:
            assert notify.recv(100) == b"READY=1"
        return service

    def _lines(self, path: str) -> list[str]:
        text = (self._folder / path[1:]).read_text()
        return [line for line in text.splitlines() if line and not line.startswith("#")]

    def run(self, *argv: str, typed: str = "") -> str:
        """What root's command prints."""
        done = subprocess.run(
            self.argv([*argv]), input=typed, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def background(self, *argv: str, **environ: str) -> subprocess.Popen[bytes]:
        """A program of root that only shares the network."""
        return subprocess.Popen(
            [*self._within(), *argv], env={**os.environ, **environ}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip


def _notified(name: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.bind(name)
    made.settimeout(90)
    return made
