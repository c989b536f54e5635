"""What is asked at each check-up's end costs the same after ten years as after one month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from tests.unit.history_parts import BOARD, OTHER, a_checkup, kept
from utils.model.results import Verdict
from utils.store import archive as archive_file
from utils.store.archive import MOST, Archive
from utils.store.history import History
from utils.store.schema import boards, checkups, origins

ONE, SIBLING = (replace(each, release="R36") for each in (BOARD, OTHER))
BOTH = [BOARD.device_id, OTHER.device_id]
"""Of one board, whose identity changed."""
STEP = 20  # instructions of SQLite's machine
QUESTIONS: dict[str, Callable[[Archive, str], object]] = {
    "since it was last good": lambda look, newest: look.earlier(BOTH[:1], before=newest, checks=1),
    "of two identities": lambda look, newest: look.earlier(BOTH, before=newest, checks=1),
    "its newest": lambda look, _: look.checkups(BOTH, limit=1),
    "its siblings": lambda look, _: look.siblings(ONE),
}


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    made = History(tmp_path / "history.db")
    yield made
    made.close()


def never_good(archive: Archive, count: int) -> str:
    """So many more check-ups of both boards, none of which came out well. The newest one's id."""
    with archive.database.writing() as connection:
        origin = connection.execute(select(origins.c.id)).scalars().first()
        rows = connection.execute(select(boards.c.id)).scalars().all()
        facts = {
            "started_at": "2026-01-01T00:00:00.000Z", "duration_s": 8.5, "verdict": "fail",
            "counts": {"fail": 1}, "cancelled": False, "measured": {"total_s": 24.0}, "origin": origin,
        }  # fmt: skip
        first = len(connection.execute(select(checkups.c.seq)).all())
        made = [{**facts, "id": f"c{n}", "board": rows[n % 2]} for n in range(first, first + count)]
        connection.execute(insert(checkups), made)
    return str(made[-1]["id"])


def work(archive: Archive, newest: str) -> dict[str, int]:
    """How many steps SQLite takes for each question."""
    return {name: _steps(archive, lambda ask=ask: ask(archive, newest)) for name, ask in QUESTIONS.items()}


def _steps(archive: Archive, question: Callable[[], object]) -> int:
    steps = 0

    def tick() -> int:
        nonlocal steps
        steps += 1
        return 0

    def count(connection: Any, *_: object) -> None:
        connection.set_progress_handler(tick, STEP)

    event.listen(archive.database.engine(), "checkout", count)
    question()
    event.remove(archive.database.engine(), "checkout", count)
    return steps


def test_what_is_asked_at_a_checkups_end_does_not_grow_with_the_history(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_file, "_AMONG", 4 * MOST)
    kept(history, a_checkup("a", ONE), a_checkup("b", SIBLING))
    archive = history.look()
    short = work(archive, never_good(archive, 4 * MOST))
    long = work(archive, never_good(archive, 40 * MOST))
    assert {name: (short[name], long[name]) for name in long if long[name] > 1.5 * short[name]} == {}


def test_the_last_good_one_is_found_behind_those_that_were_not(history: History) -> None:
    whole: dict[str, Any] = {"counts": {"pass": 4}}
    bad = {"verdict": Verdict.FAIL, **whole}
    kept(history, a_checkup("older", **whole), a_checkup("good", **whole), a_checkup("small"))
    kept(history, a_checkup("cut", pending=("x",), **whole))
    kept(history, a_checkup("bad", OTHER, **bad), a_checkup("now", **bad))
    found = history.look().earlier(BOTH, before="now", checks=4)
    assert [each.id for each in found] == ["bad", "good"]
    assert [each.id for each in history.look().earlier(BOTH[:1], before="good", checks=9)] == []
