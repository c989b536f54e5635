"""Which benches may join the lab of this hub: invite one, revoke one, list them. Starts no bench."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from utils.cli import options
from utils.cli.command import Command
from utils.clock import local_minute

if TYPE_CHECKING:
    from pathlib import Path

    from utils.settings import Settings


@click.group("hub", short_help="Say who may use this hub; back it up.")
def hub() -> None:
    """Say which benches and people may use this hub; back it up, restore it."""


@hub.command("invite", cls=Command, short_help="Print an invitation for BENCH.")
@click.argument("station", metavar="BENCH")
@click.option("--address", default="", help="host:port of this hub, as it is reached (V3_HUB_ADDRESS).")
@options.of_demo_option
def invite(station: str, address: str, demo: bool) -> None:
    """Print an invitation for BENCH: v3 hub invite bench-3 > bench-3.v3join.

    Whoever has the file can be that bench. Bring it there as you would bring a password.
    """
    from utils.lab.invitation import host_and_port
    from utils.lab.register import Register
    from utils.lab.server import reload

    settings, folder = hub_of(demo)
    address = address or settings.v3_hub_address
    host_and_port(address)
    made = Register(folder).invite(station, address)
    reload(folder)
    click.echo(made.text(), nl=False)


@hub.command("revoke", cls=Command)
@click.argument("station", metavar="BENCH")
@options.of_demo_option
def revoke(station: str, demo: bool) -> None:
    """Make the invitation of BENCH worthless. Its open connection ends."""
    from utils.lab.register import Register
    from utils.lab.server import reload

    _, folder = hub_of(demo)
    Register(folder).revoke(station)
    told = "its connection ends now" if reload(folder) else "no hub runs with this data folder now"
    click.echo(f"{station} may not join any more; {told}.")


@hub.command("stations", cls=Command)
@options.of_demo_option
def stations(demo: bool) -> None:
    """List the benches that were invited."""
    from utils.lab.register import Register

    _, folder = hub_of(demo)
    invited = Register(folder).all()
    if not invited:
        click.echo("No bench was invited yet: v3 hub invite bench-1 > bench-1.v3join")
    for each in invited:
        click.echo(f"{each.id:<32}  invited {local_minute(each.invited_at)}{_revoked(each.revoked_at)}")


def _revoked(at: str) -> str:
    return f", revoked {local_minute(at)}" if at else ""


def hub_of(demo: bool) -> tuple[Settings, Path]:
    """The settings, and the hub's folder."""
    from utils.cli.given import given
    from utils.lab.joining import HUB_FOLDER, need_packages

    need_packages()
    settings, demo_given = given()
    data = settings.v3_data_dir / "demo" if demo or demo_given else settings.v3_data_dir
    return settings, data / HUB_FOLDER
