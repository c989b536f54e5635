"""How somebody enters once the login is right: the session's cookie, and the page that was wanted."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from utils.web.logins import LOGIN_S
from utils.web.security import cookie_name


def keep(response: AnyResponse, session: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(),
        session,
        max_age=LOGIN_S,
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
        path="/",
    )


def asked() -> str:
    """The page that led here, if it is one of ours; else the dashboard. No other site is ever led to."""
    wanted = urlsplit(request.values.get("next", ""))
    try:
        endpoint, _ = current_app.url_map.bind("").match(wanted.path, method="GET")
    except (HTTPException, RequestRedirect):
        endpoint = ""
    ours = wanted.path.startswith("/") and not wanted.path.startswith(("/api", "/static", "/login"))
    if wanted.scheme or wanted.netloc or not endpoint or not ours:
        return url_for("checkup.page")
    return wanted.path + (f"?{wanted.query}" if wanted.query else "")
