"""What of a reading is kept with each check-up: the values of the catalogue's [[diagnostic.track]]. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from utils.judging.catalogue.models import Diagnostic, Track


def tracked(diagnostic: Diagnostic, reading: Mapping[str, Any] | None) -> dict[str, float]:
    """The values by their names; what the board did not say is absent."""
    found: dict[str, float] = {}
    for track in diagnostic.track:
        numbers = list(_numbers(reading, track.value.split(".")))
        if numbers:
            found[name_of(diagnostic, track)] = max(numbers) if track.of == "highest" else min(numbers)
    return found


def name_of(diagnostic: Diagnostic, track: Track) -> str:
    """ "boot-time:total_s": the name that a value is kept under."""
    return f"{diagnostic.id}:{track.value}"


def _numbers(value: Any, path: list[str]) -> Iterator[float]:
    """The numbers at this path, of all items of the lists on the way."""
    if isinstance(value, list):
        for item in value:
            yield from _numbers(item, path)
    elif path and isinstance(value, Mapping):
        yield from _numbers(value.get(path[0]), path[1:])
    elif not path and isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)
