"""The page Terminal and its API. Thin: read the request, ask utils/live/terminals/terminals.py, answer.

With V3_TERMINAL=false the page says so and the API answers terminal-off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from utils.errors import BadRequest, TerminalOff
from utils.model.roles import Role
from utils.web.api import V1
from utils.web.bodies import EmptyBody, read
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page, of_bay
from utils.web.pages.terminal.bodies import DrawnBody, InputBody, ReopenBody, SizeBody
from utils.web.schema import (
    COUNT,
    STRING,
    describe,
    list_of,
    needs,
    number_asked,
    object_of,
    or_null,
    ref,
    shape,
)
from utils.web.security import allow_nonced_styles, who

if TYPE_CHECKING:
    from utils.live.terminals.session import Session
    from utils.live.terminals.terminals import Terminals

terminal = Blueprint("terminal", __name__)
PAGE = Page(
    terminal,
    MenuPlace("Terminal", "terminal", order=30, far=True, off=lambda: _is_off()),
    feeds={"terminals": of_bay(lambda bay: bay.terminals)},
)
MOST_BYTES = 256 << 10

TERMINAL = shape(
    "Terminal",
    object_of(
        id=STRING,
        number=COUNT,
        state={"type": "string", "enum": ["open", "lost", "ended"]},
        since=STRING,
        exit_status=or_null(COUNT),
        shell=COUNT,
        device=STRING,
        device_id=or_null(STRING),
        cols=COUNT,
        rows=COUNT,
        offset=COUNT,
        revision=COUNT,
    ),
)
TERMINALS = shape("Terminals", object_of(terminals=list_of(ref("Terminal"))))
TERMINAL_OUTPUT = shape("TerminalOutput", object_of(id=STRING, offset=COUNT, data=STRING, end=COUNT))
FROM = number_asked("from", "How many bytes of the output are known already; 0 (default): none.")


def _is_off() -> bool:
    """Switched off on this laptop, or in a replay, where no board is."""
    return not context().settings.v3_terminal or bay().replay is not None


@terminal.get("/terminal")
@needs(Role.TECHNICIAN)
def page() -> str:
    """The page Terminal."""
    values = frame(bay().door.status(), terminal=not _is_off())
    if _is_off():
        return render_template("terminal/off.html", **values, replay=bay().replay)
    return render_template("terminal/terminal.html", **values, nonce=allow_nonced_styles())


@terminal.get(f"{V1}/terminals")
@describe({200: TERMINALS}, least=Role.TECHNICIAN)
def terminals() -> ResponseReturnValue:
    """All terminals."""
    return jsonify({"terminals": [each.facts() for each in _terminals().all()]})


@terminal.post(f"{V1}/terminals")
@describe({201: TERMINAL}, SizeBody, reaches_device=True, least=Role.TECHNICIAN)
def open_terminal() -> ResponseReturnValue:
    """One more, with a shell in it.

    Connects if need be.
    """
    body = read(SizeBody)
    with context().slots.waiting():
        session = _terminals().open(body.cols, body.rows, who=who())
    return jsonify(session.facts()), 201


@terminal.post(f"{V1}/terminals/<terminal_id>/reopen")
@describe({200: TERMINAL}, ReopenBody, reaches_device=True, least=Role.TECHNICIAN)
def reopen_terminal(terminal_id: str) -> ResponseReturnValue:
    """A new shell in the same tab; device-changed when it would be on another device than before.

    device-changed is 409: ask, then send its `found` as `device`.
    """
    session, body = _session(terminal_id), read(ReopenBody)
    session.resize(body.cols, body.rows)
    with context().slots.waiting():
        session.open(who(), body.device)
    return jsonify(session.facts())


@terminal.post(f"{V1}/terminals/<terminal_id>/input")
@describe({204: ""}, InputBody, reaches_device=True, least=Role.TECHNICIAN)
def type_into_terminal(terminal_id: str) -> Response:
    """Type it, once.

    In order. terminal-over, input-gap (409) and busy (503): nothing was typed. input-not-taken (409): the
    program there does not read; a part may have arrived.
    """
    session, body = _session(terminal_id), read(InputBody)
    with context().slots.waiting():  # a program that does not read must not hold every thread
        session.type(body.shell, body.writer, body.seq, body.data.encode())
    return Response(status=204)


@terminal.post(f"{V1}/terminals/<terminal_id>/drawn")
@describe({204: ""}, DrawnBody, least=Role.TECHNICIAN)
def terminal_drawn(terminal_id: str) -> Response:
    """A page has drawn the output up to there.

    Output waits for pages that are far behind.
    """
    session, body = _session(terminal_id), read(DrawnBody)
    session.drawn(body.offset)
    return Response(status=204)


@terminal.post(f"{V1}/terminals/<terminal_id>/size")
@describe({200: TERMINAL}, SizeBody, least=Role.TECHNICIAN)
def resize_terminal(terminal_id: str) -> ResponseReturnValue:
    """Another size."""
    session, body = _session(terminal_id), read(SizeBody)
    session.resize(body.cols, body.rows)
    return jsonify(session.facts())


@terminal.post(f"{V1}/terminals/<terminal_id>/close")
@describe({204: ""}, EmptyBody, least=Role.TECHNICIAN)
def close_terminal(terminal_id: str) -> Response:
    """End its shell and forget it."""
    read(EmptyBody)
    _terminals().close(terminal_id)
    return Response(status=204)


@terminal.get(f"{V1}/terminals/<terminal_id>/output")
@describe({200: TERMINAL_OUTPUT}, asks=(FROM,), least=Role.TECHNICIAN)
def terminal_output(terminal_id: str) -> ResponseReturnValue:
    """Output from ?from= on; what is not kept any more is left out.

    base64; `offset` is later than asked for where older output is not kept, `end` is how much there has
    been. New output: term-output on the feed `terminals`.
    """
    return jsonify(_session(terminal_id).output(_place(), MOST_BYTES))


def _place() -> int:
    value = request.args.get("from", "0")
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise BadRequest("from is a number of bytes.")
    return int(value)


def _terminals() -> Terminals:
    if not context().settings.v3_terminal:
        raise TerminalOff
    return bay().terminals


def _session(terminal_id: str) -> Session:
    return _terminals().get(terminal_id)
