"""The OpenAPI 3.1 document, made from the app's routes and from what each view says of itself (`describe`).
A test holds it against real answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from inspect import getdoc

from flask import Flask
from pydantic import TypeAdapter

from utils.bench.headline import Headline
from utils.model.link_words import LinkView
from utils.model.results import Device, LinkStatus, Result, Rung
from utils.web.schema import BOOLEAN, SHAPES, STRING, VERDICT, Operation, Schema, or_null, ref

_REF = "#/components/schemas/{model}"

# What guard, router and body reader may answer beside the operation itself.
_ALWAYS = (401, 403, 404, 405, 429, 500)
_WITH_BODY = (413, 422)
# to_json writes every field of these.
_WHOLE = (
    "Result", "LinkStatus", "LinkView", "Banner", "Fact", "Device", "Finding", "Rung", "Headline",
    "LastCheckup",
)  # fmt: skip
_LABELS: Schema = {
    "type": "object",
    "additionalProperties": {"type": "array", "prefixItems": [STRING, STRING], "minItems": 2, "maxItems": 2},
}
"""Of each key of the reading: its label and its unit."""
_DEVICE_TROUBLE = (409, 502, 503, 504)


_FILE: Schema = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "properties": {"file": {"type": "string", "format": "binary"}, "passphrase": STRING},
            "required": ["file"],
        }
    },
    "application/zip": {"schema": {"type": "string", "format": "binary"}},
}


@lru_cache(maxsize=4)
def document(app: Flask) -> Schema:
    """The whole document."""
    views = list(_views(app))
    paths: dict[str, Schema] = {}
    for method, path, name, text, told in views:
        if method == "post":  # it may come too late: utils/web/late.py
            told = replace(told, also=(*told.also, 409))
        paths.setdefault(path, {})[method] = _operation(path, name, text, told)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "V3 Diagnostics",
            "version": "1",
            "description": "Runs diagnostics on the connected device. Errors are RFC 9457 problem documents "
            "with a stable `code`. Clients other than the page send the API token with every POST. "
            "V3-Clock in an answer is the program's clock in ms. A request with V3-Waits-Until, a moment of "
            "that clock, is not carried out later: too-late (409).",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas([told for *_, told in views]),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


def _views(app: Flask) -> Iterator[tuple[str, str, str, str, Operation]]:
    """method, path, endpoint's name, what it does and takes, of each view that is described."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        told = getattr(view, "described", None)
        if told is None:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        text = getdoc(view) or ""
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method.lower(), path, _id(rule.endpoint), text, told


def _id(endpoint: str) -> str:
    """The endpoint's name; with "bay_" before it where the path names a bay."""
    blueprint, _, name = endpoint.rpartition(".")
    return f"bay_{name}" if blueprint == "bay" else name


def _operation(path: str, name: str, text: str, told: Operation) -> Schema:
    named = re.findall(r"{(\w+)}", path)
    own = [{"name": item, "in": "path", "required": True, "schema": STRING} for item in named]
    codes = [*_ALWAYS, *(_WITH_BODY if told.body else ()), *((422,) if told.asks else ()), *told.also]
    if told.reaches_device:
        codes += _DEVICE_TROUBLE
    summary, _, description = text.partition("\n")
    operation: Schema = {
        "operationId": name,
        "summary": summary,
        "description": " ".join(description.split()) or summary,
        "parameters": [*own, *told.asks],
        "responses": {str(status): _answer(_name(answer)) for status, answer in told.answers.items()}
        | {str(status): _problem(status) for status in sorted(set(codes))},
    }
    if told.body is not None:
        operation["requestBody"] = {
            "required": False,
            "content": {"application/json": {"schema": ref(told.body.__name__)}},
        }
    if told.upload:
        operation["requestBody"] = {"required": True, "content": _FILE}
    return operation


def _name(answer: str | type) -> str:
    return answer if isinstance(answer, str) else answer.__name__


def _answer(schema: str) -> Schema:
    if not schema:
        return {"description": "Nothing to say."}
    if schema == "stream":
        return {"description": "The stream.", "content": {"text/event-stream": {"schema": STRING}}}
    if schema == "file":
        return {"description": "The file.", "content": {"*/*": {"schema": {}}}}
    if schema == "html":
        return {"description": "The file.", "content": {"text/html": {"schema": STRING}}}
    return {"description": schema, "content": {"application/json": {"schema": ref(schema)}}}


def _problem(status: int) -> Schema:
    described: Schema = {
        "description": "A problem document.",
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"schema": STRING}}
    return described


def _schemas(views: list[Operation]) -> dict[str, Schema]:
    found = dict(SHAPES)
    for told in views:
        if told.body is not None:
            _adopt(found, told.body.__name__, TypeAdapter(told.body).json_schema(ref_template=_REF))
    for kind in (Result, LinkStatus, LinkView, Device, Rung, Headline):
        schema = TypeAdapter(kind).json_schema(ref_template=_REF, mode="serialization")
        _adopt(found, kind.__name__, schema)
    for name in _WHOLE:
        found[name]["required"] = list(found[name]["properties"])
        found[name]["additionalProperties"] = False
    for name in ("Result", "LinkStatus"):
        found[name]["properties"]["error"] = or_null(ref("Cause"))
    found["LabelledDevice"] = _extended(found["Device"], "LabelledDevice", label=STRING)
    found["KnownDevice"] = _extended(
        found["LabelledDevice"],
        "KnownDevice",
        trusted=BOOLEAN,
        verdict=or_null(VERDICT),
        checkup=or_null(STRING),
    )
    found["ResultOfRun"] = _extended(found["Result"], "ResultOfRun", run=STRING, labels=_LABELS)
    for name in ("device", "last_device"):
        found["LinkStatus"]["properties"][name] = or_null(ref("LabelledDevice"))
    found["LinkStatus"] = _extended(found["LinkStatus"], "LinkStatus", view=ref("LinkView"))
    return found


def _extended(schema: Schema, title: str, **more: Schema) -> Schema:
    properties = {**schema["properties"], **more}
    return {
        **schema,
        "title": title,
        "properties": properties,
        "required": sorted({*schema["required"], *more}),
    }


def _adopt(found: dict[str, Schema], name: str, schema: Schema) -> None:
    found.update(schema.pop("$defs", {}))
    found[name] = schema
