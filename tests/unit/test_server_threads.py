"""The server's threads: begun when no other one is free, and no more than may be."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from waitress.task import ThreadedTaskDispatcher

from tests.waiting import wait_until
from utils.web.server import Threads

MOST = 5


class Request:
    """Stands for a connection with a request; it is answered once `release` is set."""

    def __init__(self, release: threading.Event) -> None:
        self.release, self.by, self.done = release, "", threading.Event()

    def service(self) -> None:
        self.by = threading.current_thread().name
        self.release.wait(30)
        self.done.set()

    def cancel(self) -> None:
        self.release.set()


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(MOST)
    yield made
    made.shutdown(timeout=5)


def _idle(threads: Threads) -> bool:
    with threads.lock:
        return threads.active_count == 0 and not threads.queue


def test_requests_one_after_the_other_have_one_thread_and_a_start_has_none(threads: Threads) -> None:
    assert not threads.threads
    at_once = threading.Event()
    at_once.set()
    served = [Request(at_once) for _ in range(20)]
    for each in served:
        threads.add_task(each)
        assert each.done.wait(30)
        assert wait_until(lambda: _idle(threads))
    assert len({each.by for each in served}) == 1


def test_a_request_waits_where_the_system_gives_no_further_thread(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    first, second, third = (Request(threading.Event()) for _ in range(3))
    threads.add_task(first)
    assert wait_until(lambda: bool(first.by))
    with monkeypatch.context() as changed:
        changed.setattr(ThreadedTaskDispatcher, "start_new_thread", none_left)
        threads.add_task(second)
    first.release.set()
    assert wait_until(lambda: second.by == first.by)
    threads.add_task(third)  # the one that did not start is not taken for a free one
    assert wait_until(lambda: bool(third.by))
    for each in (second, third):
        each.release.set()
        assert each.done.wait(30)


def test_no_more_requests_run_at_once_than_there_may_be_threads(
    threads: Threads,
) -> None:
    release = threading.Event()
    first, later = ([Request(release) for _ in range(MOST)] for _ in range(2))
    for each in first:
        threads.add_task(each)
    assert wait_until(lambda: all(each.by for each in first))
    for each in later:
        threads.add_task(each)
    assert len(threads.threads) == MOST
    assert not any(each.by for each in later)
    release.set()
    assert all(each.done.wait(30) for each in (*first, *later))
    assert len(threads.threads) == MOST
