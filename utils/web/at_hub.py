"""A hub has no board of its own: the pages that each board has lead to Lab there."""

from __future__ import annotations

from flask import Flask, redirect, request, url_for
from werkzeug.wrappers import Response

from utils.bench.bay import Bay
from utils.bench.no_boards import MODE
from utils.web.context import context


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
    named = (request.view_args or {}).get("bay", its.bench.home.id)
    if (request.endpoint or "").removeprefix("bay.") in of_boards and named == its.bench.home.id:
        return redirect(url_for("lab.page"))
    return None
