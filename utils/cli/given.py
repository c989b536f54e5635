"""What create_app() was told, for the commands that the flask command runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from utils.settings import Settings

_GIVEN = "v3.given"
"""In a click context."""


def give(settings: Settings | None, demo: int) -> None:
    """Note it for the command that comes."""
    click.get_current_context().meta[_GIVEN] = (settings, demo)


def given() -> tuple[Settings, int]:
    """The settings, and how many demo boards are wanted. ConfigError."""
    from utils.settings import load_settings

    settings, demo = click.get_current_context().meta.get(_GIVEN, (None, 0))
    return settings or load_settings(), demo
