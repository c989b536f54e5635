"""The people of this hub: add one, list them, another role or password, remove one; their tokens.

A password is typed twice, or is the one line on stdin. It is never an argument, which others could read.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from utils.cli import options
from utils.cli.command import Command
from utils.cli.hub import hub_of
from utils.clock import local_minute
from utils.model.roles import GIVEN, SCOPES, Role

if TYPE_CHECKING:
    from utils.audit import Audit
    from utils.lab.people import People

_role = click.Choice([role.value for role in GIVEN])


@click.group("user")
def user() -> None:
    """Say who may use this hub."""


@user.command("add", cls=Command)
@click.argument("name")
@click.option("--role", type=_role, default=Role.VIEWER.value, show_default=True, help="What NAME may do.")
@options.of_demo_option
def add(name: str, role: str, demo: bool) -> None:
    """Add a person; asks for the password. With the first one the page asks everybody to log in."""
    people, audit = _people(demo)
    people.add(name, Role(role), _password())
    audit.write("person-added", who=WHO, person=name, role=role)
    click.echo(f"{name} may log in as {role}.")


@user.command("list", cls=Command)
@options.of_demo_option
def shown(demo: bool) -> None:
    """List the people of this hub, with their tokens."""
    people, _ = _people(demo)
    if not people.all():
        click.echo("Nobody was added yet: v3 hub user add NAME --role admin")
    for each in people.all():
        way = f"logs in at {each.issuer}" if each.issuer else "has a password here"
        click.echo(f"{each.name:<32}  {each.role.value:<10}  {way}, since {local_minute(each.made_at)}")
        for token in each.tokens:
            until = "over since" if token.over else "until"
            ends = f"{until} {local_minute(token.ends_at)}"
            click.echo(f"    token {token.id}  {token.scope.value:<10}  {ends}  {token.title}")


@user.command("role", cls=Command)
@click.argument("name")
@click.argument("role", type=_role)
@options.of_demo_option
def role(name: str, role: str, demo: bool) -> None:
    """Give NAME another role. Open sessions end."""
    people, audit = _people(demo)
    people.set_role(name, Role(role))
    audit.write("person-role", who=WHO, person=name, role=role)
    click.echo(f"{name} is {role} now. Open sessions end.")


@user.command("password", cls=Command)
@click.argument("name")
@options.of_demo_option
def password(name: str, demo: bool) -> None:
    """Give NAME another password. Open sessions end."""
    people, audit = _people(demo)
    people.set_password(name, _password())
    audit.write("person-password", who=WHO, person=name)
    click.echo(f"{name} has a new password. Open sessions end.")


@user.command("remove", cls=Command)
@click.argument("name")
@options.of_demo_option
def remove(name: str, demo: bool) -> None:
    """Remove NAME. Open sessions end, and tokens are worth nothing any more."""
    people, audit = _people(demo)
    people.remove(name)
    audit.write("person-removed", who=WHO, person=name)
    click.echo(f"{name} may not log in any more.")


@user.command("token", cls=Command)
@click.argument("name")
@click.option("--scope", type=click.Choice(list(SCOPES)), default="read", show_default=True)
@click.option(
    "--days",
    type=options.CountGiven(1, 366),
    metavar="DAYS",
    default=90,
    show_default=True,
    help="How long it counts.",
)
@click.option("--title", default="", help="What it is for.")
@options.of_demo_option
def token(name: str, scope: str, days: int, title: str, demo: bool) -> None:
    """Print a new token of NAME for scripts. Nobody can read it again."""
    people, audit = _people(demo)
    made, text = people.make_token(name, title, SCOPES[scope], days)
    audit.write("token-made", who=WHO, person=name, token=made.id, scope=scope, ends_at=made.ends_at)
    click.echo(text)


@user.command("revoke", cls=Command)
@click.argument("name")
@click.argument("token_id", metavar="TOKEN")
@options.of_demo_option
def revoke(name: str, token_id: str, demo: bool) -> None:
    """Make the token of this id worthless (see: v3 hub user list)."""
    people, audit = _people(demo)
    people.revoke_token(name, token_id)
    audit.write("token-revoked", who=WHO, person=name, token=token_id)
    click.echo(f"The token {token_id} of {name} counts no more.")


WHO = "command line"


def _people(demo: bool) -> tuple[People, Audit]:
    from utils.audit import Audit
    from utils.lab.joining import need_packages
    from utils.lab.people import People

    need_packages("argon2")
    _, folder = hub_of(demo)
    return People(folder), Audit(folder.parent / "audit.jsonl")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")
