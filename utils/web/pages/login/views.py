"""The login page for V3_PASSWORD: GET and POST /login, POST /logout. Forms, so it works without scripts."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from utils.errors import TooManyAttempts
from utils.model.roles import Role
from utils.web.context import context
from utils.web.page import Page
from utils.web.schema import needs
from utils.web.security import cookie_name, who

login = Blueprint("login", __name__)
PAGE = Page(login)


@login.get("/login")
@needs(Role.ANYBODY)
def form() -> AnyResponse | str:
    """The form; without V3_PASSWORD there is nothing to log in to."""
    if context().settings.v3_password is None:
        return redirect("/", 303)
    return _page("")


@login.post("/login")
@needs(Role.ANYBODY)
def submit() -> AnyResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Compare the password; a session cookie when it is right."""
    here, address = context(), request.remote_addr or ""
    password = here.settings.v3_password
    if password is None:
        return redirect("/", 303)
    try:
        here.attempts.check(address)  # before the form is read, which costs time
        right = here.attempts.right(address, request.form.get("password", ""), password.get_secret_value())
    except TooManyAttempts as exc:
        wait = str(exc.details["retry_after_s"])
        return _page(f"{exc} Try again in {wait} seconds."), 429, {"Retry-After": wait}
    if not right:
        here.audit.write("login-refused", who=who())
        return _page("Wrong password."), 401
    here.audit.write("login", who=who())
    response = redirect(_asked(), 303)
    response.set_cookie(
        cookie_name(),
        here.logins.begin(),
        max_age=int(here.logins.lifetime_s),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure,
        path="/",
    )
    return response


def _page(message: str) -> str:
    return render_template("login/login.html", message=message, next=_asked())


def _asked() -> str:
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


@login.post("/logout")
@needs(Role.VIEWER)
def logout() -> AnyResponse:
    """End this session."""
    context().logins.end(request.cookies.get(cookie_name(), ""))
    context().audit.write("logout", who=who())
    response = redirect(url_for("login.form"), 303)
    response.delete_cookie(cookie_name(), httponly=True, samesite="Strict", path="/")
    return response
