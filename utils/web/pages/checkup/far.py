"""The page Check-up of a board at another bench, on a hub: as the bench's own page has it.

Rows, headline and progress are the bench's. What it does not tell now is not made up. While it is away, the
newest check-up that the hub has takes the page's place (kept.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from utils.errors import HistoryTrouble, NoAnswer, StationAway
from utils.judging.catalogue.models import Category
from utils.model.records import CheckupRecord
from utils.web.context import bay, context
from utils.web.far import FarBay, asked
from utils.web.frame import frame
from utils.web.moments import moment_of
from utils.web.pages.checkup.rows import Rows, made, of_library
from utils.web.presentation import DiagnosticView


def page() -> str | Response:
    """The dashboard of the board there. StationAway: the hub has no result of it either."""
    its: Any = bay()
    seen = its.seen.device
    try:
        told = asked(its, "state", "results=0")
        headline, revision = dict(told["headline"]), str(told["catalogue"])
        rows, none_yet = _rows(its, revision), headline["code"] == "none"
    except StationAway:
        if seen and (newest := _newest(seen.device_id)):
            return redirect(url_for("checkup.one", checkup_id=newest.id))
        raise
    except (KeyError, TypeError, ValueError) as exc:
        raise NoAnswer("What the bench answered cannot be read.") from exc
    boot: dict[str, Any] = {"diagnostics": rows.json, "headline": headline, "catalogue": revision}
    return render_template(
        "checkup/checkup.html",
        **frame(its.door.status(), **boot),
        rows=rows,
        has_results=not none_yet,
        headline=headline,
        history=url_for("boards.board", device_id=seen.device_id) if seen else "",
        before=_before(seen.device_id) if seen and none_yet and not headline.get("last") else None,
        far=True,
    )


def _before(device_id: str) -> dict[str, str] | None:
    """The newest check-up that the hub has, for a bench that has none in its history."""
    with suppress(HistoryTrouble):  # the page needs it not
        if newest := _newest(device_id):
            words = f"{moment_of(newest)}: {newest.outcome.title}"
            href = url_for("checkup.one", checkup_id=newest.id)
            return {"device_id": device_id, "words": words, "href": href}
    return None


def _rows(its: FarBay, revision: str) -> Rows:
    """Those of the bench's catalogue: a bench may have diagnostics of its own, or another version."""
    library = context().bench.home.runner.library
    if library.revision == revision:
        return of_library(library)
    return made([_row(each) for each in asked(its, "diagnostics")["diagnostics"]])


def _row(told: Mapping[str, Any]) -> DiagnosticView:
    category = told["category"] if told["category"] in set(Category) else Category.SYSTEM
    return DiagnosticView(
        id=str(told["id"]),
        title=str(told["title"]),
        category=str(category),
        command=str(told["command"]),
        why=str(told["why"]),
        next_step=str(told["next_step"]),
        active=bool(told["active"]),
        root=bool(told["root"]),
        slow=bool(told["slow"]),
        timeout_s=float(told["timeout"]),
        related=tuple(map(str, told["related"])),
        own=told["origin"] != "built-in",
    )


def _newest(device_id: str) -> CheckupRecord | None:
    """The newest check-up that the hub has of this board."""
    return next(iter(context().bench.history.look().checkups([device_id], limit=1)), None)
