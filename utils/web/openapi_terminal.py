"""The terminal's share of the OpenAPI document."""

from __future__ import annotations

from utils.web import bodies
from utils.web.bodies_terminal import DrawnBody, InputBody, ReopenBody, SizeBody
from utils.web.schema import COUNT, STRING, Operation, Part, list_of, number_asked, object_of, or_null, ref

_V1 = "/api/v1/terminals"
_ONE = f"{_V1}/{{terminal_id}}"

PART = Part(
    operations=(
        Operation("get", _V1, "terminals", "All terminals.", {200: "Terminals"}),
        Operation(
            "post",
            _V1,
            "open_terminal",
            "One more, with a shell in it; connects if need be.",
            {201: "Terminal"},
            SizeBody,
            reaches_device=True,
        ),
        Operation(
            "post",
            f"{_ONE}/reopen",
            "reopen_terminal",
            "A new shell in the same tab. device-changed (409) if it would be on another device than before: "
            "ask, then send its `found` as `device`.",
            {200: "Terminal"},
            ReopenBody,
            reaches_device=True,
        ),
        Operation(
            "post",
            f"{_ONE}/input",
            "type_into_terminal",
            "Type it, once and in order. terminal-over and input-gap (409): nothing was typed.",
            {204: ""},
            InputBody,
            reaches_device=True,
        ),
        Operation(
            "post",
            f"{_ONE}/drawn",
            "terminal_drawn",
            "A page has drawn the output up to there; output waits for pages that are far behind.",
            {204: ""},
            DrawnBody,
        ),
        Operation("post", f"{_ONE}/size", "resize_terminal", "Another size.", {200: "Terminal"}, SizeBody),
        Operation(
            "post",
            f"{_ONE}/close",
            "close_terminal",
            "End its shell and forget it.",
            {204: ""},
            bodies.EmptyBody,
        ),
        Operation(
            "get",
            f"{_ONE}/output",
            "terminal_output",
            "Output from a place on, base64; `offset` is later than asked for where older output is not "
            "kept, `end` is how much there has been. New output: term-output on the feed `terminals`.",
            {200: "TerminalOutput"},
            extra=("from",),
        ),
    ),
    schemas={
        "Terminal": object_of(
            id=STRING,
            number=COUNT,
            state={"type": "string", "enum": ["open", "lost", "ended"]},
            since=STRING,
            exit_status=or_null(COUNT),
            shell=COUNT,
            device=STRING,
            cols=COUNT,
            rows=COUNT,
            offset=COUNT,
            revision=COUNT,
        ),
        "Terminals": object_of(terminals=list_of(ref("Terminal"))),
        "TerminalOutput": object_of(id=STRING, offset=COUNT, data=STRING, end=COUNT),
    },
    parameters={
        "from": number_asked("from", "How many bytes of the output are known already; 0 (default): none.")
    },
)
