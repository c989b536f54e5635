"""The catalogue that judges without a device."""

from __future__ import annotations

import logging
from dataclasses import replace

from utils import applog
from utils.cli.given import given
from utils.judging.catalogue import known
from utils.judging.catalogue.library import Library, load_library

log = logging.getLogger(__name__)


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
