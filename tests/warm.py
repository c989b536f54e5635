"""Programs of ours as processes, without waiting for an interpreter and its imports each time.

    with Warm([sys.executable, "app.py", "--demo"], cwd=PROJECT, stdout=PIPE) as process: …
    done = warm_run([sys.executable, "-m", "utils.cli", "bays"], cwd=PROJECT, capture_output=True, text=True)

A process that has imported the whole program (tests/becoming.py) forks, and its child becomes what was
asked for: its own process id, arguments, environment, folder, streams, session and exit status. What a start
from nothing does is not shown by it, nor what /proc tells of one: such tests take subprocess itself.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from tests.waiting import wait_until

SHARED = "FORKS_FOR_TESTS"
"""Names the one process that forks for all processes of a run of tests; they get it with the environment."""
os.environ.setdefault(SHARED, f"forks-for-tests-{os.getpid()}")
PYTHON_SETTINGS = os.environ.items()  # an interpreter reads its own as it starts
_one_at_a_time = threading.Lock()


@functools.cache
def _forks() -> socket.socket:
    """The connection to the process that forks: begun by the first that asks, ended with the last one."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if made.connect_ex(_address()):
        subprocess.Popen(
            [sys.executable, Path(__file__).with_name("becoming.py"), os.environ[SHARED]],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
        )
        assert wait_until(lambda: not made.connect_ex(_address()), 60)
    return made


def _address() -> str:
    return f"\0{os.environ[SHARED]}"


class Warm(subprocess.Popen[Any]):
    """A Popen whose child is forked from a process that has imported the program. within: a network namespace
    that it enters first, as `ip netns exec` does."""

    def __init__(self, argv: list[str], *, within: str | None = None, **more: Any) -> None:
        self._within = within
        super().__init__(argv, **more)

    def _execute_child(self, *given: Any) -> None:
        told = inspect.signature(subprocess.Popen._execute_child).bind(self, *given).arguments
        environ = dict(os.environ if told["env"] is None else told["env"])
        assert told["args"][0] == sys.executable
        assert {key: environ[key] for key in environ if key.startswith("PYTHON")}.items() <= PYTHON_SETTINGS
        asked = {
            "argv": [str(word) for word in told["args"][1:]],
            "cwd": str(told["cwd"] or os.getcwd()),
            "environ": environ,
            "own_session": told["start_new_session"],
            "within": self._within,
        }
        pipes = [told[name] for name in ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")]
        streams = [given if given != -1 else own for own, given in enumerate((pipes[0], pipes[3], pipes[5]))]
        self._status, theirs = os.pipe()
        with _one_at_a_time:
            socket.send_fds(_forks(), [json.dumps(asked).encode()], [*streams, theirs])
            self.pid = int(_forks().recv(64))
        os.close(theirs)
        self._child_created = True
        self._close_pipe_fds(*pipes)

    def _internal_poll(self, _deadstate: int | None = None) -> int | None:
        return self._ended(0)

    def _wait(self, timeout: float | None) -> int:
        if self._ended(timeout) is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            self.returncode = int(os.read(self._status, 64))
            os.close(self._status)
        return self.returncode


def warm_run(
    argv: list[str], *, stdin: str = "", timeout: float = 120, **more: Any
) -> subprocess.CompletedProcess[str]:
    """As subprocess.run with its output captured as text."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with Warm(argv, text=True, **pipes, **more) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(argv, process.returncode, stdout, stderr)
