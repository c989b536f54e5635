"""A hub has no board of its own: pages that need one lead to Lab there."""

from __future__ import annotations

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from utils.bench.bay import Bay
from utils.bench.no_boards import MODE
from utils.web.context import context

_OF_A_BENCH = ("bench.page", "swap.page")
"""Pages for the boards of this program."""


def has_board(bay: Bay) -> bool:
    """Whether a board, or a bundle of one, can be there."""
    return bay.door.status().mode != MODE


def register(app: Flask) -> None:
    """Lead them there; the login comes first."""
    home = context(app).bench.home
    if not has_board(home):
        app.before_request(_lead_to_lab)


def _lead_to_lab() -> Response | None:
    its = context()
    of_boards = {page.endpoint for page in its.pages if page.place and page.place.of_bay}
    asked = (request.endpoint or "").removeprefix("bay.")
    nothing = asked == "report.page" and "checkup" not in request.args
    named = (request.view_args or {}).get("bay", its.bench.home.id)
    if named == its.bench.home.id and (asked in of_boards or asked in _OF_A_BENCH or nothing):
        return redirect(url_for("lab.page"))
    return None
