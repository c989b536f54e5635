"""The words of the OpenAPI document: JSON Schemas, and what a view says of itself with `describe`. Pure.

A view is described where it stands; openapi.py makes the document from the app's routes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel

from utils.model.results import Verdict
from utils.model.roles import Role

Schema = dict[str, Any]
STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "array", "items": STRING}
BOOLEAN: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
FACTS: Schema = {"type": "object", "additionalProperties": True}
"""Names and values that differ from case to case."""


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


def optional(name: str, schema: Schema, **properties: Schema) -> Schema:
    """An object with exactly these, and this one besides where it applies."""
    made = object_of(**properties)
    return {**made, "properties": {**properties, name: schema}}


def enum_of(values: type[Enum]) -> Schema:
    """One of these values."""
    return {"type": "string", "enum": [item.value for item in values]}


VERDICT = enum_of(Verdict)


def number_asked(name: str, description: str, *, place: str = "query") -> Schema:
    """A parameter that is a number not below 0, in the query or (place="header") in a header."""
    return {
        "name": name,
        "in": place,
        "description": description,
        "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
    }


SHAPES: dict[str, Schema] = {}
"""Every named schema that a view answers with, by name."""


def shape(name: str, schema: Schema) -> str:
    """Give a schema its name in the document; `describe` and `ref` take the name."""
    SHAPES[name] = schema
    return name


@dataclass(frozen=True)
class Operation:
    """What a view takes and answers.

    answers: {status: a shape's name, a dataclass, "" (no body), "stream", "html", "file"}.
    body: its model. asks: parameters beside the path's. reaches_device: trouble of the link may be the
    answer. also: other problems. of_bay: it stands once more under each bay; False for what is the program's.
    upload: the body is a file.
    """

    answers: dict[int, str | type]
    body: type[BaseModel] | None = None
    asks: tuple[Schema, ...] = ()
    reaches_device: bool = False
    also: tuple[int, ...] = ()
    of_bay: bool = True
    upload: bool = False


View = TypeVar("View", bound=Callable[..., Any])


def needs(least: Role, *, in_person: bool = False) -> Callable[[View], View]:
    """Say who may ask this view at a hub that has people (utils/web/roles.py). in_person: no script may."""

    def note(view: View) -> View:
        view.least, view.in_person = least, in_person  # type: ignore[attr-defined]
        return view

    return note


def describe(
    answers: dict[int, str | type],
    body: type[BaseModel] | None = None,
    *,
    least: Role,
    asks: tuple[Schema, ...] = (),
    reaches_device: bool = False,
    also: tuple[int, ...] = (),
    of_bay: bool = True,
    upload: bool = False,
) -> Callable[[View], View]:
    """Describe this view for the API document, with its docstring as summary and description.

    least: who may ask it at a hub that has people.
    """

    def note(view: View) -> View:
        view.described = Operation(answers, body, asks, reaches_device, also, of_bay, upload)  # type: ignore[attr-defined]
        return needs(least)(view)

    return note
