"""Which runs are kept in memory: the newest, by number and by what they printed, and all that run."""

from __future__ import annotations

import pytest

from tests.web.small_catalogue import SMALL
from utils.bench.runs import Run, Store
from utils.errors import UnknownRun
from utils.judging.result_of import result_of
from utils.model.results import CommandResult


def test_the_store_forgets_the_oldest_finished_and_never_a_running_one() -> None:
    store: Store[Run] = Store(3, 10**6)
    running = Run(SMALL.get("hanging"))
    finished = [Run(SMALL.get("healthy")) for _ in range(6)]
    for run in finished:
        run.done.set()
    store.add([running])
    for run in finished:
        store.add([run])
    assert store.get(running.id) is running
    assert store.get(finished[-1].id) is finished[-1]
    with pytest.raises(UnknownRun):
        store.get(finished[0].id)
    assert len(list(store)) == 3


def test_the_store_forgets_by_what_was_printed_since_a_run_was_added() -> None:
    store: Store[Run] = Store(100, 250)
    runs = [Run(SMALL.get("healthy")) for _ in range(4)]
    for run in runs:
        store.add([run])
        run.result = result_of(run.diagnostic, CommandResult("x", b"a" * 100, b"", exit_status=0))
        run.done.set()
        store.trim(run)
        store.trim(run)  # weighed anew, not twice
    assert list(store) == runs[2:]


def test_the_newest_finished_one_stays_however_much_it_holds() -> None:
    store: Store[Run] = Store(2, 50)
    running, heavy, heavier = (Run(SMALL.get("healthy")) for _ in range(3))
    store.add([running])
    for run in (heavy, heavier):
        store.add([run])
        run.result = result_of(run.diagnostic, CommandResult("x", b"a" * 100, b"", exit_status=0))
        run.done.set()
        store.trim(run)
    assert list(store) == [running, heavier]
