"""A board's results as values of the template, so that they are painted with its page.

The dashboard has those of the board at hand (views.py), the page of one check-up those of the history
(kept.py). Nothing here judges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from utils.bench.headline import Headline
from utils.bench.runs import Checkup
from utils.errors import V3Error
from utils.model.results import Result
from utils.web.context import bay
from utils.web.pages.checkup.details import Details, details
from utils.web.pages.checkup.drawn import attention, chips, drawn_rows, own_results
from utils.web.pages.checkup.moment import Moments
from utils.web.pages.checkup.rows import Rows, with_results


@dataclass(frozen=True)
class OverCheckup:
    """The check-up that is over. asked: of how many diagnostics. since: what changed on the board; lost: why
    it is not in the history."""

    started_at: str
    duration_s: float
    asked: int
    since: Mapping[str, Any] | None = None
    lost: V3Error | None = None


def results(
    rows: Rows,
    shown: Mapping[str, Result],
    headline: Headline,
    device_id: str,
    *,
    ended: OverCheckup | None,
    running: Checkup | None = None,
    kept: bool = False,
    read_only: bool = False,
) -> dict[str, Any]:
    """device_id: of the board at hand, or "". kept: they are of the history. read_only: nothing is run."""
    titles = {row["id"]: row["title"] for row in rows.json}
    drawn = drawn_rows(shown, headline.unchecked, device_id)
    own = own_results(shown, running, device_id, list(titles))
    moments = None if kept else Moments(shown.get("uptime"), request.path)
    cards, unchecked = attention(own, headline, titles, moments)
    opened = _named(shown, titles, moments, "" if read_only else bay().id)
    return {
        "rows": with_results(rows, drawn, opened),
        "opened": opened,
        "chips": chips(drawn, titles),
        "cards": cards,
        "unchecked": unchecked,
        "drawn": True,
        "has_results": bool(shown),
        "headline": headline,
        "checkup": ended or running,
        "ended": ended,
        "running": running,
        "since": ended.since if ended and not _of_other(ended.since, device_id) else None,
    }


def _of_other(since: Mapping[str, Any] | None, device_id: str) -> bool:
    """Whether what changed is another board's than the one at hand."""
    return since is not None and bool(device_id) and since["device_id"] not in (None, device_id)


def _named(
    shown: Mapping[str, Result], titles: Mapping[str, str], moments: Moments | None, swap_at: str
) -> Details | None:
    """The row that the address names (?row=can-bus)."""
    name = request.args.get("row", "")
    return details(name, shown.get(name), titles, moments, swap_at) if name in titles else None
