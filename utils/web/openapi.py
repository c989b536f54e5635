"""The OpenAPI 3.1 document, built from the models that the code itself uses. A test holds it against
the routes and against real answers."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from utils.catalogue.models import Category, Effect
from utils.result import Device, LinkStatus, Result, Rung, Verdict
from utils.web import bodies

Schema = dict[str, Any]
_REF = "#/components/schemas/{model}"
STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "array", "items": STRING}
BOOLEAN: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _enum(values: type[Verdict] | type[Category] | type[Effect]) -> Schema:
    return {"type": "string", "enum": [item.value for item in values]}


VERDICT = _enum(Verdict)
STATE: Schema = {"type": "string", "enum": ["running", "finished"]}
MAP_OF_STRINGS: Schema = {"type": "object", "additionalProperties": STRING}

_WHAT_IS_YOURS: dict[str, Schema] = {
    "own": STRINGS,
    "profiles": {"type": "array", "items": _object(name=STRING, note=STRING)},
    "profile": _or_null(STRING),
    "problems": STRINGS,
}

OWN_SCHEMAS: dict[str, Schema] = {
    "Problem": _object(
        type=STRING,
        title=STRING,
        status={"type": "integer"},
        detail=STRING,
        code=STRING,
        hint=STRING,
        retryable=BOOLEAN,
        details={"type": "object"},
    ),
    "Health": _object(status={"const": "ok"}),
    "Diagnostic": _object(
        id=STRING,
        title=STRING,
        category=_enum(Category),
        command=STRING,
        why=STRING,
        next_step=STRING,
        timeout=NUMBER,
        effect=_enum(Effect),
        root=BOOLEAN,
        slow=BOOLEAN,
        active=BOOLEAN,
        laptop_clock=BOOLEAN,
        related=STRINGS,
        origin=STRING,
        checks=COUNT,
    ),
    "Diagnostics": _object(diagnostics={"type": "array", "items": _ref("Diagnostic")}, **_WHAT_IS_YOURS),
    "CatalogueFacts": _object(diagnostics=COUNT, **_WHAT_IS_YOURS),
    "Devices": _object(devices={"type": "array", "items": _ref("LabelledDevice")}),
    "Ladder": _object(rungs={"type": "array", "items": _ref("Rung")}),
    "Run": _object(
        run=STRING,
        diagnostic=STRING,
        title=STRING,
        checkup=_or_null(STRING),
        state=STATE,
        started_at=STRING,
        result=_or_null(_ref("Result")),
    ),
    "RunAccepted": _object(run=STRING, diagnostic=STRING, events=STRING),
    "Checkup": _object(
        checkup=STRING,
        state=STATE,
        started_at=STRING,
        duration_s=_or_null(NUMBER),
        verdict=_or_null(VERDICT),
        counts=_object(**{verdict.value: COUNT for verdict in Verdict}),
        cancelled=BOOLEAN,
        diagnostics=STRINGS,
        runs=MAP_OF_STRINGS,
        pending=STRINGS,
        results={"type": "array", "items": _ref("Result")},
        events=STRING,
    ),
    "State": _object(
        connection=_ref("LinkStatus"),
        results={"type": "array", "items": _ref("ResultOfRun")},
        running={"type": "array", "items": _ref("RunStarted")},
        checkup=_or_null(_ref("CheckupState")),
        last_event_id=COUNT,
    ),
    "RunStarted": _object(
        run=STRING, diagnostic=STRING, title=STRING, started_at=STRING, checkup=_or_null(STRING)
    ),
    "CheckupState": _object(
        checkup=STRING,
        state=STATE,
        started_at=STRING,
        duration_s=_or_null(NUMBER),
        verdict=_or_null(VERDICT),
        cancelled=BOOLEAN,
        diagnostics=STRINGS,
        pending=STRINGS,
    ),
    "CheckupAccepted": _object(checkup=STRING, events=STRING, diagnostics=STRINGS),
}

# method, path, operation id, what it does, body model, {status: schema name; "" is no body}, extra parameters
_OPERATIONS: list[tuple[str, str, str, str, type[BaseModel] | None, dict[int, str], tuple[str, ...]]] = [
    ("get", "/healthz", "healthz", "Whether this program answers.", None, {200: "Health"}, ()),
    ("get", "/api/v1/openapi.json", "openapi", "This document.", None, {200: "object"}, ()),
    ("get", "/api/v1/connection", "connection", "The link's state.", None, {200: "LinkStatus"}, ()),
    ("get", "/api/v1/state", "state", "All that a page shows, in one go.", None, {200: "State"}, ()),
    ("get", "/api/v1/devices", "devices", "Every device that was ever trusted.", None, {200: "Devices"}, ()),
    (
        "post", "/api/v1/connection/reset", "reset", "Drop the link; the next command connects.",
        bodies.EmptyBody, {200: "LinkStatus"}, (),
    ),
    (
        "post", "/api/v1/connection/trust", "trust", "Trust the host key that is being asked about.",
        bodies.TrustBody, {200: "LinkStatus"}, (),
    ),
    (
        "post", "/api/v1/connection/credentials", "credentials", "Another address, user or password.",
        bodies.CredentialsBody, {200: "LinkStatus"}, (),
    ),
    (
        "post", "/api/v1/connection/ladder", "ladder",
        "Where the way to the device stops, rung by rung; takes up to half a minute. Connects if nothing "
        "holds it back. Who asks while it is under way gets the same answer.",
        bodies.EmptyBody, {200: "Ladder"}, (),
    ),
    ("get", "/api/v1/diagnostics", "diagnostics", "The catalogue.", None, {200: "Diagnostics"}, ()),
    (
        "post", "/api/v1/catalogue/reload", "reload_catalogue",
        "Read your own diagnostics and profiles anew. What is wrong with them is in `problems`.",
        bodies.EmptyBody, {200: "CatalogueFacts"}, (),
    ),
    (
        "post", "/api/v1/diagnostics/{diagnostic_id}/run", "run", "Run one diagnostic.",
        bodies.RunBody, {200: "Result", 202: "RunAccepted"}, ("wait",),
    ),
    ("get", "/api/v1/runs/{run_id}", "get_run", "A run.", None, {200: "Run"}, ()),
    (
        "post", "/api/v1/runs/{run_id}/cancel", "cancel_run", "Ask a run to stop.",
        bodies.EmptyBody, {200: "Run"}, (),
    ),
    (
        "post", "/api/v1/checkups", "start_checkup", "Begin a check-up.",
        bodies.CheckupBody, {202: "CheckupAccepted"}, (),
    ),
    ("get", "/api/v1/checkups/{checkup_id}", "get_checkup", "A check-up.", None, {200: "Checkup"}, ()),
    (
        "post", "/api/v1/checkups/{checkup_id}/cancel", "cancel_checkup", "Ask a check-up to stop.",
        bodies.EmptyBody, {200: "Checkup"}, (),
    ),
    (
        "get", "/api/v1/checkups/{checkup_id}/events", "checkup_events",
        "Server-Sent Events of one check-up: run-started, run-finished, checkup-started, checkup-finished, "
        "reset. Ends with the check-up; 204 once everything was seen.",
        None, {200: "stream", 204: ""}, ("last_event_id",),
    ),
    (
        "get", "/api/v1/events", "events",
        "Server-Sent Events of everything: hello, connection, run-started, run-finished, "
        "checkup-started, checkup-finished, catalogue-reloaded, beat, reset. Ends after 10 minutes unless "
        "beats are given; come back with Last-Event-ID.",
        None, {200: "stream"}, ("last_event_id",),
    ),
    (
        "post", "/api/v1/streams/{stream_id}/beat", "beat", "A page says that it still reads its stream.",
        bodies.EmptyBody, {204: ""}, (),
    ),
]  # fmt: skip

_PARAMETERS: dict[str, Schema] = {
    "wait": {
        "name": "wait",
        "in": "query",
        "description": "0: answer 202 at once; 1 (default): answer when the result is there.",
        "schema": {"type": "string", "enum": ["0", "1"]},
    },
    "last_event_id": {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "Number of the last event seen; what came after it is sent first. 0: all there is.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
    },
}

# What guard, router and body reader may answer beside the operation itself.
_ALWAYS = (401, 403, 404, 405, 429, 500)
_WITH_BODY = (413, 422)
_DEVICE_TROUBLE = (409, 502, 503, 504)
_FULL = {"start_checkup", "events", "checkup_events", "ladder"}


@cache
def document() -> Schema:
    """The whole document."""
    paths: dict[str, Schema] = {}
    for method, path, name, text, body, answers, extra in _OPERATIONS:
        paths.setdefault(path, {})[method] = _operation(path, name, text, body, answers, extra)
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


def _operation(
    path: str,
    name: str,
    text: str,
    body: type[BaseModel] | None,
    answers: dict[int, str],
    extra: tuple[str, ...],
) -> Schema:
    named = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    own = [{"name": item, "in": "path", "required": True, "schema": STRING} for item in named]
    codes = [*_ALWAYS, *(_WITH_BODY if body else ()), *((422,) if extra else ())]
    if name == "run":
        codes += _DEVICE_TROUBLE
    elif name in _FULL:
        codes += [503]
    operation: Schema = {
        "operationId": name,
        "summary": text,
        "parameters": own + [_PARAMETERS[item] for item in extra],
        "responses": {str(status): _answer(schema) for status, schema in answers.items()}
        | {str(status): _problem(status) for status in sorted(set(codes))},
    }
    if body is not None:
        operation["requestBody"] = {
            "required": False,
            "content": {"application/json": {"schema": _ref(body.__name__)}},
        }
    return operation


def _answer(schema: str) -> Schema:
    if not schema:
        return {"description": "Nothing to say."}
    if schema == "stream":
        return {"description": "The stream.", "content": {"text/event-stream": {"schema": STRING}}}
    content = {"type": "object"} if schema == "object" else _ref(schema)
    return {"description": schema, "content": {"application/json": {"schema": content}}}


def _problem(status: int) -> Schema:
    described: Schema = {
        "description": "A problem document.",
        "content": {"application/problem+json": {"schema": _ref("Problem")}},
    }
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"schema": STRING}}
    return described


def _schemas() -> dict[str, Schema]:
    found = dict(OWN_SCHEMAS)
    for model in (
        bodies.EmptyBody,
        bodies.RunBody,
        bodies.CheckupBody,
        bodies.TrustBody,
        bodies.CredentialsBody,
    ):
        _adopt(found, model.__name__, TypeAdapter(model).json_schema(ref_template=_REF))
    for kind in (Result, LinkStatus, Device, Rung):
        schema = TypeAdapter(kind).json_schema(ref_template=_REF, mode="serialization")
        _adopt(found, kind.__name__, schema)
    for name in ("Result", "LinkStatus", "Device", "Finding", "Rung"):
        found[name]["required"] = list(found[name]["properties"])  # to_json writes every field
        found[name]["additionalProperties"] = False
    found["LabelledDevice"] = _extended(found["Device"], "LabelledDevice", label=STRING)
    found["ResultOfRun"] = _extended(found["Result"], "ResultOfRun", run=STRING)
    found["LinkStatus"]["properties"]["device"] = _or_null(_ref("LabelledDevice"))
    return found


def _extended(schema: Schema, title: str, **more: Schema) -> Schema:
    properties = {**schema["properties"], **more}
    return {**schema, "title": title, "properties": properties, "required": [*schema["required"], *more]}


def _adopt(found: dict[str, Schema], name: str, schema: Schema) -> None:
    found.update(schema.pop("$defs", {}))
    found[name] = schema
