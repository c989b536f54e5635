"""What a page has given up on is not done later.

This program may stand still for minutes: stopped, asleep, without memory. What was sent to it meanwhile waits
in the system, and arrives when it goes on. So each answer tells the program's clock (CLOCK). A request may
name by that clock how long whoever sent it waits (WAITS_UNTIL): our pages do. Nothing is done after that.
"""

from __future__ import annotations

from flask import Flask, Response, request

from utils.clock import since_boot
from utils.errors import TooLate

CLOCK = "V3-Clock"
WAITS_UNTIL = "V3-Waits-Until"


def register(app: Flask) -> None:
    """Look at each request of the app before it is carried out."""
    app.before_request(_still_waited_for)
    app.after_request(_tell_clock)


def now_ms() -> int:
    """Of a clock that goes on while the laptop sleeps and that nobody sets."""
    return int(since_boot() * 1000)


def _still_waited_for() -> None:
    until = request.headers.get(WAITS_UNTIL, "")
    if until.isascii() and until.isdigit() and now_ms() > int(until[:15]):
        raise TooLate


def _tell_clock(response: Response) -> Response:
    if request.endpoint != "static":
        response.headers[CLOCK] = str(now_ms())
    return response
