"""All that a page shows, as GET /api/v1/state answers it: to load a page, and after a "reset" event.

The event number is taken first. What happens while the rest is read comes again as an event and changes
nothing then. Reads only; nothing here runs or connects.
"""

from __future__ import annotations

from typing import Any

from utils.bench.runner import Runner
from utils.bench.runs import Checkup
from utils.model.link_words import status_json
from utils.model.records import WholeCheckup
from utils.model.results import Result, to_json
from utils.model.words import value_labels


def snapshot(runner: Runner, *, results: bool = True) -> dict[str, Any]:
    """Without results their list is empty.

    {connection, results (newest of each diagnostic), running, checkup (newest or None), headline,
    last_event_id, catalogue (its revision)}."""
    last_event_id = runner.bus.last_id
    runs = runner.kept_runs()
    checkup = runner.newest_checkup()
    return {
        "connection": status_json(runner.door.status()),
        "results": [told(result) for result in runner.board.shown().values()] if results else [],
        "running": [run.begun_json() for run in runs if not run.finished],
        "checkup": in_short(checkup) if checkup else None,
        "headline": to_json(runner.board.headline()),
        "last_event_id": last_event_id,
        "catalogue": runner.library.revision,
    }


def told(result: Result) -> dict[str, Any]:
    """A result with the words of its values."""
    return {**to_json(result), "labels": value_labels(result.reading)}


def in_short(checkup: Checkup | WholeCheckup) -> dict[str, Any]:
    """A check-up without its results."""
    facts = checkup.as_json()
    left_out = ("counts", "outcome", "runs", "results", "events")  # the headline says how it ended
    return {name: value for name, value in facts.items() if name not in left_out}
