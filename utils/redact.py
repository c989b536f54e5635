"""Secrets out of text and logs. Pure: knows the literal secrets it was given, and their quoted forms."""

from __future__ import annotations

import base64
import logging
import shlex
import urllib.parse
from collections.abc import Iterable

MASK = "[redacted]"
_SHORTEST = 4  # a shorter secret would blank out ordinary text
# Factory defaults are no secrets, and as words they stand all over a board's output and this log.
_EVERYDAY = {"admin", "demo", "jetson", "nvidia", "orin", "password", "root", "tegra", "ubuntu", "xavier"}


class Redactor:
    """Replaces each known secret, plain, shell-quoted, URL-encoded or in base64."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: list[str] = []
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Also redact these from now on."""
        known = set(self._forms)
        for secret in secrets:
            if len(secret) >= _SHORTEST and secret.lower() not in _EVERYDAY:
                known.update(_forms(secret))
        self._forms = sorted(known, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text without any known secret."""
        for form in self._forms:
            text = text.replace(form, MASK)
        return text


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        shlex.quote(secret),
        repr(secret)[1:-1],
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
    }


redact = Redactor()
"""The process's redactor: settings add their secrets, logging uses it."""


class RedactingFormatter(logging.Formatter):
    """Redacts the whole formatted record, tracebacks included, and keeps it on its own lines."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
