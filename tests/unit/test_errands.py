"""The list of boards that are waited for: what it forgets, and when."""

from __future__ import annotations

from pathlib import Path

from utils.lab.errands import MOST_KEPT, Errands


def test_one_that_waited_long_is_seen_to_end(tmp_path: Path) -> None:
    """Many others were asked later, and were over earlier."""
    path = tmp_path / "errands.json"
    errands = Errands(path)
    first = errands.ask("s-first", "rover-7", lasts_s=3600, who="Ada")
    others = [errands.ask(f"s-{n}", "rover-8", lasts_s=3600, who="Ada") for n in range(MOST_KEPT)]
    for each in others:
        errands.cancel(each.id)
    errands = Errands(path)  # the hub was started anew
    errands.cancel(first.id)
    kept = [each.id for each in errands.all()]
    assert kept == [first.id, *(each.id for each in others[1:])]
