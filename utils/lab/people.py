"""Who may use this hub: a file of its folder, mode 0600. It holds hashes, no password and no token.

    people = People(folder)
    people.add("ada", Role.ADMIN, "correct horse …")    # BadRequest
    people.by_password("ada", "…")                      # the Person, or None
    people.by_token("v3p_…")                            # the Person and the token, or None

It is a file as the list of benches is: who may enter must not depend on a database. The command line and the
hub's program both change it; a lock keeps them apart. A change counts at the next request.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from utils.clock import new_id, utc_text
from utils.errors import BadRequest, ConfigError, RoleNeeded, UnknownPerson
from utils.folders import locked, make_private, write_atomically
from utils.lab import passwords
from utils.model.near import did_you_mean
from utils.model.roles import GIVEN, Role

FORM = 1
PEOPLE_FILE = "people.json"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
"""A person with a password here. Who logs in at a provider has an @ in the name: no two are mixed up."""
MOST_DAYS = 366
MOST_TOKENS = 20
_TOKEN = re.compile(r"v3p_([0-9a-f]{8,40})_([A-Za-z0-9_-]{40,60})")


@dataclass(frozen=True)
class Token:
    """A key for scripts. scope: at most what its person may. sha256: of its secret half."""

    id: str
    title: str
    scope: Role
    sha256: str
    made_at: str
    ends_at: str

    @property
    def over(self) -> bool:
        """Whether its time has ended."""
        return utc_text() >= self.ends_at


@dataclass(frozen=True)
class Person:
    """password: its argon2 hash; "" for who logs in at a provider. stamp: another one after each change of
    role or password, which ends sessions. issuer, subject: whom the provider means."""

    name: str
    role: Role
    password: str
    stamp: str
    made_at: str
    issuer: str = ""
    subject: str = ""
    tokens: tuple[Token, ...] = ()


class People:
    """Of a hub's folder. Thread-safe. ConfigError from each method where the file cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / PEOPLE_FILE
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, ...], tuple[Person, ...]] = ((), ())

    # --- who there is

    def all(self) -> tuple[Person, ...]:
        """Everybody, in the order in which they came."""
        with self._lock:
            mark = self._mark()
            if mark != self._read[0]:
                if not mark:
                    raise ConfigError(f"The list of people ({_FILE}) is gone.", hint=_RESTORE)
                self._read = mark, _people(self._path)
            return self._read[1]

    @property
    def in_force(self) -> bool:
        """Whether this hub has a list of people: then nobody may ask anything without a login."""
        self.all()
        return bool(self._read[0])

    def find(self, name: str) -> Person | None:
        """The person of this name."""
        return next((each for each in self.all() if each.name == name), None)

    def by_password(self, name: str, password: str) -> Person | None:
        """Who has this name and password. It takes as long for a name that nobody has."""
        found = self.find(name)
        right = passwords.right(found.password if found else "", password)
        return found if right else None

    def by_token(self, text: str) -> tuple[Person, Token] | None:
        """Whose token this is, while it counts."""
        shaped = _TOKEN.fullmatch(text)
        if shaped is None:
            return None
        for person in self.all():
            for token in person.tokens:
                if token.id == shaped[1]:
                    right = hmac.compare_digest(token.sha256, _sha256(shaped[2])) and not token.over
                    return (person, token) if right else None
        return None

    def need(self, name: str, least: Role) -> None:
        """RoleNeeded where people log in here and this one may not do it, or not any more."""
        found = self.find(name)
        if self.in_force and (found is None or not found.role.covers(least)):
            raise RoleNeeded(
                f"{name} asked for this, who may not have it done any more.",
                hint=f"Somebody with the role {least.value} asks for it again.",
            )

    # --- changes

    def add(self, name: str, role: Role, password: str) -> Person:
        """A new person with a password. BadRequest."""
        if not NAME.fullmatch(name):
            raise BadRequest(
                f"{name!r} is no name for a person.",
                hint="Use small letters, digits, “.”, “_” and “-”, at most 32 of them: ada.",
            )
        made = Person(name, _given(role), passwords.hashed(password), new_id(), utc_text())
        with self._changing() as people:
            if any(each.name == name for each in people):
                raise BadRequest(
                    f"{name} is here already.", hint="Choose another name, or change that person."
                )
            people.append(made)
        return made

    def from_provider(self, name: str, issuer: str, subject: str, role: Role | None) -> Person:
        """Who logged in at a provider, as it names that person. BadRequest: another person has the name.

        role: as the provider says; None: as it was here, at first a viewer.
        """
        with self._changing() as people:
            at = next(
                (i for i, each in enumerate(people) if (each.issuer, each.subject) == (issuer, subject)), -1
            )
            if at < 0:
                if any(each.name == name for each in people):
                    raise BadRequest(
                        f"Another person is called {name} here.",
                        hint="An admin of this hub removes that person, or the provider gives another name.",
                    )
                people.append(Person(name, role or Role.VIEWER, "", new_id(), utc_text(), issuer, subject))
            elif role not in (None, people[at].role):
                people[at] = replace(people[at], role=_given(role or Role.VIEWER), stamp=new_id())
            return people[at]

    def set_role(self, name: str, role: Role) -> Person:
        """Another role; sessions end. UnknownPerson; BadRequest for the last admin."""
        return self._change(name, lambda person: replace(person, role=_given(role), stamp=new_id()))

    def set_password(self, name: str, password: str) -> Person:
        """Another password; sessions end. UnknownPerson, BadRequest."""
        digest = passwords.hashed(password)
        return self._change(
            name, lambda person: replace(_with_password(person), password=digest, stamp=new_id())
        )

    def remove(self, name: str) -> None:
        """Sessions end, tokens are worthless. UnknownPerson; BadRequest for the last admin."""
        with self._changing() as people:
            people.remove(_known(people, name))

    def make_token(self, name: str, title: str, scope: Role, days: int) -> tuple[Token, str]:
        """A new token and its text, which nobody can read again. UnknownPerson, BadRequest."""
        if not 1 <= days <= MOST_DAYS:
            raise BadRequest(f"A token counts for 1 to {MOST_DAYS} days.")
        secret, ends = secrets.token_urlsafe(32), datetime.now(UTC) + timedelta(days=days)
        made = Token(
            new_id(), title.strip()[:64] or "token", _given(scope), _sha256(secret), utc_text(),
            ends.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        )  # fmt: skip
        self._change(name, lambda person: _with_token(person, made))
        return made, f"v3p_{made.id}_{secret}"

    def revoke_token(self, name: str, token_id: str) -> None:
        """It is worth nothing from now on. UnknownPerson, BadRequest."""
        self._change(name, lambda person: _without_token(person, token_id))

    def _change(self, name: str, how: Callable[[Person], Person]) -> Person:
        with self._changing() as people:
            at = people.index(_known(people, name))
            people[at] = how(people[at])
            return people[at]

    @contextlib.contextmanager
    def _changing(self) -> Iterator[list[Person]]:
        try:
            make_private(self.folder)
            with locked(self.folder / "people.lock"):
                people = list(self.all())
                had = _admins(people)
                yield people
                if had and not _admins(people):
                    raise BadRequest(
                        "This is the last admin with a password.", hint="Make another admin first."
                    )
                told = {"form": FORM, "people": [asdict(each) for each in people]}
                write_atomically(self._path, json.dumps(told, indent=2) + "\n")
        except OSError as exc:
            raise ConfigError(
                f"The hub's folder {self.folder} cannot be written: {exc.strerror or exc}.",
                hint="Run this as the user of the hub, with the same V3_DATA_DIR.",
            ) from exc

    def _mark(self) -> tuple[int, ...]:
        """Another one after each change: a change is a new file."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return ()
        except OSError as exc:
            raise ConfigError(f"The list of people ({_FILE}) cannot be read.", hint=_RESTORE) from exc
        return found.st_ino, found.st_mtime_ns, found.st_size


_FILE = "people.json in the hub's folder"
_RESTORE = "Restore it from a back-up. Until then nobody can log in."


def _people(path: Path) -> tuple[Person, ...]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["form"] > FORM:
            raise ConfigError(
                f"A newer version of this program wrote the list of people ({_FILE}).",
                hint="Start that version.",
            )
        return tuple(_person(each) for each in told["people"])
    except (ValueError, KeyError, TypeError, OSError) as exc:
        raise ConfigError(f"The list of people ({_FILE}) cannot be read.", hint=_RESTORE) from exc


def _person(told: dict[str, object]) -> Person:
    facts = {name: told[name] for name in Person.__dataclass_fields__}
    tokens = tuple(
        Token(**{**{name: each[name] for name in Token.__dataclass_fields__}, "scope": Role(each["scope"])})
        for each in facts["tokens"]  # type: ignore[attr-defined]
    )
    return Person(**{**facts, "role": _given(Role(facts["role"])), "tokens": tokens})  # type: ignore[arg-type]


def _given(role: Role) -> Role:
    if role not in GIVEN:
        raise BadRequest("This is no role that a person can have.")
    return role


def _known(people: list[Person], name: str) -> Person:
    found = next((each for each in people if each.name == name), None)
    if found is None:
        names = [each.name for each in people]
        raise UnknownPerson(f"Nobody is called {name!r} here.{did_you_mean(name, names)}")
    return found


def _with_password(person: Person) -> Person:
    if person.issuer:
        raise BadRequest(
            f"{person.name} logs in at {person.issuer} and has no password here.",
            hint="Change the password there.",
        )
    return person


def _with_token(person: Person, token: Token) -> Person:
    counting = tuple(each for each in person.tokens if not each.over)
    if len(counting) >= MOST_TOKENS:
        raise BadRequest(f"{person.name} has {MOST_TOKENS} tokens.", hint="Revoke one that is not used.")
    return replace(person, tokens=(*counting, token))


def _without_token(person: Person, token_id: str) -> Person:
    left = tuple(each for each in person.tokens if each.id != token_id)
    if left == person.tokens:
        raise BadRequest(f"{person.name} has no token {token_id!r}.", hint="Look at the list of tokens.")
    return replace(person, tokens=left)


def _admins(people: list[Person]) -> int:
    """Those who can always log in, also while the provider is away."""
    return sum(each.role is Role.ADMIN and bool(each.password) for each in people)


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
