"""Files of tests side by side, in processes that are forked from the one that has collected all tests.

    python -m pytest -p tests.side_by_side --forks 4

Each process takes a file when it is through with one. What lasts for a session lasts as long as the process.
What is bounded in time (tests/faults) comes first, in two processes. Two more take what these leave of the
processors. At the lowest priority, they play files of tests/unit that wait for nothing. Then come the others.
There are more processes where the processors are idle.
"""

from __future__ import annotations

import builtins
import contextlib
import itertools
import os
import random
import re
import threading
import time
import traceback
import warnings
from collections import deque
from collections.abc import Iterator
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import SIDE_BY_SIDE

BOUNDED, CALM = "tests/faults/", "tests/unit/"
AT_ONCE = 2
"""So many processes for what is bounded in time, and so many beside it."""
IDLE, LOOK_S = 0.25, 4.0
"""Another process begins where so much of the processors was idle for so long: most files wait in places."""
LOW_PATIENCE_S = 600
"""How long a test may take at the lowest priority: it computes while others wait."""
WAITS = re.compile(
    r"^(?:from|import) (?:asyncio|select|signal|socket|subprocess|threading|time\b|sqlalchemy"
    r"|tests\.(?:postgres|servers|waiting|warm|web|unit\.linear))",
    re.MULTILINE,
)
"""What a file imports that does more than compute, or that measures how long it computes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--forks", type=int, default=0, help="how many files of tests are played side by side")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.forks:
        os.environ[SIDE_BY_SIDE] = "1"


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    if not session.config.option.forks or session.config.option.collectonly or session.testsfailed:
        return None
    with contextlib.closing(_Run(session)) as run:
        run.play()
    return True


class _Run:
    """All files that are to be played, and the processes that play them."""

    def __init__(self, session: pytest.Session) -> None:
        self._session, self._hook = session, session.config.hook
        self._forks: list[_Fork] = []
        self._bounded: deque[list[int]] = deque()
        self._calm: deque[list[int]] = deque()
        self._others: deque[list[int]] = deque()
        self._idle = _Idle()
        for indices in _by_file(session.items):
            self._queue_for(session.items[indices[0]]).append(indices)
        for index in itertools.chain(*self._calm):
            session.items[index].add_marker(pytest.mark.timeout(LOW_PATIENCE_S))
        session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]

    def _queue_for(self, item: pytest.Item) -> deque[list[int]]:
        if item.nodeid.startswith(BOUNDED):
            return self._bounded
        computes = item.nodeid.startswith(CALM) and not WAITS.search(item.path.read_text(encoding="utf-8"))
        return self._calm if computes else self._others

    def play(self) -> None:
        """Until no process is left."""
        self._begin()
        while self._forks:
            ready = wait([end for fork in self._forks for end in (fork.connection, fork.ended)])
            for fork in [each for each in self._forks if each.connection in ready or each.ended in ready]:
                self._hear(fork)
                if fork.ended in ready:
                    self._gone(fork)
            self._use_what_is_idle()

    def _use_what_is_idle(self) -> None:
        """One more process at a time, up to twice as many as it began with."""
        for files, begun in ((self._calm, AT_ONCE), (self._others, self._session.config.option.forks)):
            playing = sum(fork.files is files for fork in self._forks)
            if 0 < playing < 2 * begun and files and self._idle.long():
                self._fork(files)

    def _begin(self) -> None:
        bounded = min(AT_ONCE, len(self._bounded))
        for _ in range(bounded):
            self._fork(self._bounded)
        for _ in range(min(AT_ONCE, len(self._calm)) if bounded else 0):
            self._fork(self._calm)
        if not bounded:
            self._begin_others()

    def _begin_others(self) -> None:
        for fork in self._forks:  # it goes on with its file, beside what is in no hurry either
            with contextlib.suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, fork.pid, 0)
        self._others.extend(self._calm)
        self._calm.clear()
        playing = sum(fork.files is self._others for fork in self._forks)
        for _ in range(min(self._session.config.option.forks - playing, len(self._others))):
            self._fork(self._others)

    def _fork(self, files: deque[list[int]]) -> None:
        self._forks.append(_Fork(self._session, files, self._forks, 19 if files is self._calm else 0))

    def _hear(self, fork: _Fork) -> None:
        """All that it has told so far."""
        with contextlib.suppress(EOFError, ConnectionError):
            while fork.connection.poll():
                what, told = fork.connection.recv()
                getattr(self, f"_on_{what}")(fork, told)
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
                if self._session.shouldstop:
                    raise self._session.Interrupted(self._session.shouldstop)

    def _on_free(self, fork: _Fork, _: object) -> None:
        fork.todo = fork.files.popleft() if fork.files else []
        fork.connection.send(fork.todo)

    def _on_begun(self, fork: _Fork, index: int) -> None:
        fork.todo = fork.todo[fork.todo.index(index) :]

    def _on_report(self, fork: _Fork, told: dict[str, Any]) -> None:
        config = self._session.config
        report = self._hook.pytest_report_from_serializable(config=config, data=told)
        self._hook.pytest_runtest_logreport(report=report)

    def _on_warning(self, fork: _Fork, told: tuple[str, str, str, int, Any]) -> None:
        text, category, filename, line, more = told
        kind = getattr(builtins, category, UserWarning)
        made = warnings.WarningMessage(kind(text), kind, filename, line)
        self._hook.pytest_warning_recorded.call_historic(kwargs={"warning_message": made, **more})

    def _on_broken(self, fork: _Fork, told: str) -> None:
        raise RuntimeError(told)

    def _gone(self, fork: _Fork) -> None:
        """It has ended; what it was at has failed when it should not have."""
        self._forks.remove(fork)
        status = fork.close()
        if fork.todo:
            at, *others = fork.todo
            self._hook.pytest_runtest_logreport(report=_crash(self._session.items[at], status))
            if others:
                fork.files.appendleft(others)
                self._fork(fork.files)
        elif status:
            raise RuntimeError(f"a process ended between two files, with status {status}")
        if fork.files is not self._bounded:
            return
        if not any(each.files is self._bounded for each in self._forks):
            self._begin_others()
        elif self._others:  # beside the last of them there are as many as before
            self._fork(self._others)

    def close(self) -> None:
        """No process is left: each ends with the test that it is at."""
        for fork in self._forks:
            fork.close()


class _Idle:
    """Whether the processors have been idle. Says no where no system tells."""

    def __init__(self) -> None:
        self._since, self._idle_s = time.monotonic(), self._told()

    def long(self) -> bool:
        """Asked within LOOK_S again, it says no."""
        now = time.monotonic()
        if (passed := now - self._since) < LOOK_S:
            return False
        before, self._since, self._idle_s = self._idle_s, now, self._told()
        return self._idle_s - before > IDLE * passed * (os.cpu_count() or 1)

    @staticmethod
    def _told() -> float:
        """Seconds that all processors together were idle since the system began."""
        try:
            facts = Path("/proc/stat").read_text(encoding="ascii").split()
        except OSError:
            return 0.0
        return int(facts[4]) / os.sysconf("SC_CLK_TCK")


class _Fork:
    """A process that plays a file at a time and tells how each test went."""

    def __init__(
        self, session: pytest.Session, files: deque[list[int]], others: list[_Fork], niceness: int
    ) -> None:
        assert threading.active_count() == 1, "a thread does not live on in a fork"
        self.files = files
        self.todo: list[int] = []
        self.connection, theirs = Pipe()
        self.pid = os.fork()
        if not self.pid:
            for each in (self, *others):
                each.connection.close()
            _live(session, theirs, niceness)
        theirs.close()
        self.ended = os.pidfd_open(self.pid)

    def close(self) -> int:
        """Its exit status, once it has one."""
        self.connection.close()
        os.close(self.ended)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _by_file(items: list[pytest.Item]) -> Iterator[list[int]]:
    """The indices of each file's items."""
    files: dict[Path, list[int]] = {}
    for index, item in enumerate(items):
        files.setdefault(item.path, []).append(index)
    yield from files.values()


