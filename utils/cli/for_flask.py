"""The commands under `flask --app app …`. The flask command gets an app that has them and serves nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from utils.cli.given import give
from utils.errors import ConfigError
from utils.process import leave

if TYPE_CHECKING:
    from flask import Flask

    from utils.settings import Settings


def looks_for_commands() -> bool:
    """Whether the flask command only wants to know an app's commands: it is still at its group.

    `flask run` and `flask routes` are commands of its own by then, and get the app that serves.
    """
    context = click.get_current_context(silent=True)
    return context is not None and isinstance(context.command, click.Group)


def _plain_settings() -> None:
    """The flask command has read .env in its own way: undo that. A broken file is reported later."""
    from utils.settings import drop_copies

    with contextlib.suppress(OSError, UnicodeDecodeError):
        drop_copies()


def commands_alone(settings: Settings | None, *, demo: int) -> Flask:
    """An app without pages. Each command starts the core that it needs."""
    from flask import Flask

    from utils.cli.commands import COMMANDS

    _plain_settings()
    give(settings, demo)
    click.get_current_context().find_root().with_resource(_own_end())
    app = Flask("v3", static_folder=None, template_folder=None)
    for command in COMMANDS:
        app.cli.add_command(command)
    return app


@contextlib.contextmanager
def _own_end() -> Iterator[None]:
    """A command ends the program as `v3` does: its threads may still be at work."""
    try:
        yield
    except click.exceptions.Exit as end:
        leave(end.exit_code)
    except click.ClickException as said:
        said.show()
        leave(said.exit_code)
    except SystemExit as end:
        leave(end.code)
    leave(0)


@contextlib.contextmanager
def start_errors() -> Iterator[None]:
    """Under the flask command a start-up error is a message with exit status 3, not a traceback."""
    if click.get_current_context(silent=True) is not None:
        _plain_settings()
    try:
        yield
    except ConfigError as exc:
        if click.get_current_context(silent=True) is None:
            raise
        raise _StartError(f"{exc}\n{exc.hint}") from exc


class _StartError(click.ClickException):
    exit_code = 3
