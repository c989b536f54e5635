"""The page Logs: logs as they grow. Thin: read the request, ask utils/live or the door, answer."""

from __future__ import annotations

from flask import Blueprint, render_template

from utils.web.context import context
from utils.web.pages import frame

logs = Blueprint("logs", __name__)


@logs.get("/logs")
def page() -> str:
    """The page Logs."""
    return render_template("logs.html", **frame(context().door.status()))
