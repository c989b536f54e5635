"""The OpenAPI 3.1 document, built from the models that the code itself uses. A test holds it against
the routes and against real answers."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter

from utils.catalogue.models import Category, Effect
from utils.result import Device, LinkStatus, Result, Rung, Verdict
from utils.web import bodies, openapi_live, openapi_logs, openapi_terminal
from utils.web.schema import (
    BOOLEAN,
    COUNT,
    NUMBER,
    STRING,
    STRINGS,
    Operation,
    Part,
    Schema,
    enum_of,
    list_of,
    number_asked,
    object_of,
    or_null,
    ref,
)

_REF = "#/components/schemas/{model}"

VERDICT = enum_of(Verdict)
STATE: Schema = {"type": "string", "enum": ["running", "finished"]}
MAP_OF_STRINGS: Schema = {"type": "object", "additionalProperties": STRING}

_WHAT_IS_YOURS: dict[str, Schema] = {
    "own": STRINGS,
    "profiles": list_of(object_of(name=STRING, note=STRING)),
    "profile": or_null(STRING),
    "problems": STRINGS,
}

OWN_SCHEMAS: dict[str, Schema] = {
    "Problem": object_of(
        type=STRING,
        title=STRING,
        status={"type": "integer"},
        detail=STRING,
        code=STRING,
        hint=STRING,
        retryable=BOOLEAN,
        details={"type": "object"},
    ),
    "Health": object_of(status={"const": "ok"}),
    "Diagnostic": object_of(
        id=STRING,
        title=STRING,
        category=enum_of(Category),
        command=STRING,
        why=STRING,
        next_step=STRING,
        timeout=NUMBER,
        effect=enum_of(Effect),
        root=BOOLEAN,
        slow=BOOLEAN,
        active=BOOLEAN,
        laptop_clock=BOOLEAN,
        related=STRINGS,
        origin=STRING,
        checks=COUNT,
    ),
    "Diagnostics": object_of(diagnostics=list_of(ref("Diagnostic")), **_WHAT_IS_YOURS),
    "CatalogueFacts": object_of(diagnostics=COUNT, **_WHAT_IS_YOURS),
    "Devices": object_of(devices=list_of(ref("LabelledDevice"))),
    "Ladder": object_of(rungs=list_of(ref("Rung"))),
    "Run": object_of(
        run=STRING,
        diagnostic=STRING,
        title=STRING,
        checkup=or_null(STRING),
        state=STATE,
        started_at=STRING,
        result=or_null(ref("Result")),
    ),
    "RunAccepted": object_of(run=STRING, diagnostic=STRING, events=STRING),
    "Checkup": object_of(
        checkup=STRING,
        state=STATE,
        started_at=STRING,
        duration_s=or_null(NUMBER),
        verdict=or_null(VERDICT),
        counts=object_of(**{verdict.value: COUNT for verdict in Verdict}),
        cancelled=BOOLEAN,
        diagnostics=STRINGS,
        runs=MAP_OF_STRINGS,
        pending=STRINGS,
        results=list_of(ref("Result")),
        events=STRING,
    ),
    "State": object_of(
        connection=ref("LinkStatus"),
        results=list_of(ref("ResultOfRun")),
        running=list_of(ref("RunStarted")),
        checkup=or_null(ref("CheckupState")),
        last_event_id=COUNT,
    ),
    "RunStarted": object_of(
        run=STRING, diagnostic=STRING, title=STRING, started_at=STRING, checkup=or_null(STRING)
    ),
    "CheckupState": object_of(
        checkup=STRING,
        state=STATE,
        started_at=STRING,
        duration_s=or_null(NUMBER),
        verdict=or_null(VERDICT),
        cancelled=BOOLEAN,
        diagnostics=STRINGS,
        pending=STRINGS,
    ),
    "CheckupAccepted": object_of(checkup=STRING, events=STRING, diagnostics=STRINGS),
}

_OPERATIONS: tuple[Operation, ...] = (
    Operation("get", "/healthz", "healthz", "Whether this program answers.", {200: "Health"}),
    Operation("get", "/api/v1/openapi.json", "openapi", "This document.", {200: "object"}),
    Operation("get", "/api/v1/connection", "connection", "The link's state.", {200: "LinkStatus"}),
    Operation("get", "/api/v1/state", "state", "All that a page shows, in one go.", {200: "State"}),
    Operation("get", "/api/v1/devices", "devices", "Every device that was ever trusted.", {200: "Devices"}),
    Operation(
        "post",
        "/api/v1/connection/reset",
        "reset",
        "Drop the link; the next command connects.",
        {200: "LinkStatus"},
        bodies.EmptyBody,
    ),
    Operation(
        "post",
        "/api/v1/connection/trust",
        "trust",
        "Trust the host key that is being asked about.",
        {200: "LinkStatus"},
        bodies.TrustBody,
    ),
    Operation(
        "post",
        "/api/v1/connection/credentials",
        "credentials",
        "Another address, user or password.",
        {200: "LinkStatus"},
        bodies.CredentialsBody,
    ),
    Operation(
        "post",
        "/api/v1/connection/ladder",
        "ladder",
        "Where the way to the device stops, rung by rung; takes up to half a minute. Connects if "
        "nothing holds it back. Who asks while it is under way gets the same answer.",
        {200: "Ladder"},
        bodies.EmptyBody,
        also=(503,),
    ),
    Operation("get", "/api/v1/diagnostics", "diagnostics", "The catalogue.", {200: "Diagnostics"}),
    Operation(
        "post",
        "/api/v1/catalogue/reload",
        "reload_catalogue",
        "Read your own diagnostics and profiles anew. What is wrong with them is in `problems`.",
        {200: "CatalogueFacts"},
        bodies.EmptyBody,
    ),
    Operation(
        "post",
        "/api/v1/diagnostics/{diagnostic_id}/run",
        "run",
        "Run one diagnostic.",
        {200: "Result", 202: "RunAccepted"},
        bodies.RunBody,
        extra=("wait",),
        reaches_device=True,
    ),
    Operation("get", "/api/v1/runs/{run_id}", "get_run", "A run.", {200: "Run"}),
    Operation(
        "post",
        "/api/v1/runs/{run_id}/cancel",
        "cancel_run",
        "Ask a run to stop.",
        {200: "Run"},
        bodies.EmptyBody,
    ),
    Operation(
        "post",
        "/api/v1/checkups",
        "start_checkup",
        "Begin a check-up.",
        {202: "CheckupAccepted"},
        bodies.CheckupBody,
        also=(503,),
    ),
    Operation("get", "/api/v1/checkups/{checkup_id}", "get_checkup", "A check-up.", {200: "Checkup"}),
    Operation(
        "post",
        "/api/v1/checkups/{checkup_id}/cancel",
        "cancel_checkup",
        "Ask a check-up to stop.",
        {200: "Checkup"},
        bodies.EmptyBody,
    ),
    Operation(
        "get",
        "/api/v1/checkups/{checkup_id}/events",
        "checkup_events",
        "Server-Sent Events of one check-up: run-started, run-finished, checkup-started, checkup- "
        "finished, reset. Ends with the check-up; 204 once everything was seen.",
        {200: "stream", 204: ""},
        extra=("last_event_id",),
        also=(503,),
    ),
    Operation(
        "get",
        "/api/v1/events",
        "events",
        "Server-Sent Events of everything: hello, connection, run-started, run-finished, checkup- "
        "started, checkup-finished, catalogue-reloaded, beat, reset. Ends after 10 minutes unless "
        "beats are given; come back with Last-Event-ID.",
        {200: "stream"},
        extra=("last_event_id", "feed"),
        also=(503,),
    ),
    Operation(
        "post",
        "/api/v1/streams/{stream_id}/beat",
        "beat",
        "A page says that it still reads its stream.",
        {204: ""},
        bodies.EmptyBody,
    ),
)

_PARTS: tuple[Part, ...] = (openapi_live.PART, openapi_logs.PART, openapi_terminal.PART)
"""What the other pages add."""

_PARAMETERS: dict[str, Schema] = {
    "feed": {
        "name": "feed",
        "in": "query",
        "description": "What else the stream carries; may come several times. Its events have no number.",
        "schema": {"type": "array", "items": {"type": "string", "maxLength": 100}, "maxItems": 8},
    },
    "wait": {
        "name": "wait",
        "in": "query",
        "description": "0: answer 202 at once; 1 (default): answer when the result is there.",
        "schema": {"type": "string", "enum": ["0", "1"]},
    },
    "last_event_id": number_asked(
        "Last-Event-ID",
        "Number of the last event seen; what came after it is sent first. 0: all there is.",
        place="header",
    ),
}

# What guard, router and body reader may answer beside the operation itself.
_ALWAYS = (401, 403, 404, 405, 429, 500)
_WITH_BODY = (413, 422)
_DEVICE_TROUBLE = (409, 502, 503, 504)


@cache
def document() -> Schema:
    """The whole document."""
    paths: dict[str, Schema] = {}
    parameters = dict(_PARAMETERS)
    for part in _PARTS:
        parameters |= part.parameters or {}
    for each in (*_OPERATIONS, *(operation for part in _PARTS for operation in part.operations)):
        paths.setdefault(each.path, {})[each.method] = _operation(each, parameters)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "V3 Diagnostics",
            "version": "1",
            "description": "Runs diagnostics on the connected device. Errors are RFC 9457 problem documents "
            "with a stable `code`. Clients other than the page send the API token with every POST.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _operation(each: Operation, parameters: dict[str, Schema]) -> Schema:
    named = [piece[1:-1] for piece in each.path.split("/") if piece.startswith("{")]
    own = [{"name": item, "in": "path", "required": True, "schema": STRING} for item in named]
    codes = [*_ALWAYS, *(_WITH_BODY if each.body else ()), *((422,) if each.extra else ()), *each.also]
    if each.reaches_device:
        codes += _DEVICE_TROUBLE
    operation: Schema = {
        "operationId": each.name,
        "summary": each.text,
        "parameters": own + [parameters[item] for item in each.extra],
        "responses": {str(status): _answer(schema) for status, schema in each.answers.items()}
        | {str(status): _problem(status) for status in sorted(set(codes))},
    }
    if each.body is not None:
        operation["requestBody"] = {
            "required": False,
            "content": {"application/json": {"schema": ref(each.body.__name__)}},
        }
    return operation


def _answer(schema: str) -> Schema:
    if not schema:
        return {"description": "Nothing to say."}
    if schema == "stream":
        return {"description": "The stream.", "content": {"text/event-stream": {"schema": STRING}}}
    if schema == "html":
        return {"description": "The file.", "content": {"text/html": {"schema": STRING}}}
    content = {"type": "object"} if schema == "object" else ref(schema)
    return {"description": schema, "content": {"application/json": {"schema": content}}}


def _problem(status: int) -> Schema:
    described: Schema = {
        "description": "A problem document.",
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"schema": STRING}}
    return described


def _schemas() -> dict[str, Schema]:
    found = dict(OWN_SCHEMAS)
    for part in _PARTS:
        found |= part.schemas or {}
    for each in (*_OPERATIONS, *(operation for part in _PARTS for operation in part.operations)):
        if each.body is not None:
            name = each.body.__name__
            _adopt(found, name, TypeAdapter(each.body).json_schema(ref_template=_REF))
    for kind in (Result, LinkStatus, Device, Rung):
        schema = TypeAdapter(kind).json_schema(ref_template=_REF, mode="serialization")
        _adopt(found, kind.__name__, schema)
    for name in ("Result", "LinkStatus", "Device", "Finding", "Rung"):
        found[name]["required"] = list(found[name]["properties"])  # to_json writes every field
        found[name]["additionalProperties"] = False
    found["LabelledDevice"] = _extended(found["Device"], "LabelledDevice", label=STRING)
    found["ResultOfRun"] = _extended(found["Result"], "ResultOfRun", run=STRING)
    found["LinkStatus"]["properties"]["device"] = or_null(ref("LabelledDevice"))
    return found


def _extended(schema: Schema, title: str, **more: Schema) -> Schema:
    properties = {**schema["properties"], **more}
    return {**schema, "title": title, "properties": properties, "required": [*schema["required"], *more]}


def _adopt(found: dict[str, Schema], name: str, schema: Schema) -> None:
    found.update(schema.pop("$defs", {}))
    found[name] = schema
