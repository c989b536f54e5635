"""The page Terminal: a shell on the device. Thin: read the request, ask utils/live or the door, answer."""

from __future__ import annotations

from flask import Blueprint, render_template

from utils.web.context import context
from utils.web.pages import frame

terminal = Blueprint("terminal", __name__)


@terminal.get("/terminal")
def page() -> str:
    """The page Terminal."""
    return render_template("terminal.html", **frame(context().door.status()))
