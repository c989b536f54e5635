"""The page Logs: logs as they grow. Thin: read the request, ask utils/live or the door, answer.

POST opens a log, and the page's stream (feed "log:ID") watches it. The program follows it on the device while
somebody watches. What a page missed it asks for by number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, render_template, request

from utils.errors import BadRequest
from utils.judging.catalogue.known import in_force
from utils.model.roles import Role
from utils.model.words import NORMAL
from utils.web.bodies import EmptyBody, read
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.pages.logs.bodies import LogBody
from utils.web.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    Schema,
    describe,
    list_of,
    needs,
    number_asked,
    object_of,
    or_null,
    ref,
    shape,
)
from utils.web.security import who

if TYPE_CHECKING:
    from utils.live.logs.follow import Follow

logs = Blueprint("logs", __name__)
PAGE = Page(
    logs,
    MenuPlace("Logs", "logs", order=20, far=True),
    feeds={"log": lambda bench, log_id, _: bench.log(log_id)},
)
V1 = "/api/v1/logs"
MOST_LINES = 5000
MOST_BYTES = 2 << 20

_PRIORITY: Schema = {"type": "integer", "minimum": 0, "maximum": 7}
_SEVERITY: Schema = {"type": "string", "enum": ["fail", "warn", "info", "unknown"]}
_MARK: Schema = {
    "type": "string",
    "enum": ["lost", "back", "gap", "skipped", "turned", "device", "end", "trouble"],
}

LOG = shape(
    "Log",
    object_of(
        id=STRING,
        title=STRING,
        source={"type": "string", "enum": ["kernel", "journal", "file"]},
        unit=STRING,
        priority=or_null(_PRIORITY),
        boot={"type": "integer", "maximum": 0},
        path=STRING,
        state={"type": "string", "enum": ["waiting", "following", "ended"]},
        revision=COUNT,
        note=STRING,
        error=or_null(ref("Cause")),
        device=or_null(STRING),
        device_id=or_null(STRING),
        viewers=COUNT,
        first_seq=COUNT,
        last_seq=COUNT,
        read_by=STRING,
        root=BOOLEAN,
        zone=STRING,
        clock_ahead_s=NUMBER,
    ),
)
LOG_LINE = shape(
    "LogLine",
    object_of(
        seq=COUNT,
        time_ms=or_null({"type": "integer"}),
        priority=or_null(_PRIORITY),
        unit=STRING,
        text=STRING,
        signature=or_null(object_of(id=STRING, kind=STRING, severity=_SEVERITY)),
        mark=or_null(_MARK),
    ),
)
LOGS = shape("Logs", object_of(logs=list_of(ref("Log"))))
LOG_LINES = shape("LogLines", object_of(log=ref("Log"), lines=list_of(ref("LogLine"))))
LOG_CHOICES = shape(
    "LogChoices",
    object_of(
        units=list_of(object_of(name=STRING, state=STRING, title=STRING)),
        boots=list_of(object_of(boot={"type": "integer", "maximum": 0}, time=STRING)),
        files=STRINGS,
    ),
)
LOG_AFTER = number_asked("after", "Only lines behind this number; left out: the newest ones.")
LOG_LIMIT = number_asked("limit", "How many at most (1000; 5000 is the most).")


_NORMAL = {
    "title": NORMAL,
    "why": "A person called this message normal for this board.",
    "next_step": "Nothing has to be done.",
}


@logs.get("/logs")
@needs(Role.TECHNICIAN)
def page() -> str:
    """The page Logs."""
    return render_template("logs/logs.html", **frame(bay().door.status(), signatures=_signatures()))


def _signatures() -> dict[str, Any]:
    """What each known message means, by its signature's id, and what is said of an unknown one."""
    known = {
        name: {"title": entry.title, "why": entry.means, "next_step": entry.next_step}
        for name, entry in in_force().by_id.items()
    }
    unknown = bay().runner.catalogue.get("kernel-log").check[-1]
    words = {"title": "An error that this program does not know", "why": unknown.why}
    return {**known, "unknown-message": {**words, "next_step": unknown.next_step}, "normal-message": _NORMAL}


@logs.get(V1)
@describe({200: LOGS}, least=Role.TECHNICIAN)
def list_logs() -> Response:
    """The logs that are followed or remembered."""
    return jsonify({"logs": [follow.as_json() for follow in bay().logs.all()]})


@logs.post(V1)
@describe({200: LOG}, LogBody, also=(503,), least=Role.TECHNICIAN)
def open_log() -> Response:
    """Open a log, or find the one that is open already. It is followed once a stream carries it.

    A stream with the feed `log:ID` carries its events log-lines, log-state and log-normal.
    """
    from utils.live.logs.source import Source

    body = read(LogBody)
    source = Source(body.source, unit=body.unit, priority=body.priority, boot=body.boot, path=body.path)
    follow = bay().logs.open(source)
    device = bay().door.status().device
    context().audit.write(
        "log-follow",
        who=who(),
        bay=bay().id,
        device=device.label if device else None,
        device_id=device.device_id if device else None,
        source=source.title(),
        log=follow.id,
    )
    return jsonify(follow.as_json())


@logs.post(f"{V1}/choices")
@describe({200: LOG_CHOICES}, EmptyBody, reaches_device=True, least=Role.TECHNICIAN)
def log_choices() -> Response:
    """What the device has to choose from: services, boots in the journal, log files."""
    read(EmptyBody)
    with context().slots.waiting():
        return jsonify(bay().logs.choices())


@logs.get(f"{V1}/<log_id>/lines")
@describe({200: LOG_LINES}, asks=(LOG_AFTER, LOG_LIMIT), least=Role.TECHNICIAN)
def log_lines(log_id: str) -> Response:
    """The lines after a number, oldest first; without a number the newest ones."""
    follow = bay().logs.get(log_id)
    limit = max(1, min(_number("limit", 1000), MOST_LINES))
    after = _number("after", -1)
    start = after if after >= 0 else follow.lines.newest(limit)
    return jsonify(_lines(follow, start, limit))


def _lines(follow: Follow, after: int, limit: int) -> dict[str, Any]:
    lines = follow.lines.after(after, limit=limit, max_bytes=MOST_BYTES)
    normal = follow.normal()
    return {"log": follow.as_json(), "lines": [line.as_json(normal) for line in lines]}


def _number(name: str, default: int) -> int:
    value = request.args.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) <= 15):
        raise BadRequest(f"{name} is not a number.")
    return int(value)
