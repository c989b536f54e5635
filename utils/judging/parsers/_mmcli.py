"""mmcli's three forms (table, -K key-value, -J JSON) -> one flat mapping of lower-case keys. Pure.

{"status.state": "connected", "3gpp.registration": "home", ...} for the table (section.key), and
{"generic.state": ..., "3gpp.registration-state": ...} for -K and -J (the leading "modem" or "sim" is
dropped). Quotes and colours are taken off. What mmcli does not know ("--", "none", "unknown" in some fields)
stays as printed; `said()` turns it into None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from utils.judging.parsers._text import plain

_ROW = re.compile(
    r"^\s{0,4}([A-Za-z0-9][A-Za-z0-9 ()/.-]*+)?\s*+\|\s*+([A-Za-z0-9][A-Za-z0-9 /()-]*+)\s*+:(.*)$"
)
_KEY_VALUE = re.compile(r"^([a-z][a-z0-9-]*(?:\.[a-z0-9-]++(?:\[\d+\])?)++)\s*+:(.*)$")
# A colour code whose escape character got lost on the way ("[32mconnected[0m").
_BARE_COLOUR = re.compile(r"\[(?:\d{1,2}(?:;\d{1,2})*)?m")
_NOT_SAID = {"", "--", "none", "unknown", "n/a", "not available"}


def fields(stdout: str) -> dict[str, str]:
    """All fields of whichever form this is; empty when it is none of them."""
    text = plain(stdout)
    found = dict(_from_json(text))
    if found or "{" in text.lstrip()[:1]:
        return found
    text = _BARE_COLOUR.sub("", text)
    return dict(_from_key_values(text)) or dict(_from_table(text))


def said(found: Mapping[str, str], *keys: str) -> str | None:
    """The first of these keys that has a real value."""
    for key in keys:
        value = found.get(key, "")
        if value.lower() not in _NOT_SAID:
            return value
    return None


def number(found: Mapping[str, str], *keys: str) -> float | None:
    """The number that the first of these keys begins with ("-95.00 dBm", "61% (recent)", "'61' (recent)")."""
    value = said(found, *keys)
    match = re.match(r"'?(-?\d+(?:\.\d+)?)(?=$|[\s%'])", value) if value else None
    return float(match.group(1)) if match else None


def _from_table(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    for line in text.splitlines():
        match = _ROW.match(line)
        if match:
            section = (match.group(1) or section).strip().lower()
            yield f"{section}.{match.group(2).strip().lower()}", _unquoted(match.group(3).strip())


def _from_key_values(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        match = _KEY_VALUE.match(line)
        if match:
            yield match.group(1).partition(".")[2], _unquoted(match.group(2).strip())


def _from_json(text: str) -> Iterator[tuple[str, str]]:
    start = text.find("{")
    if start < 0 or text[:start].count("|"):
        return
    try:
        data, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return
    for top in ("modem", "sim"):
        if isinstance(data, dict) and isinstance(data.get(top), dict):
            yield from _flat(data[top], "")


def _flat(data: Mapping[str, Any], prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        path = f"{prefix}{key}".lower()
        if isinstance(value, dict) and depth < 8:
            yield from _flat(value, f"{path}.", depth + 1)
        elif isinstance(value, list):
            yield path, ", ".join(item for item in value if isinstance(item, str))
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield path, str(value)


def _unquoted(value: str) -> str:
    """'connected' -> connected; '61' (recent) stays apart from its remark only by the quotes."""
    match = re.fullmatch(r"'([^']*)'(.*)", value)
    return f"{match.group(1)}{match.group(2)}".strip() if match else value
