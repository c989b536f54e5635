"""What a command starts from: the settings, and the catalogue that judges without a device."""

from __future__ import annotations

import logging
from dataclasses import replace

import click

from utils import applog
from utils.cli.for_flask import GIVEN
from utils.judging.catalogue import known
from utils.judging.catalogue.library import Library, load_library
from utils.settings import Settings, load_settings

log = logging.getLogger(__name__)


def given() -> tuple[Settings, int]:
    """The settings, and how many demo boards are wanted, as create_app() was told. ConfigError."""
    settings, demo = click.get_current_context().meta.get(GIVEN, (None, 0))
    return settings or load_settings(), demo


def library(profile: str = "") -> Library:
    """The catalogue in force, without a core. ConfigError; BadRequest: there is no such profile."""
    settings, _ = given()
    applog.configure(settings, plain=True)
    found = load_library(settings.v3_data_dir, chosen=settings.v3_profile)
    found.need(settings.v3_profile)
    for problem in found.problems:
        log.warning("Not loaded, please correct: %s", problem)
    found.require(profile)
    known.use(found.signatures)
    return replace(found, chosen=profile or found.chosen)
