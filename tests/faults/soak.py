"""Random faults every few seconds, while eight threads work: nothing runs twice, nothing is lost.

    python -m tests.faults.soak --minutes 5 [--seed N]

The device is a real sshd behind a proxy. Every unsafe command notes, where it runs, that it ran and on
which device. At the end: each call had exactly one outcome, in its time; what ran and what was told
agree; nothing ran on another device than it was meant for; threads, files and memory are as before; and
the last command works.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import ledger
from tests.faults.proxy import Proxy
from tests.servers.servers import Sshd, throwaway_user
from utils import errors, ssh_interface
from utils.model.results import CommandResult

CLIENTS = 8
# What login files put in the shell's place, or do to it.
IN_FRONT = (
    "exec zsh", "[ -n \"$D\" ] || { export D=1; exec dash; }", "exec tcsh", "exec fish", "mksh", "sh -i",
    "exec script -q /dev/null", "read -r x", "read -r -t1 x", "exec cat", "exec 2>&1", "exit 0",
    "echo noise; echo noise >&2",
)  # fmt: skip
OVERRUN_S = 9.0  # what ending a command on a device that does not answer may take beyond the deadline
GROWTH_KB = 40_000
# Only these may have run although there is no result; all others promise that nothing was run.
MAY_HAVE_RUN = {"outcome-unknown", "command-timeout", "cancelled"}


@dataclass
class Report:
    """What came of a soak. faults: what was not as it must be."""

    seconds: float = 0.0
    calls: int = 0
    started: int = 0
    injected: int = 0
    outcomes: collections.Counter[str] = field(default_factory=collections.Counter)
    injections: collections.Counter[str] = field(default_factory=collections.Counter)
    twice: int = 0
    untrue: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    slowest_overrun_s: float = 0.0
    memory_growth_kb: int = 0
    thread_growth: int = 0
    file_growth: int = 0
    logins: int = 0
    faults: list[str] = field(default_factory=list)

    def text(self) -> str:
        lines = [
            f"{self.seconds:.0f} s, {self.calls} calls, {self.injected} faults, {self.logins} logins",
            f"outcomes: {_counted(self.outcomes)}",
            f"faults: {_counted(self.injections)}",
            f"double executions {self.twice}, lost outcomes {self.started - self.calls}, "
            f"untrue outcomes {len(self.untrue)}, on another device {len(self.foreign)}, "
            f"wrong output {len(self.wrong)}",
            f"longest over its deadline {self.slowest_overrun_s:.1f} s, memory {self.memory_growth_kb:+} kB, "
            f"threads {self.thread_growth:+}, open files {self.file_growth:+}",
            *(f"MISSED: {fault}" for fault in self.faults),
        ]
        return "\n".join(lines)


class Soak:
    """One run. The device's number, a new one for each swap, is in its sessions' environment."""

    def __init__(self, seconds: float, seed: int) -> None:
        self.seconds = seconds
        self.report = Report()
        self._random = random.Random(seed)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._device = 1
        self._devices: dict[str, str] = {}  # key of a device -> its number, as it said itself
        self.folder = Path(tempfile.mkdtemp(prefix="v3-soak-"))
        self.folder.chmod(0o777)

    def run(self) -> Report:
        try:
            with throwaway_user() as user, Sshd(user, config="SetEnv DEVICE=1") as server:
                self._server = server
                with Proxy(server) as proxy:
                    self._proxy = proxy
                    self._play()
        finally:
            ssh_interface.close()
            shutil.rmtree(self.folder, ignore_errors=True)
        return self.report

    def _play(self) -> None:
        ssh_interface.configure(self._proxy.settings(self.folder / "data"))
        self._settle()
        before, memory, started = ledger.take(), ledger.memory_kb(), time.monotonic()
        workers = [
            threading.Thread(target=self._client, args=(n,), name=f"client-{n}") for n in range(CLIENTS)
        ]
        for worker in workers:
            worker.start()
        while time.monotonic() - started < self.seconds:
            self._inject()
            self._over.wait(self._random.uniform(0.5, 3.5))
        self._over.set()
        for worker in workers:
            worker.join(60)
        self.report.seconds = time.monotonic() - started
        self._last_command()
        self._compare(before, memory)
        self._count()

    # -- faults -------------------------------------------------------------------------------

    def _inject(self) -> None:
        kinds: list[Callable[[], None]] = [
            self._kill_sessions, self._restart, self._freeze_server, self._swap, self._cut, self._delay,
            self._freeze_cable, self._half_close, self._cut_on_request, self._press_reset,
            self._other_shell, self._other_shell,
        ]  # fmt: skip
        kind = self._random.choice(kinds)
        self.report.injections[kind.__name__.strip("_")] += 1
        self.report.injected += 1
        kind()

    def _kill_sessions(self) -> None:
        self._server.signal_sessions(signal.SIGKILL)

    def _restart(self) -> None:
        self._server.stop()
        self._over.wait(self._random.choice([0.0, 0.5, 2.0]))
        self._server.start()

    def _swap(self) -> None:
        self._server.stop()
        self._device += 1
        self._server.new_host_key()
        self._server.config = f"SetEnv DEVICE={self._device}"
        self._server.start()

    def _freeze_server(self) -> None:
        frozen = self._server.session_pids()
        for pid in frozen:
            _signal(pid, signal.SIGSTOP)
        self._over.wait(self._random.choice([0.5, 2.0, 7.0]))
        for pid in frozen:
            _signal(pid, signal.SIGCONT)

    def _cut(self) -> None:
        self._proxy.cut()

    def _cut_on_request(self) -> None:
        self._proxy.cut_on_next_request()

    def _half_close(self) -> None:
        self._proxy.half_close()

    def _delay(self) -> None:
        self._proxy.delay(self._random.choice([0.0, 0.02, 0.1]))

    def _freeze_cable(self) -> None:
        self._proxy.freeze()
        self._over.wait(self._random.choice([0.5, 2.0, 7.0]))
        self._proxy.thaw()

    def _press_reset(self) -> None:
        ssh_interface.reset()

    def _other_shell(self) -> None:
        """For some seconds new sessions meet something else than the shell."""
        path = self._server.user.home / ".bashrc"
        before = path.read_text()
        path.write_text(f"{before}{self._random.choice(IN_FRONT)}\n")
        self._server.signal_sessions(signal.SIGKILL)
        self._over.wait(self._random.choice([1.0, 5.0, 12.0]))
        path.write_text(before)

    # -- work ---------------------------------------------------------------------------------

    def _client(self, seed: int) -> None:
        choose = random.Random(seed)
        while not self._over.is_set():
            work = choose.choice(
                [self._unsafe, self._unsafe, self._read, self._big, self._stdin, self._stopped]
            )
            with self._lock:
                self.report.started += 1
            try:
                code = work(choose)
            except Exception as exc:
                code = f"raised {type(exc).__name__}: {exc}"
                self.report.faults.append(code)
            with self._lock:
                self.report.calls += 1
                self.report.outcomes[code] += 1
            if code != "ok":
                self._over.wait(0.1)  # as somebody who looks at the message first

    def _ask(self, command: str, timeout: float, **more: object) -> CommandResult | errors.V3Error:
        """One call, timed; a batch of one, since that can be bound to a device."""
        request = ssh_interface.Request(command, timeout, **more)  # type: ignore[arg-type]
        started = time.monotonic()
        answers = [answer for _, answer in ssh_interface.run_many([request])]
        overrun = time.monotonic() - started - timeout
        with self._lock:
            self.report.slowest_overrun_s = max(self.report.slowest_overrun_s, overrun)
            if overrun > OVERRUN_S:
                self.report.faults.append(f"{overrun:.1f} s over its deadline: {command}")
            if len(answers) != 1:
                self.report.faults.append(f"{len(answers)} answers to one request")
        return answers[0]

    def _unsafe(self, choose: random.Random) -> str:
        counter = self.folder / f"count-{next(self._numbers)}"
        pause = choose.choice(["", "sleep 0.2; ", "sleep 1; "])
        bound = ssh_interface._the_door().link.current_device()
        command = f"echo $DEVICE >>{counter}; {pause}echo done"
        answer = self._ask(command, choose.choice([4.0, 15.0]), device=bound)
        ran = _lines(counter)
        code = _code(answer)
        with self._lock:
            if bound is not None and ran and self._devices.setdefault(bound, ran[0]) != ran[0]:
                self.report.foreign.append(f"{counter.name}: on {ran[0]}, meant for {self._devices[bound]}")
            if code == "ok" and len(ran) != 1:
                self.report.untrue.append(f"{counter.name}: told ok, ran {len(ran)} times")
            if code != "ok" and code not in MAY_HAVE_RUN and ran:
                self.report.untrue.append(f"{counter.name}: told {code}, yet it ran")
        return code

    def _read(self, choose: random.Random) -> str:
        number = choose.randrange(10**9)
        answer = self._ask(f"echo {number}; echo {number} >&2", 10.0, effect="read")
        return self._checked(answer, f"{number}\n", f"{number}\n")

    def _big(self, _choose: random.Random) -> str:
        answer = self._ask("head -c 300000 /dev/zero | tr '\\0' b", 15.0, effect="read")
        return self._checked(answer, "b" * 300_000, "")

    def _stdin(self, choose: random.Random) -> str:
        text = str(choose.random()) * 2000
        return self._checked(self._ask("cat", 10.0, stdin=text), text, "")

    def _stopped(self, choose: random.Random) -> str:
        """A call that is cancelled, or whose time is too short."""
        cancel = threading.Event()
        timer = threading.Timer(0.5, cancel.set)
        if choose.random() < 0.5:
            timer.start()
        code = _code(self._ask("sleep 30", 1.5, cancel=cancel))
        timer.cancel()
        return code if code != "ok" else "ok, though it was stopped"

    def _checked(self, answer: CommandResult | errors.V3Error, out: str, err: str) -> str:
        if isinstance(answer, CommandResult) and (answer.stdout, answer.stderr) != (out, err):
            with self._lock:
                self.report.wrong.append(f"{answer.command}: {answer.stdout[:80]!r} {answer.stderr[:80]!r}")
        return _code(answer)

    # -- the end ------------------------------------------------------------------------------

    def _settle(self) -> None:
        """A connected link and nothing else under way."""
        ssh_interface.run("true", timeout=20)
        ssh_interface._the_door().openssh.close()
        time.sleep(3)

    def _last_command(self) -> None:
        self._proxy.delay(0.0)
        self._proxy.thaw()
        ssh_interface.reset()
        try:
            if ssh_interface.run("echo last", timeout=20).stdout != "last\n":
                self.report.faults.append("the last command printed something else")
        except errors.V3Error as exc:
            self.report.faults.append(f"the last command failed: {exc.code} {exc}")

    def _compare(self, before: ledger.Ledger, memory: int) -> None:
        self._settle()
        ledger.wait_until(lambda: not ledger.take().beyond(before), 8)
        after = ledger.take()
        self.report.thread_growth = len(after.threads) - len(before.threads)
        self.report.file_growth = after.files - before.files
        self.report.memory_growth_kb = ledger.memory_kb() - memory
        self.report.logins = ssh_interface.status().logins
        self.report.faults += after.beyond(before)
        if self.report.memory_growth_kb > GROWTH_KB:
            self.report.faults.append(f"memory grew by {self.report.memory_growth_kb} kB")
        if self.report.started != self.report.calls:
            self.report.faults.append(f"{self.report.started - self.report.calls} calls never ended")

    def _count(self) -> None:
        self.report.twice = sum(len(_lines(path)) > 1 for path in self.folder.glob("count-*"))
        found_by_name = {
            "ran twice": self.report.twice, "untrue": self.report.untrue,
            "on another device": self.report.foreign, "wrong output": self.report.wrong,
        }  # fmt: skip
        for name, found in found_by_name.items():
            if found:
                self.report.faults.append(f"{name}: {found}")


def _code(answer: CommandResult | errors.V3Error) -> str:
    if isinstance(answer, errors.V3Error):
        return answer.code
    return "ok" if answer.exit_status == 0 else f"ended with {answer.exit_status or answer.signal}"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _counted(counter: collections.Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=None, help="the same faults in the same order")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.CRITICAL)
    seed = options.seed if options.seed is not None else random.randrange(10**6)
    print(f"seed {seed}", flush=True)
    report = Soak(options.minutes * 60, seed).run()
    print(report.text())
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
