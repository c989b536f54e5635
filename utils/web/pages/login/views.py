"""The login page: GET and POST /login, POST /logout. Forms, so it works without scripts.

It asks for V3_PASSWORD or, at a hub that has people, for name and password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from utils.errors import TooManyAttempts
from utils.model.roles import Role
from utils.web import people
from utils.web.context import context
from utils.web.page import Page
from utils.web.pages.login.entering import asked, keep
from utils.web.pages.login.provider import provider
from utils.web.schema import needs
from utils.web.security import cookie_name, who

if TYPE_CHECKING:
    from utils.lab.people import People

login = Blueprint("login", __name__)
login.register_blueprint(provider)
PAGE = Page(login)


@login.get("/login")
@needs(Role.ANYBODY)
def form() -> AnyResponse | str:
    """The form; where nobody needs to log in there is none."""
    if context().settings.v3_password is None and people.here() is None:
        return redirect("/", 303)
    return _page("")


@login.post("/login")
@needs(Role.ANYBODY)
def submit() -> ResponseReturnValue:
    """Look at the password; a session cookie when it is right."""
    here, named, address = context(), people.here(), request.remote_addr or ""
    if here.settings.v3_password is None and named is None:
        return redirect("/", 303)
    try:
        here.attempts.check(address)  # before the form is read, which costs time
        session = _as_person(named, address) if named is not None else _by_password(address)
    except TooManyAttempts as exc:
        wait = str(exc.details["retry_after_s"])
        return _page(f"{exc} Try again in {wait} seconds."), 429, {"Retry-After": wait}
    if not session:
        return _page("Wrong password." if named is None else "Wrong name or password."), 401
    response = redirect(asked(), 303)
    keep(response, session)
    return response


def _by_password(address: str) -> str:
    """A session for who has V3_PASSWORD; "" for who has not."""
    here, password = context(), context().settings.v3_password
    assert password is not None
    right = here.attempts.right(address, request.form.get("password", ""), password.get_secret_value())
    here.audit.write("login" if right else "login-refused", who=who())
    return here.logins.begin() if right else ""


def _as_person(named: People, address: str) -> str:
    """A session for this person with this password; "" for anybody else."""
    here, name = context(), request.form.get("name", "").strip().lower()[:64]
    password = request.form.get("password", "")
    sources = (address, f"name {name}")
    found = here.named_attempts.looked(sources, lambda: named.by_password(name, password))
    if found is None:
        known = name if named.find(name) is not None else ""  # it may be a password in the wrong field
        here.audit.write("login-refused", who=who(), name=known)
        return ""
    here.audit.write("login", who=f"{found.name} ({who()})", role=found.role.value)
    return here.sessions.begin(found.name, found.stamp)


def _page(message: str) -> str:
    named, issuer = people.here() is not None, context().settings.v3_oidc_issuer
    at = urlsplit(issuer).hostname if named and issuer else ""
    return render_template("login/login.html", message=message, next=asked(), named=named, provider=at)


@login.post("/logout")
@needs(Role.VIEWER)
def logout() -> AnyResponse:
    """End this session."""
    here, name = context(), request.cookies.get(cookie_name(), "")
    if people.here() is not None:
        here.sessions.end(name)
    else:
        here.logins.end(name)
    here.audit.write("logout", who=who())
    response = redirect(url_for("login.form"), 303)
    response.delete_cookie(cookie_name(), httponly=True, samesite="Strict", path="/")
    return response
