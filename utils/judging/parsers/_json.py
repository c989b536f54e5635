"""JSON in a command's output, also with warnings before or after it. Pure."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

_LIST = re.compile(r"(?m)^[^\S\n]*\[")
_MOST_BEGINS = 50  # lines that begin like a list: each may be read to the end of the text


def find_list(text: str) -> list[Any] | None:
    """The first whole JSON list that starts a line; None when there is none."""
    decoder = json.JSONDecoder()
    for begin in itertools.islice(_LIST.finditer(text), _MOST_BEGINS):
        try:
            data, _ = decoder.raw_decode(text, begin.end() - 1)
        except (ValueError, RecursionError):
            continue
        if isinstance(data, list):
            return data
    return None


def records(text: str) -> list[dict[str, Any]] | None:
    """The objects of that list without the empty ones (ip prints `{}` for what it filtered out)."""
    data = find_list(text)
    if data is None or not all(isinstance(item, dict) for item in data):
        return None
    return [item for item in data if item]
