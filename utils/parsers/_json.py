"""JSON in a command's output, also with warnings before or after it. Pure."""

from __future__ import annotations

import json
from typing import Any


def find_list(text: str) -> list[Any] | None:
    """The first whole JSON list that starts a line; None when there is none."""
    decoder = json.JSONDecoder()
    offset = 0
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            try:
                data, _ = decoder.raw_decode(text[offset:].lstrip())
            except (ValueError, RecursionError):
                data = None
            if isinstance(data, list):
                return data
        offset += len(line)
    return None


def records(text: str) -> list[dict[str, Any]] | None:
    """The objects of that list without the empty ones (ip prints `{}` for what it filtered out)."""
    data = find_list(text)
    if data is None or not all(isinstance(item, dict) for item in data):
        return None
    return [item for item in data if item]
