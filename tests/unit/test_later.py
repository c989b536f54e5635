"""What an answer need not wait for comes after it, also in a run that a request waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.waiting import wait_until
from tests.web.small_catalogue import SMALL
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.later import answer_first, later, serving
from utils.store.history import History
from utils.web.server import Threads


def test_it_is_done_after_the_answer_once_each_and_at_once_elsewhere() -> None:
    done: list[str] = []
    first, second = (lambda: done.append("first")), (lambda: done.append("second"))
    with serving():
        later(first)
        assert done == ["first"]
        with answer_first():
            for each in (first, second, first):
                later(each)
            threads = [threading.Thread(target=later, args=(lambda: done.append("other thread"),))]
            [each.start() for each in threads]
            [each.join() for each in threads]
        assert done == ["first", "other thread"]
    assert done == ["first", "other thread", "first", "second"]
    with answer_first():
        later(first)
    assert done[4:] == ["first"]


def test_it_is_done_also_where_there_is_no_answer() -> None:
    done: list[str] = []

    @serving()
    def fail() -> None:
        with answer_first():
            later(lambda: done.append("woken"))
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        fail()
    assert done == ["woken"]


class Connection:
    """Stands for a connection whose request runs something."""

    def __init__(self, answer: Callable[[], None]) -> None:
        self.answer, self.done = answer, threading.Event()

    def service(self) -> None:
        try:
            self.answer()
        finally:
            self.done.set()

    def cancel(self) -> None:
        self.done.set()


def test_who_keeps_a_run_and_who_tells_of_it_sleep_until_its_answer_has_left(tmp_path: Path) -> None:
    history = History(tmp_path / "history.db")
    runner, threads = Runner(catalogue=SMALL, door=LocalDoor(), history=history), Threads(1)
    runner.run("healthy")
    history.catch_up()
    seen: list[bool] = []

    def asleep() -> bool:
        return history._writer._asleep and history._teller._asleep

    def answer() -> None:
        runner.run("healthy")
        time.sleep(0.1)
        seen.append(asleep())

    try:
        assert wait_until(asleep)
        request = Connection(answer)
        threads.add_task(request)
        assert request.done.wait(30)
        assert seen == [True]
        last = runner.kept_runs()[-1]
        assert wait_until(lambda: last.keeping.settled and not history._teller._open)
        assert last.keeping.trouble is None
    finally:
        threads.shutdown(timeout=5)
        runner.close()
        history.close()
