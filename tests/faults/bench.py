"""What a row works with: the real door, servers, a command that is counted where it runs, a clock."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.faults import ledger
from tests.servers.servers import Dropbear, Sshd, User
from utils import errors, ssh_interface
from utils.link.login import refusals
from utils.model.results import CommandResult, LinkState
from utils.settings import Settings

SLEEP = "sleep 6543"  # what long commands of the rows run; looked for afterwards


@dataclass
class Seen:
    """How one call ended: shown is an error's code, "ok", "exit N", "capped" or "signal NAME"."""

    shown: str
    seconds: float
    counter: Path | None = None
    result: CommandResult | None = None
    error: BaseException | None = None

    @property
    def text(self) -> str:
        """What it said, for a reader."""
        return str(self.error) if self.error is not None else ""

    @property
    def out(self) -> str:
        return self.result.stdout if self.result is not None else ""

    @property
    def runs(self) -> int:
        """How often the command ran, counted on the device."""
        return _lines(self.counter)


class Bench:
    """One row's table. A context: leaving it ends the door, servers and whatever they left running."""

    def __init__(self, user: User | None) -> None:
        self._user = user
        self._stack = contextlib.ExitStack()
        self._calls = 0
        self._over = False
        self._timers: list[threading.Timer] = []
        self._private: list[Path] = []
        self.leftovers: list[str] = []
        self.folder = Path("/nowhere")
        self.ssh = ssh_interface

    def __enter__(self) -> Bench:
        self.folder = Path(tempfile.mkdtemp(prefix="v3-row-"))
        self.folder.chmod(0o777)
        self._stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._stack.callback(self._clean_user)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._over = True
        for timer in self._timers:
            timer.cancel()
            timer.join()
        self._note_private_folder()
        started = time.monotonic()
        ssh_interface.close()
        if time.monotonic() - started > 5:
            self.leftovers.append("closing the door took longer than 5 s")
        self._stack.close()
        masters = [path for path in self._private if path.exists() or _mentioned(str(path))]
        if masters and not ledger.wait_until(lambda: not any(_mentioned(str(p)) for p in masters), 2):
            self.leftovers.append("an ssh process outlived the door")

    # -- devices ------------------------------------------------------------------------------

    @property
    def user(self) -> User:
        assert self._user is not None, "needs root"
        return self._user

    def sshd(self, config: str = "", **more: Any) -> Sshd:
        """A real OpenSSH server, running."""
        started: Sshd = self._stack.enter_context(Sshd(self.user, config=config, **more))
        return started

    def dropbear(self) -> Dropbear:
        """A real dropbear, running."""
        started: Dropbear = self._stack.enter_context(Dropbear(self.user))
        return started

    def use(self, context: Any) -> Any:
        """Enters a context that ends with the row."""
        return self._stack.enter_context(context)

    def afterwards(self, action: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        """Something to put right when the row is over."""
        self._stack.callback(action, *arguments, **options)

    def login_file(self, text: str) -> None:
        """Further lines for the user's .bashrc, for this row."""
        path = self.user.home / ".bashrc"
        before = path.read_text()
        path.write_text(f"{before}{text}\n")
        self.afterwards(path.write_text, before)

    # -- the door -----------------------------------------------------------------------------

    def point(self, at: Any, **changes: Any) -> None:
        """The door at a server or stub; keys of devices are remembered within the row."""
        self._note_private_folder()
        settings: Settings = at.settings(self.folder / "data", **changes)
        refusals.new_bench()  # all rows have one password, and each server is a bench of its own
        ssh_interface.configure(settings)

    def connect(self, at: Any, **changes: Any) -> None:
        """The door at a server, and connected."""
        self.point(at, **changes)
        ssh_interface.run("true", timeout=20)

    @property
    def transport(self) -> Any:
        """paramiko's transport under the link."""
        connection = ssh_interface._the_door().link._connection
        assert connection is not None
        return connection.transport

    @property
    def state(self) -> str:
        """ "ready", "new", "down" or "blocked", see matrix.Row."""
        now = ssh_interface.status()
        if now.state is LinkState.CONNECTED:
            return "ready" if now.logins == 1 else "new"
        if now.state is LinkState.CONNECTING:
            return "connecting"
        return "blocked" if now.state is LinkState.BLOCKED else "down"

    # -- commands -----------------------------------------------------------------------------

    def call(self, body: str = "true", **options: Any) -> Seen:
        """Runs `body` through the door after noting on the device that it ran."""
        counter = self._counter(options.get("effect", "unsafe"))
        started = time.monotonic()
        try:
            result = ssh_interface.run(f"echo x >>{counter}; {body}", **{"timeout": 20.0, **options})
        except errors.V3Error as exc:
            return Seen(exc.code, time.monotonic() - started, counter, error=exc)
        except Exception as exc:
            return Seen(f"raised {type(exc).__name__}", time.monotonic() - started, counter, error=exc)
        return Seen(_shown(result), time.monotonic() - started, counter, result)

    def calls(self, number: int, body: str = "true", **options: Any) -> list[Seen]:
        """So many calls at the same time."""
        seen: list[Seen] = []
        threads = [
            threading.Thread(target=lambda: seen.append(self.call(body, **options)), name="row-call")
            for _ in range(number)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(seen) == number, f"{number - len(seen)} of {number} calls never ended"
        return seen

    def later(self, seconds: float, action: Callable[[], Any]) -> None:
        """Does something while a call is under way."""
        timer = threading.Timer(seconds, action)
        timer.name = "row-later"
        timer.start()
        self._timers.append(timer)

    def once_it_runs(self, action: Callable[[], Any]) -> None:
        """Does something as soon as the next call's command runs on the device."""
        counters = f"count-*-{self._calls + 1}"

        def act() -> None:
            ledger.wait_until(lambda: self._over or any(map(_lines, self.folder.glob(counters))), 20)
            if not self._over:
                action()

        self.later(0.0, act)

    def _counter(self, effect: str) -> Path:
        self._calls += 1
        return self.folder / f"count-{effect}-{self._calls}"

    # -- what the device says -----------------------------------------------------------------

    def ran_twice(self) -> list[str]:
        """Unsafe commands that ran more than once."""
        return [path.name for path in self.folder.glob("count-unsafe-*") if _lines(path) > 1]

    def still_running(self) -> list[str]:
        """Long commands of the row that nobody stopped."""
        ledger.wait_until(lambda: not _running(SLEEP), 2.0)
        return _running(SLEEP)

    def end_sleeps(self) -> None:
        """Ends the long commands, and nothing else: what waits for them goes on."""
        for pid in _running(SLEEP, pids=True):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def _clean_user(self) -> None:
        self.end_sleeps()
        if self._user is not None:
            self._user.power_off()

    def _note_private_folder(self) -> None:
        door = ssh_interface.door.made
        if door is not None and door.openssh._folder is not None:
            self._private.append(door.openssh._folder.path)


def worst(seen: list[Seen]) -> Seen:
    """Of several calls the one that a row must not show: an error first, then the slowest."""
    return max(seen, key=lambda one: (one.shown != "ok", one.seconds))


def _shown(result: CommandResult) -> str:
    if result.truncated:
        return "capped"
    if result.signal:
        return f"signal {result.signal}"
    return "ok" if result.exit_status == 0 else f"exit {result.exit_status}"


def _lines(counter: Path | None) -> int:
    try:
        return counter.read_text().count("x\n") if counter else 0
    except OSError:
        return 0


def _in_our_network(pid: str) -> bool:
    """Workers have a network of their own each; so what runs in another one is another worker's."""
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/net") in _networks()
    return False


def _networks() -> set[str]:
    return {os.readlink("/proc/self/ns/net"), *DEVICE_NETWORKS}


DEVICE_NETWORKS: set[str] = set()
"""Further namespaces where devices of this worker live (netns.py adds them)."""


def _running(pattern: str, *, pids: bool = False) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if line.startswith(pattern) and _in_our_network(folder.name):
                found.append(folder.name if pids else line)
    return found


def _mentioned(text: str) -> bool:
    """Whether a process of this machine names it in its command line."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and folder.name != str(os.getpid()):
            with contextlib.suppress(OSError):
                if text.encode() in (folder / "cmdline").read_bytes():
                    return True
    return False