def _crash(item: pytest.Item, status: int) -> pytest.TestReport:
    text = f"The process that played it ended in its midst, with status {status}."
    return pytest.TestReport(item.nodeid, item.location, {}, "failed", text, "call")


class _Between(pytest.Item):
    """What comes after a file's last test: nothing of the file lasts, but all that lasts for the session."""

    def runtest(self) -> None:
        raise NotImplementedError


class _Teller:
    """In a fork: the hooks whose news the first process waits for."""

    def __init__(self, config: pytest.Config, connection: Connection) -> None:
        self._config, self._connection = config, connection

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._connection.send(("report", told))

    def pytest_warning_recorded(
        self, warning_message: warnings.WarningMessage, when: str, nodeid: str, location: object
    ) -> None:
        said = warning_message
        more = {"when": when, "nodeid": nodeid, "location": location}
        told = (str(said.message), said.category.__name__, said.filename, said.lineno, more)
        self._connection.send(("warning", told))


def _live(session: pytest.Session, connection: Connection, niceness: int) -> None:
    """What a fork does from its begin to its end."""
    try:
        os.nice(niceness)
        _settle(session.config, connection)
        _play(session, connection)
    except (KeyboardInterrupt, EOFError, BrokenPipeError):  # whoever listened has gone
        with contextlib.suppress(BaseException):
            session._setupstate.teardown_exact(None)
    except BaseException:
        connection.send(("broken", traceback.format_exc()))
    finally:
        os._exit(0)


def _settle(config: pytest.Config, connection: Connection) -> None:
    """What each process has for itself: chance, captured output, a folder. The first alone tells people."""
    random.seed()
    capture = config.pluginmanager.getplugin("capturemanager")
    capture.stop_global_capturing()
    capture.start_global_capturing()
    config.get_terminal_writer()._file = open(os.devnull, "w")  # noqa: SIM115
    factory = config._tmp_path_factory  # type: ignore[attr-defined]
    factory._basetemp = factory.getbasetemp() / f"fork-{os.getpid()}"
    factory._basetemp.mkdir(0o700)
    config.pluginmanager.register(_Teller(config, connection))


def _play(session: pytest.Session, connection: Connection) -> None:
    hook = session.config.hook
    between = _Between.from_parent(session, name="between files")
    item = None
    connection.send(("free", None))
    while indices := connection.recv():
        following = [*(session.items[index] for index in indices[1:]), between]
        for index, nextitem in zip(indices, following, strict=True):
            item = session.items[index]
            connection.send(("begun", index))
            hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
        connection.send(("free", None))
    if item is not None:
        call = pytest.CallInfo.from_call(lambda: session._setupstate.teardown_exact(None), "teardown")
        hook.pytest_runtest_logreport(report=pytest.TestReport.from_item_and_call(item, call))
