"""Secrets out of text and logs. Pure: knows the literal secrets it was given, and their quoted forms."""

from __future__ import annotations

import base64
import json
import logging
import re
import shlex
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MASK = "[redacted]"
_PIECE = 1 << 17  # characters
_SHORTEST = 4  # a shorter secret would blank out ordinary text
# Factory defaults are no secrets, and as words they stand all over a board's output and this log.
_EVERYDAY = {"admin", "demo", "jetson", "nvidia", "orin", "password", "root", "tegra", "ubuntu", "xavier"}


class Redactor:
    """Replaces each known secret, plain, quoted, URL-encoded or in base64, where it stands as a word.

    Within a longer word it stays: a serial number that holds a password's digits must not change.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: frozenset[str] = frozenset()
        self._in_json: frozenset[str] = frozenset()  # the same as json.dumps writes them
        self._any: re.Pattern[str] | None = None
        self._over_lines = False  # whether any of them holds the end of a line
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """Also redact these from now on."""
        wanted = [each for each in secrets if len(each) >= _SHORTEST and each.lower() not in _EVERYDAY]
        new = {form for secret in wanted for form in _forms(secret)} - self._forms
        if new:
            forms = self._forms | new
            self._over_lines = any("\n" in form for form in forms)
            longest_first = sorted(forms, key=len, reverse=True)
            self._any = re.compile("|".join(re.escape(form) for form in longest_first))
            self._in_json = frozenset(json.dumps(form)[1:-1] for form in forms)
            self._forms = forms

    def __call__(self, text: str) -> str:
        """The text without any known secret."""
        if self._any is None or not any(form in text for form in self._forms):
            return text
        if len(text) <= _PIECE or self._over_lines:
            return self._any.sub(_masked, text)
        return "".join(self._any.sub(_masked, piece) for piece in _pieces(text))

    def within(self, values: Any) -> Any:
        """These JSON types with every string in them redacted, and nothing else: JSON text could break."""
        if isinstance(values, str):
            return self(values)
        if isinstance(values, Mapping):
            return {self(str(key)): self.within(each) for key, each in values.items()}
        return [self.within(each) for each in values] if isinstance(values, list | tuple) else values

    def as_json(self, values: Any) -> str:
        """The JSON text of `within(values)`. Few texts hold a secret, so most are looked at as a whole."""
        told = json.dumps(values, default=dict)
        return json.dumps(self.within(values)) if any(form in told for form in self._in_json) else told

    def may_be_in(self, values: Any, *texts: str) -> bool:
        """Whether any of these texts, or any within these JSON types, may hold a secret.

        One look over all values is quicker than many.
        """
        if not self._forms:
            return False
        if any(form in text for text in texts for form in self._forms):
            return True
        told = json.dumps(values, default=str)
        return any(form in told for form in self._in_json)


def _pieces(text: str) -> Iterator[str]:
    """Whole lines, about _PIECE characters at a time: other threads have their turn in between."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _PIECE) + 1 or len(text)
        yield text[start:end]
        start = end


def _masked(found: re.Match[str]) -> str:
    return MASK if _stands_alone(found) else found[0]


def _stands_alone(found: re.Match[str]) -> bool:
    text, (first, end) = found.string, found.span()
    if end < len(text) and _word(text[end]) and _word(text[end - 1]):
        return False
    joined = first > 0 and _word(text[first - 1]) and _word(text[first])
    return not joined or _ENDS_IN_ESCAPE.search(text[max(0, first - _ESCAPE_MOST) : first]) is not None


def _word(character: str) -> bool:
    return character.isalnum() or character == "_"


# What ends in a letter or digit and is no part of a word: \n \x1b \u001b in quoted text, ESC[1;31m, %0A.
_ENDS_IN_ESCAPE = re.compile(
    r"(\\[abefnrtv0]|\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|(\x1b|\\x1b|\\u001b|\\033)\[[\d;]{0,12}[A-Za-z]|%[0-9A-F]{2})$"
)
_ESCAPE_MOST = 20


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    return {
        secret,
        shlex.quote(secret),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
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
