"""The words of the OpenAPI document: small JSON Schemas, and what an operation is. Pure.

openapi.py has the core's operations; each page's own are in openapi_<page>.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]
STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "array", "items": STRING}
BOOLEAN: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}


def ref(name: str) -> Schema:
    """The schema of this name, wherever it stands."""
    return {"$ref": f"#/components/schemas/{name}"}


def or_null(schema: Schema) -> Schema:
    """It, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema) -> Schema:
    """Any number of it."""
    return {"type": "array", "items": schema}


def object_of(**properties: Schema) -> Schema:
    """An object with exactly these."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def enum_of(values: type[Enum]) -> Schema:
    """One of these values."""
    return {"type": "string", "enum": [item.value for item in values]}


def number_asked(name: str, description: str, *, place: str = "query") -> Schema:
    """A parameter that is a number not below 0, in the query or (place="header") in a header."""
    return {
        "name": name,
        "in": place,
        "description": description,
        "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
    }


@dataclass(frozen=True)
class Operation:
    """method, path, endpoint, what it does; body: its model; answers: {status: schema's name}, where ""
    is no body, "stream" an event stream, "html" a file, "object" anything; extra: names of parameters
    beside the path's. reaches_device: trouble of the link may be the answer. also: other problems."""

    method: str
    path: str
    name: str
    text: str
    answers: dict[int, str]
    body: type[BaseModel] | None = None
    extra: tuple[str, ...] = ()
    reaches_device: bool = False
    also: tuple[int, ...] = ()


@dataclass(frozen=True)
class Part:
    """A page's share of the document. parameters: those of `extra` that openapi.py does not know."""

    operations: tuple[Operation, ...] = ()
    schemas: dict[str, Schema] | None = None
    parameters: dict[str, Schema] | None = None
