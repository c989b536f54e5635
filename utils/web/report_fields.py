"""A report as a file: what a person writes on it (typed at export, kept nowhere), its format and its name."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from flask import Response, request

from utils.clock import local
from utils.errors import BadRequest
from utils.web.schema import Schema

LONGEST = {"title": 120, "technician": 120, "work_order": 120, "note": 2000}
FORMATS = {"html": "text/html", "pdf": "application/pdf", "json": "application/json", "csv": "text/csv"}
FORMAT: Schema = {
    "name": "format",
    "in": "query",
    "description": "html (default), pdf, and for check-ups json or csv.",
    "schema": {"type": "string", "enum": list(FORMATS)},
}


@dataclass(frozen=True)
class Fields:
    """title: in place of the report's own. note: may have several lines."""

    title: str = ""
    technician: str = ""
    work_order: str = ""
    note: str = ""


ASKED: tuple[Schema, ...] = tuple(
    {
        "name": name,
        "in": "query",
        "description": f"For the head of the report: {name.replace('_', ' ')}.",
        "schema": {"type": "string", "maxLength": longest},
    }
    for name, longest in LONGEST.items()
)


def fields_given() -> Fields:
    """The query's fields. BadRequest when one is too long."""
    given = {each.name: request.args.get(each.name, "").strip() for each in fields(Fields)}
    for name, text in given.items():
        if len(text) > LONGEST[name]:
            raise BadRequest(f"{name.replace('_', ' ')} is longer than {LONGEST[name]} characters.")
    return Fields(**{name: "".join(each for each in text if each == "\n" or each.isprintable())
                     for name, text in given.items()})  # fmt: skip


def format_given(*formats: str) -> str:
    """The query's ?format=, the first of these by default. BadRequest when it is none of them."""
    form = request.args.get("format", formats[0])
    if form not in formats:
        raise BadRequest(f"format is one of {', '.join(formats)}.")
    return form


def saved(body: str | bytes, form: str, name: str) -> Response:
    """The file as a download, under this name but for what no file name should hold."""
    plain = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-")
    if isinstance(body, str) and form == "csv":
        body = f"\ufeff{body}"  # else a spreadsheet on Windows reads "°C" as "Â°C"
    answer = Response(body, mimetype=FORMATS[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="{plain}.{form}"'
    return answer


def moment(text: str) -> str:
    """ "28 November 2026, 16:51 (UTC+01:00)" of an ISO time, by the laptop's clock."""
    here = local(text)
    if here is None:
        return text
    offset = here.strftime("%z")
    return f"{here.day} {here.strftime('%B %Y, %H:%M')} (UTC{offset[:3]}:{offset[3:]})"


def css_string(text: str) -> str:
    """The text as a CSS string that no text can end: all but letters, digits and blanks is escaped."""
    plain = (each == " " or (each.isascii() and each.isalnum()) for each in text)
    safe = (each if ok else f"\\{ord(each):x} " for each, ok in zip(text, plain, strict=True))
    return f'"{"".join(safe)}"'
