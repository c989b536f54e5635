"""Who asks at a hub that has people, and whether that person may. Nothing of this is met anywhere else.

here()      the people of this hub, None where nobody logs in by name
asker()     who sent this request, None before a login
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, g, request

from utils.errors import Forbidden, RoleNeeded, V3Error
from utils.model.roles import Role, lesser
from utils.web import roles
from utils.web.context import context, hub

if TYPE_CHECKING:
    from utils.lab.people import People, Person, Token
    from utils.web.sessions import LoginSession

_OF_THE_PAGE_ITSELF = {"beat", "terminal_drawn"}
"""What a page posts by itself: no sign that a person is there."""


@dataclass(frozen=True)
class Asker:
    """person: as the list of people has it now. role: what this request may. token: None for a session."""

    person: Person
    role: Role
    token: Token | None = None

    @property
    def name(self) -> str:
        """The name, for the audit log and for benches."""
        return self.person.name


def here() -> People | None:
    """The people of this hub, where there are any or may be by a provider. ConfigError."""
    found = hub()
    if found is None or not (found.people.in_force or context().settings.v3_oidc_issuer):
        return None
    return found.people


def asker() -> Asker | None:
    """Who sent this request; None before a login, and where nobody logs in by name."""
    found: Asker | None = g.get("asker")
    return found


def by_token(people: People, text: str) -> bool:
    """Whether this is a person's token that counts; from now on its person is the asker."""
    found = people.by_token(text)
    if found is not None:
        person, token = found
        g.asker = Asker(person, lesser(person.role, token.scope), token)
    return found is not None


def by_session(people: People, name: str) -> bool:
    """Whether this session counts; from now on its person is the asker."""
    person = _of_session(people, name, used=_by_hand())
    if person is not None:
        g.asker = Asker(person, person.role)
    return person is not None


def check_role() -> None:
    """RoleNeeded where the asker may not ask this route."""
    least, found = roles.least(current_app, request.endpoint), asker()
    role = found.role if found is not None else Role.ANYBODY
    if not role.covers(least):
        raise needed(least, role)
    if found is not None and found.token is not None and roles.in_person(current_app, request.endpoint):
        raise Forbidden("A token cannot do this.", hint="Log in to the page with your name.")


def at_least(least: Role) -> None:
    """RoleNeeded where people have roles and the asker has a lesser one. For a part of what a route does."""
    found = asker()
    if found is not None and not found.role.covers(least):
        raise needed(least, found.role)


def may_look_alone() -> bool:
    """Whether the asker is a person who may run nothing."""
    found = asker()
    return found is not None and not found.role.covers(Role.TECHNICIAN)


def may_open(endpoint: str) -> bool:
    """Whether the menu lists this page for the asker."""
    found = asker()
    return found is None or found.role.covers(roles.least(current_app, endpoint))


def nobody_yet() -> Callable[[], bool]:
    """Whether nobody logs in here by name still: what was begun without a login may go on."""
    found = hub()

    def welcome() -> bool:
        try:
            return found is None or not found.people.in_force
        except V3Error:
            return False

    return welcome


def still(people: People, session: str) -> Callable[[], bool]:
    """Whether the asker of this request may still be answered, for answers that go on."""
    found, sessions = asker(), context().sessions
    least, bearer = roles.least(current_app, request.endpoint), request.headers.get("Authorization", "")

    def welcome() -> bool:
        try:
            if found is None:
                return least is Role.ANYBODY
            if found.token is None:
                return _person(people, sessions.find(session)) is not None
            now = people.by_token(bearer.partition(" ")[2].strip())
            return now is not None and lesser(now[0].role, now[1].scope).covers(least)
        except V3Error:  # the list of people cannot be read
            return False

    return welcome


def needed(least: Role, role: Role) -> RoleNeeded:
    """The error of a role that is not enough."""
    return RoleNeeded(
        f"This needs the role {least.value}; yours here is {role.value}, which {role.told}.",
        hint="Ask an admin of this hub to do it, or for the role.",
        least=least.value,
        role=role.value,
    )


def _of_session(people: People, name: str, *, used: bool) -> Person | None:
    found = context().sessions.find(name)
    person = _person(people, found)
    if person is not None and used:
        context().sessions.find(name, used=True)
    return person


def _person(people: People, session: LoginSession | None) -> Person | None:
    """The person of a session, unless role or password changed since."""
    found = people.find(session.person) if session is not None else None
    return found if session is not None and found is not None and found.stamp == session.stamp else None


def _by_hand() -> bool:
    """A page that is opened, or an action; not what an open page asks by itself."""
    if request.method == "GET":
        return not request.path.startswith("/api")
    return (request.endpoint or "").rpartition(".")[2] not in _OF_THE_PAGE_ITSELF
