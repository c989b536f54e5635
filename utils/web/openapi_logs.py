"""The page Logs' share of the OpenAPI document."""

from __future__ import annotations

from utils.web import bodies
from utils.web.logs import LogBody
from utils.web.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    Operation,
    Part,
    Schema,
    list_of,
    number_asked,
    object_of,
    or_null,
    ref,
)

_PRIORITY: Schema = {"type": "integer", "minimum": 0, "maximum": 7}
_SEVERITY: Schema = {"type": "string", "enum": ["fail", "warn", "info"]}
_MARK: Schema = {
    "type": "string",
    "enum": ["lost", "back", "gap", "skipped", "turned", "device", "end", "trouble"],
}

_SCHEMAS: dict[str, Schema] = {
    "Log": object_of(
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
        error=or_null({"type": "object"}),
        device=or_null(STRING),
        viewers=COUNT,
        first_seq=COUNT,
        last_seq=COUNT,
        read_by=STRING,
        root=BOOLEAN,
        zone=STRING,
        clock_ahead_s=NUMBER,
    ),
    "LogLine": object_of(
        seq=COUNT,
        time_ms=or_null({"type": "integer"}),
        priority=or_null(_PRIORITY),
        unit=STRING,
        text=STRING,
        signature=or_null(object_of(kind=STRING, severity=_SEVERITY)),
        mark=or_null(_MARK),
    ),
    "Logs": object_of(logs=list_of(ref("Log"))),
    "LogLines": object_of(log=ref("Log"), lines=list_of(ref("LogLine"))),
    "LogChoices": object_of(
        units=list_of(object_of(name=STRING, state=STRING, title=STRING)),
        boots=list_of(object_of(boot={"type": "integer", "maximum": 0}, time=STRING)),
        files=STRINGS,
    ),
}

PART = Part(
    operations=(
        Operation("get", "/api/v1/logs", "list_logs", "The logs that are followed.", {200: "Logs"}),
        Operation(
            "post",
            "/api/v1/logs",
            "open_log",
            "Open a log. It is followed on the device while a stream carries its feed (`log:ID`), with the "
            "events log-lines and log-state.",
            {200: "Log"},
            LogBody,
            also=(503,),
        ),
        Operation(
            "post",
            "/api/v1/logs/choices",
            "log_choices",
            "Services, boots and log files of the device.",
            {200: "LogChoices"},
            bodies.EmptyBody,
            reaches_device=True,
        ),
        Operation(
            "get",
            "/api/v1/logs/{log_id}/lines",
            "log_lines",
            "Lines of an open log, oldest first.",
            {200: "LogLines"},
            extra=("log_after", "log_limit"),
        ),
    ),
    schemas=_SCHEMAS,
    parameters={
        "log_after": number_asked("after", "Only lines behind this number; left out: the newest ones."),
        "log_limit": number_asked("limit", "How many at most (1000; 5000 is the most)."),
    },
)
