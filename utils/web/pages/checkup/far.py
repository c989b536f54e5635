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

from utils.errors import NoAnswer, StationAway
from utils.judging.catalogue.models import Category
from utils.web.context import bay, context
from utils.web.far import FarBay, asked
from utils.web.frame import frame
from utils.web.pages.checkup.rows import Rows, made, of_library
from utils.web.presentation import DiagnosticView


def page() -> str | Response:
    """The dashboard of the board there. StationAway: the hub has no result of it either."""
    its: Any = bay()
    try:
        told = asked(its, "state", "results=0")
        rows = _rows(its, str(told["catalogue"]))
    except StationAway:
        if newest := _newest(its):
            return redirect(url_for("checkup.one", checkup_id=newest))
        raise
    except (KeyError, TypeError) as exc:
        raise NoAnswer("What the bench answered cannot be read.") from exc
    headline = told["headline"]
    boot = {"diagnostics": rows.json, "headline": headline, "catalogue": told["catalogue"]}
    return render_template(
        "checkup/checkup.html",
        **frame(its.door.status(), **boot),
        rows=rows,
        has_results=headline["code"] != "none",
        headline=headline,
        history=url_for("boards.board", device_id=board.device_id) if (board := its.seen.device) else "",
        far=True,
    )


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


def _newest(its: FarBay) -> str:
    """The newest check-up that the hub has of the board which was there last; "" where it has none."""
    board = its.seen.device
    with suppress(StopIteration):
        if board is not None:
            return next(iter(context().bench.history.look().checkups([board.device_id], limit=1))).id
    return ""
