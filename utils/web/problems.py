"""Every error as an answer: problem JSON (RFC 9457) under /api, a short page elsewhere.

One table says which HTTP status a code has. Nothing of a fault inside this program is shown but
that it happened; app.log has the rest.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from utils.errors import HistoryTrouble, LinkError, LinkInternal, V3Error
from utils.model.results import error_facts
from utils.redact import redact

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2

STATUS = {
    "unknown-diagnostic": 404,
    "unknown-run": 404,
    "unknown-bay": 404,
    "unknown-device": 404,
    "unknown-case": 404,
    "unknown-errand": 404,
    "unknown-campaign": 404,
    "unknown-log": 404,
    "unknown-recording": 404,
    "unknown-wiggle": 404,
    "unknown-swap-test": 404,
    "recording-runs": 409,
    "unknown-terminal": 404,
    "terminal-off": 403,
    "no-browser": 503,
    "terminals-full": 409,
    "terminal-over": 409,
    "input-gap": 409,
    "input-not-taken": 409,
    "recording-not-writable": 507,
    "not-kept": 409,
    "bundle": 500,
    "unknown-bundle": 404,
    "not-a-bundle": 422,
    "bundle-newer": 422,
    "bundle-damaged": 422,
    "bundle-too-large": 413,
    "bundle-unsafe": 422,
    "bundle-sealed": 422,
    "replay": 409,
    "bad-request": 422,
    "bad-command": 422,
    "forbidden": 403,
    "role-needed": 403,
    "unknown-person": 404,
    "sign-in-refused": 401,
    "login-required": 401,
    "too-many-attempts": 429,
    "busy": 503,
    "too-late": 409,
    "cancelled": 409,
    "device-changed": 409,
    "no-metrics": 404,
    "unknown-station": 404,
    "lab-away": 503,
    "station-away": 503,
    "look-refused": 403,
    "hub-no-boards": 409,
    "no-answer": 504,
    "target-ambiguous": 409,
    "command-timeout": 504,
    "not-responding": 504,
    "login-timeout": 504,
    "internal": 500,
}
"""HTTP status of a V3Error's code. Trouble of the history is 503, other of the link 502, all else 500."""

HTTP_CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
}
"""Code of an error that HTTP itself knows."""


def status_of(error: V3Error) -> int:
    """The HTTP status of an error."""
    other = 503 if isinstance(error, HistoryTrouble) else 502 if isinstance(error, LinkError) else 500
    return STATUS.get(error.code, other)


def problem(status: int, title: str, facts: dict[str, Any], for_scripts: str = "") -> Response:
    """Answer with an error as the client wants it.

    facts: code, message, hint, retryable, details. for_scripts: the next step of a script.
    """
    if _wants_json():
        body = {
            "type": f"urn:v3-diagnostics:problem:{facts['code']}",
            "title": title,
            "status": status,
            "detail": redact(facts["message"]),
            "code": facts["code"],
            "hint": redact(facts["hint"]),
            "hint_for_scripts": for_scripts,
            "retryable": facts["retryable"],
            "details": redact.within(facts["details"]),
        }
        response = jsonify(body)
        response.mimetype = MEDIA_TYPE
    else:
        page = render_template("error.html", status=status, title=title, error=facts)
        response = Response(page, mimetype="text/html")
    response.status_code = status
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    if status == 429:
        response.headers["Retry-After"] = str(facts["details"].get("retry_after_s", 60))
    return response


def _wants_json() -> bool:
    return request.path.startswith(("/api", "/metrics")) or not request.accept_mimetypes.accept_html


def _from_v3(error: V3Error) -> Response:
    return problem(status_of(error), type(error).default_message, error_facts(error), error.for_scripts)


def _from_http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:  # a redirect is no error
        return Response(error.get_response().get_data(), status, dict(error.get_response().headers))
    facts = {
        "code": HTTP_CODES.get(status, "internal" if status >= 500 else f"http-{status}"),
        "message": error.description or error.name,
        "hint": HTTP_HINTS.get(status, ""),
        "retryable": False,
        "details": {},
    }
    response = problem(status, error.name, facts, HTTP_FOR_SCRIPTS.get(status, ""))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


HTTP_HINTS = {
    404: "Open the dashboard and choose from its menu.",
    405: "Open the dashboard and choose from its menu.",
    413: "Send less at once.",
}

HTTP_FOR_SCRIPTS = {
    404: "GET /api/v1/openapi.json lists all addresses.",
    405: "Actions are POST requests, questions are GET requests.",
    413: "A request's body is small JSON.",
}


def _from_bug(error: Exception) -> Response:
    log.exception("A request failed inside this program: %s %s", request.method, request.path)
    facts = {
        "code": "internal",
        "message": "This request failed inside the program.",
        "hint": LinkInternal.default_hint,
        "retryable": False,
        "details": {},
    }
    return problem(500, "Internal error", facts)


def register(app: Flask) -> None:
    """Handle all errors of the app."""
    app.register_error_handler(V3Error, _from_v3)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(Exception, _from_bug)
