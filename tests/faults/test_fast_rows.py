"""The quick rows of the fault matrix, side by side in eight workers; `make faults` plays all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from tests.faults.crew import Crew, can_run_root_rows
from tests.faults.matrix import NOT_RUNNABLE, Outcome, all_rows

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]  # the first test waits for others' rows too

ROWS = {key: row for key, row in all_rows().items() if row.fast}
PATIENCE_S = 170.0  # without any row that ends


@pytest.fixture(scope="module")
def outcome_of(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Outcome]]:
    """All rows that were asked for are started at once; each test waits for its own."""
    root = can_run_root_rows()
    asked = [item.callspec.params["key"] for item in request.session.items if item.path == request.path
             and hasattr(item, "callspec")]  # fmt: skip
    rows = [ROWS[key] for key in asked if root or not ROWS[key].root]
    outcomes: dict[str, Outcome] = {}
    told: set[str] = set()
    came = threading.Condition()

    def tell(outcome: Outcome) -> None:
        with came:
            outcomes[outcome.key] = outcome
            came.notify_all()

    def wait(key: str) -> Outcome:
        if key not in {row.key for row in rows}:
            pytest.skip("needs root, openssh-server, dropbear-bin, iptables and iproute2 (make deps)")
        if key in told:  # a failed test is asked once more: its row is played again, by itself
            again: list[Outcome] = []
            with Crew([ROWS[key]], again.append, workers=1):
                pass
            return again[0]
        told.add(key)
        with came:
            while key not in outcomes:
                assert came.wait(PATIENCE_S), f"no row ended in {PATIENCE_S:g} s; {key} is not there"
            return outcomes[key]

    with Crew(rows, tell, workers=8):
        yield wait


@pytest.mark.parametrize(
    "key", ROWS, ids=[f"{key}-{row.fault.replace(' ', '-')}" for key, row in ROWS.items()]
)
def test_row(outcome_of: Callable[[str], Outcome], key: str) -> None:
    outcome = outcome_of(key)
    assert outcome.passed, "\n".join(outcome.faults)


def test_the_quick_rows_are_most_of_the_matrix() -> None:
    assert len({row.number for row in ROWS.values()}) >= 45
    played = {row.number for row in all_rows().values()} | {79}  # 79 is the soak
    assert played | set(NOT_RUNNABLE) >= set(range(1, 80))
    assert not played & set(NOT_RUNNABLE)
