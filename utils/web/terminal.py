"""The page Terminal and its API. Thin: read the request, ask utils/live/terminals.py, answer.

With V3_TERMINAL=false the page says so and the API answers terminal-off.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from utils.errors import BadRequest, TerminalOff
from utils.live.session import Session
from utils.live.terminals import Terminals
from utils.web import bodies
from utils.web.api import V1, Answer
from utils.web.bodies_terminal import DrawnBody, InputBody, ReopenBody, SizeBody
from utils.web.context import context
from utils.web.pages import frame
from utils.web.security import allow_nonced_styles, who

terminal = Blueprint("terminal", __name__)
MOST_BYTES = 256 << 10


@terminal.get("/terminal")
def page() -> str:
    """The page Terminal."""
    here = context()
    values = frame(here.door.status(), terminal=here.settings.v3_terminal)
    if not here.settings.v3_terminal:
        return render_template("terminal_off.html", **values)
    return render_template("terminal.html", **values, nonce=allow_nonced_styles())


@terminal.get(f"{V1}/terminals")
def terminals() -> Answer:
    """All terminals."""
    return jsonify({"terminals": [each.facts() for each in _terminals().all()]})


@terminal.post(f"{V1}/terminals")
def open_terminal() -> Answer:
    """One more, with a shell in it."""
    body = bodies.read(SizeBody)
    with context().slots.waiting():
        session = _terminals().open(body.cols, body.rows, who=who())
    return jsonify(session.facts()), 201


@terminal.post(f"{V1}/terminals/<terminal_id>/reopen")
def reopen_terminal(terminal_id: str) -> Answer:
    """A new shell in the same tab; device-changed when it would be on another device than before."""
    session, body = _session(terminal_id), bodies.read(ReopenBody)
    session.resize(body.cols, body.rows)
    with context().slots.waiting():
        session.open(who(), body.device)
    return jsonify(session.facts())


@terminal.post(f"{V1}/terminals/<terminal_id>/input")
def type_into_terminal(terminal_id: str) -> Response:
    """Type it, once."""
    session, body = _session(terminal_id), bodies.read(InputBody)
    session.type(body.shell, body.writer, body.seq, body.data.encode())
    return Response(status=204)


@terminal.post(f"{V1}/terminals/<terminal_id>/drawn")
def terminal_drawn(terminal_id: str) -> Response:
    """A page has drawn the output up to there."""
    session, body = _session(terminal_id), bodies.read(DrawnBody)
    session.drawn(body.offset)
    return Response(status=204)


@terminal.post(f"{V1}/terminals/<terminal_id>/size")
def resize_terminal(terminal_id: str) -> Answer:
    """Another size."""
    session, body = _session(terminal_id), bodies.read(SizeBody)
    session.resize(body.cols, body.rows)
    return jsonify(session.facts())


@terminal.post(f"{V1}/terminals/<terminal_id>/close")
def close_terminal(terminal_id: str) -> Response:
    """End its shell and forget it."""
    bodies.read(bodies.EmptyBody)
    _terminals().close(terminal_id)
    return Response(status=204)


@terminal.get(f"{V1}/terminals/<terminal_id>/output")
def terminal_output(terminal_id: str) -> Answer:
    """Output from ?from= on; what is not kept any more is left out."""
    return jsonify(_session(terminal_id).output(_place(), MOST_BYTES))


def _place() -> int:
    value = request.args.get("from", "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise BadRequest("from is a number of bytes.")
    return int(value)


def _terminals() -> Terminals:
    if not context().settings.v3_terminal:
        raise TerminalOff
    return context().terminals


def _session(terminal_id: str) -> Session:
    return _terminals().get(terminal_id)
