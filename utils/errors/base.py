"""The base of all errors, and those that any room may raise."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar


class V3Error(Exception):
    """Base of all. `str(error)` is the sentence for the technician."""

    code: ClassVar[str] = "error"
    default_message: ClassVar[str] = "Something went wrong."
    default_hint: ClassVar[str] = ""
    for_scripts: ClassVar[str] = ""
    """The next step of a script, in words of the API. People never see it."""
    retryable: ClassVar[bool] = False
    device: Any = None
    """The board (result.Device) that the work was sent to, where that is proven: whose failure it is."""

    def __init__(self, message: str = "", *, hint: str = "", **details: object) -> None:
        super().__init__(message or self.default_message)
        self.hint = hint or self.default_hint
        self.details: Mapping[str, object] = details


class ConfigError(V3Error):
    code = "config"
    default_message = "The settings are wrong."
    default_hint = "Correct the named settings in .env and start again."


class CatalogueError(ConfigError):
    code = "catalogue-invalid"
    default_message = "A diagnostic's definition is wrong."
    default_hint = "Correct the named lines of the TOML file."


class BadRequest(V3Error):
    code = "bad-request"
    default_message = "The request cannot be understood."
    default_hint = "Correct what was typed and try again; reload the page if you typed nothing."
    for_scripts = "GET /api/v1/openapi.json describes what each request takes."


class Busy(V3Error):
    code = "busy"
    default_message = "Too much is running at the moment."
    default_hint = "Try again in a few seconds."
    for_scripts = "POST …/run?wait=0 begins a run; GET /api/v1/events tells its end."
    retryable = True


class TooLate(V3Error):
    """Whoever asked has given up: see utils/web/late.py."""

    code = "too-late"
    default_message = "This came too late: the program stood still meanwhile. Nothing was done."
    default_hint = "Ask once more if you still want it."
    retryable = True


class Cancelled(V3Error):
    code = "cancelled"
    default_message = "Cancelled."
    default_hint = "Run it again when you like."
    retryable = True


def fresh(error: V3Error) -> V3Error:
    """A copy to raise for another caller: the traceback and the device were one caller's."""
    copied = copy.copy(error).with_traceback(None)
    copied.device = None
    return copied
