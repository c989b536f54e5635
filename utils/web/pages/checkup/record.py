"""A check-up of the history in the shape of GET /api/v1/state: what it found, and nothing beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter

from utils.bench.headline import Headline, headline_of
from utils.model.link_words import status_json
from utils.model.records import WholeCheckup
from utils.model.results import LinkStatus, Result, to_json
from utils.web.snapshot import in_short, told

_RESULT = TypeAdapter(Result)


def results_of(whole: WholeCheckup) -> list[Result]:
    """What was never answered has none, as on the page of a board; the headline counts it."""
    rest = whole.outcome.rest
    return [
        replace(_RESULT.validate_python(run.result), run=run.id)
        for run in whole.runs
        if run.diagnostic not in rest
    ]


def headline(whole: WholeCheckup, results: Sequence[Result]) -> Headline:
    """What it says of the board. results: results_of(whole)."""
    return replace(headline_of(whole.outcome, results), note=_note(results))


def snapshot(
    whole: WholeCheckup, results: Sequence[Result], said: Headline, status: LinkStatus, catalogue: str
) -> dict[str, Any]:
    """said: headline(whole, results). catalogue: the revision of the rows beside it."""
    return {
        "connection": status_json(status),
        "results": [told(each) for each in results],
        "running": [],
        "checkup": in_short(whole),
        "headline": to_json(said),
        "last_event_id": 0,
        "catalogue": catalogue,
    }


def _note(results: Sequence[Result]) -> str:
    """Whose results these are, where they are not one board's."""
    boards = list(dict.fromkeys(each.device for each in results if each.device))
    if len(boards) < 2:
        return ""
    return f"{len(boards)} boards answered: {', '.join(boards)}. Each result names its own."
