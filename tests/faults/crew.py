"""Several workers that play rows side by side: most of a row is waiting.

Each worker is a process with a user and, with root, a network namespace of its own. A worker that
does not answer in time is killed, and its row has failed.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.faults import netns
from tests.faults.matrix import Outcome, Row
from tests.servers.servers import User, throwaway_user
from tests.warm import Warm

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0  # beyond a row's own bound: its preparations and its end


def can_run_root_rows() -> bool:
    """Whether real servers, users and namespaces can be had here."""
    tools = ("sshd", "dropbear", "useradd", "ssh", "pkill", "unshare")
    return os.name != "nt" and netns.available() and all(shutil.which(tool) for tool in tools)


class Crew:
    """Plays rows; `tell` gets each outcome, from any thread, as it comes. A context."""

    def __init__(self, rows: Sequence[Row], tell: Callable[[Outcome], None], workers: int = 4) -> None:
        self._todo: queue.SimpleQueue[Row] = queue.SimpleQueue()
        for row in sorted(rows, key=lambda row: -row.within):  # the long ones first
            self._todo.put(row)
        self._tell = tell
        self._root = can_run_root_rows()
        self._threads = [threading.Thread(target=self._work, name=f"crew-{n}") for n in range(workers)]
        self._over = False

    def __enter__(self) -> Crew:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._over = kind is not None
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        with contextlib.ExitStack() as stack:
            user = stack.enter_context(_one_at_a_time()) if self._root else None
            place = stack.enter_context(netns.namespace()) if self._root else None
            worker: _Worker | None = None
            while not self._over:
                try:
                    row = self._todo.get_nowait()
                except queue.Empty:
                    break
                worker = worker or _Worker(user, place)
                outcome = worker.play(row)
                if not worker.alive:
                    worker = None
                self._tell(outcome)
            if worker is not None:
                worker.close()


class _Worker:
    def __init__(self, user: User | None, place: str | None) -> None:
        known = {k: str(v) for k, v in vars(user).items()} if user else None
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the worker
        self._process = Warm(
            [sys.executable, "-m", "tests.faults.worker"], within=place, cwd=PROJECT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, start_new_session=True,
        )  # fmt: skip
        self.alive = True
        self._say(json.dumps(known))

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()

    def play(self, row: Row) -> Outcome:
        assert self._process.stdout is not None
        self._say(row.key)
        ready = select.select([self._process.stdout], [], [], row.within + PATIENCE_S)[0]
        line = self._process.stdout.readline() if ready else b""
        if not line:
            said = self._last_words()
            self.close()
            return Outcome(row.key, row.fault, faults=[f"the worker {'died' if ready else 'hung'}: {said}"])
        values: dict[str, Any] = json.loads(line)
        outcome = Outcome(**values)
        if outcome.faults:
            outcome.faults.append(f"log: {self._last_words()}")
        return outcome

    def _last_words(self) -> str:
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - 3000))
        return self._said.read().decode(errors="replace")

    def close(self) -> None:
        self.alive = False
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert stream is not None
                stream.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            self._process.wait()
        self._said.close()


_useradd = threading.Lock()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[User]:
    """A throw-away user; useradd waits a second when another one runs."""
    with contextlib.ExitStack() as stack:
        with _useradd:
            user = stack.enter_context(throwaway_user())
        yield user
        _useradd.acquire()
        stack.callback(_useradd.release)
