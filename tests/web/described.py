"""Real answers against the OpenAPI document: what in them is not as it is described."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from utils.web import openapi

_document: dict[str, Any] = {}
_known: dict[tuple[str, str, int, str], Draft202012Validator | None] = {}


def faults(app: Flask, answer: TestResponse) -> list[str]:
    """What is wrong with this answer; nothing where no view describes itself."""
    request = answer.request
    try:
        rule, _ = app.url_map.bind("").match(request.path, request.method, return_rule=True)
    except HTTPException:
        return []
    if not hasattr(app.view_functions[rule.endpoint], "described"):
        return []
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
    asked = (path, request.method.lower(), answer.status_code, answer.mimetype or "")
    if asked not in _known:
        _known[asked] = _validator(app, *asked)
    known = _known[asked]
    if known is None:
        return [f"{answer.status_code} {answer.mimetype} is not described"]
    return [
        f"{'/'.join(map(str, fault.path))}: {fault.message[:200]}" for fault in known.iter_errors(answer.json)
    ]


def _validator(app: Flask, path: str, method: str, status: int, mimetype: str) -> Draft202012Validator | None:
    if path not in _document.get("paths", {}):  # the first app that is asked, or one with more pages
        _document.update(openapi.document(app))
    content = _document["paths"][path][method]["responses"].get(str(status), {}).get("content", {})
    found = content.get(mimetype, content.get("*/*"))
    return found and Draft202012Validator({**found["schema"], "components": _document["components"]})
