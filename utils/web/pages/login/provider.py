"""The login at a provider: GET /login/oidc leads there, GET /login/oidc/callback is the way back.

The browser comes back from another site: the session's cookie, which is strict, goes along with no redirect.
So a page of ours goes on from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from utils.errors import V3Error
from utils.model.roles import Role
from utils.web import people
from utils.web.context import context
from utils.web.pages.login.entering import asked, keep
from utils.web.schema import needs
from utils.web.security import cookie_name, who

if TYPE_CHECKING:
    from utils.lab.oidc import Provider

provider = Blueprint("provider", __name__)
_PATH = "/login/oidc"


@provider.get(_PATH)
@needs(Role.ANYBODY)
def start() -> AnyResponse:
    """Begin a login and lead to the provider."""
    from utils.lab.oidc import BEGUN_S

    with context().slots.waiting():  # a provider that is slow holds up nobody else
        key, begun = _found().begin(_callback(), asked())
    response = redirect(begun.url, 303)
    response.set_cookie(
        _cookie(),
        key,
        max_age=int(BEGUN_S),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
        path=_PATH,
    )
    return response


@provider.get(f"{_PATH}/callback")
@needs(Role.ANYBODY)
def back() -> AnyResponse:
    """Look at what the provider says, and let its person in."""
    here, found, named = context(), _found(), people.here()
    assert named is not None
    try:
        begun = found.take(request.cookies.get(_cookie(), ""))
        with here.slots.waiting():
            told = found.finish(begun, _callback(), request.args)
        person = named.from_provider(told.name, told.issuer, told.subject, told.role)
    except V3Error as exc:
        here.audit.write("login-refused", who=who(), code=exc.code, reason=exc.details.get("reason", ""))
        raise
    facts = {"role": person.role.value, "issuer": told.issuer, "subject": told.subject}
    here.audit.write("login", who=f"{person.name} ({who()})", **facts)
    response = Response(render_template("login/entered.html", name=person.name, next=begun.next))
    keep(response, here.sessions.begin(person.name, person.stamp))
    response.delete_cookie(_cookie(), httponly=True, samesite="Lax", path=_PATH)
    return response


def _found() -> Provider:
    found = context().provider if people.here() is not None else None
    if found is None:
        abort(404)
    return found


def _callback() -> str:
    return context().settings.v3_oidc_callback or url_for("login.provider.back", _external=True)


def _cookie() -> str:
    return f"{cookie_name()}_begun"
