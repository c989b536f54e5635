"""The pages People and Your account, of a hub that has people. Forms, so they work without scripts. Thin.

A program that is no hub, and a hub without people, has none of these addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from utils.errors import BadRequest, V3Error
from utils.model.roles import GIVEN, SCOPES, Role
from utils.web import people
from utils.web.context import bay, context
from utils.web.frame import frame
from utils.web.page import MenuPlace, Page
from utils.web.problems import status_of
from utils.web.schema import needs
from utils.web.security import who

if TYPE_CHECKING:
    from utils.lab.people import People
    from utils.web.people import Asker

people_page = Blueprint("people", __name__)
PAGE = Page(
    people_page,
    MenuPlace("People", "key", order=90, of_bay=False, shown=lambda: people.asker() is not None),
)


@people_page.before_request
def _of_a_hub_alone() -> None:
    if people.asker() is None:
        abort(404)


# --- for admins


@people_page.get("/people")
@needs(Role.ADMIN)
def page() -> str:
    """Everybody who may log in, with what an admin may change."""
    return _people()


@people_page.post("/people/add")
@needs(Role.ADMIN)
def add() -> ResponseReturnValue:
    """A new person with a password."""
    name, role = _field("name"), _role(_field("role"))
    return _done(lambda: _named().add(name, role, _field("password")), "person-added", person=name, role=role)


@people_page.post("/people/role")
@needs(Role.ADMIN)
def change_role() -> ResponseReturnValue:
    """Another role; open sessions of that person end."""
    name, role = _field("name"), _role(_field("role"))
    return _done(lambda: _named().set_role(name, role), "person-role", person=name, role=role)


@people_page.post("/people/password")
@needs(Role.ADMIN)
def change_password() -> ResponseReturnValue:
    """Another password for a person; open sessions of that person end."""
    name = _field("name")
    return _done(lambda: _named().set_password(name, _field("password")), "person-password", person=name)


@people_page.post("/people/remove")
@needs(Role.ADMIN)
def remove() -> ResponseReturnValue:
    """Open sessions of that person end, and tokens are worth nothing."""
    name = _field("name")
    return _done(lambda: _named().remove(name), "person-removed", person=name)


# --- for everybody


@people_page.get("/account")
@needs(Role.VIEWER, in_person=True)
def account() -> str:
    """Who is logged in, with password and tokens."""
    return _account()


@people_page.post("/account/password")
@needs(Role.VIEWER, in_person=True)
def own_password() -> ResponseReturnValue:
    """Another password of one's own. This session ends too."""
    me, address = _me().name, request.remote_addr or ""

    def change() -> None:
        sources = (address, f"name {me}")
        known = context().named_attempts.looked(sources, lambda: _named().by_password(me, _field("old")))
        if known is None:
            raise BadRequest("That is not your password until now.", hint="Type the one you logged in with.")
        _named().set_password(me, _field("password"))

    return _done(change, "person-password", _account, person=me)


@people_page.post("/account/tokens")
@needs(Role.VIEWER, in_person=True)
def make_token() -> ResponseReturnValue:
    """A new token, shown this once."""
    scope, days, made = _field("scope"), _field("days"), list[Any]()

    def make() -> None:
        if scope not in SCOPES or not days.isdecimal():
            raise BadRequest("A token has a scope and a number of days.")
        made.extend(_named().make_token(_me().name, _field("title"), SCOPES[scope], int(days)))

    refused = _tried(make, _account)
    if refused is not None:
        return refused
    token, text = made
    facts = {"token": token.id, "scope": scope, "ends_at": token.ends_at}
    context().audit.write("token-made", who=who(), person=_me().name, **facts)
    return _account(new=text)


@people_page.post("/account/tokens/revoke")
@needs(Role.VIEWER, in_person=True)
def revoke_token() -> ResponseReturnValue:
    """A token of one's own is worth nothing from now on."""
    me, token = _me().name, _field("token")
    return _done(lambda: _named().revoke_token(me, token), "token-revoked", _account, person=me, token=token)


def _done(
    change: Callable[[], object], action: str, shown: Callable[..., str] | None = None, **facts: Any
) -> ResponseReturnValue:
    """Make the change, note it, and show the page anew; or say why not."""
    refused = _tried(change, shown or _people)
    if refused is not None:
        return refused
    context().audit.write(action, who=who(), **facts)
    return redirect(url_for("people.account" if shown else "people.page"), 303)


def _tried(change: Callable[[], object], shown: Callable[..., str]) -> tuple[str, int] | None:
    try:
        change()
    except V3Error as exc:
        return shown(error=exc), status_of(exc)
    return None


def _people(error: V3Error | None = None) -> str:
    shown = frame(bay().door.status())
    return render_template("people/people.html", **shown, people=_named().all(), roles=GIVEN, error=error)


def _account(error: V3Error | None = None, new: str = "") -> str:
    me, shown = _me(), frame(bay().door.status())
    now = _named().find(me.name) or me.person
    scopes = {name: role for name, role in SCOPES.items() if now.role.covers(role)}
    return render_template("people/account.html", **shown, me=now, scopes=scopes, error=error, new=new)


def _named() -> People:
    found = people.here()
    assert found is not None
    return found


def _me() -> Asker:
    found = people.asker()
    assert found is not None
    return found


def _field(name: str) -> str:
    return request.form.get(name, "")[:300]


def _role(word: str) -> Role:
    return Role(word) if word in set(GIVEN) else Role.ANYBODY
