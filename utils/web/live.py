"""The page Live: charts of what the device measures. Thin: read the request, ask utils/live, answer."""

from __future__ import annotations

from flask import Blueprint, render_template

from utils.web.context import context
from utils.web.pages import frame

live = Blueprint("live", __name__)


@live.get("/live")
def page() -> str:
    """The page Live."""
    return render_template("live.html", **frame(context().door.status()))
