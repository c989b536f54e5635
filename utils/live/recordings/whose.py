"""Whose a recording is: the board that its first lines name -> the identity that the board has today. Pure.

Version 0.1 wrote no identity, only the key's fingerprint and what the board said of itself. A board that
nobody here knows any more is still told by these. A file that names no board is nobody's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from utils.live.recordings.lines import read_line
from utils.model.device_id import device_id, plausible_serial
from utils.model.results import Device

UNKNOWN = "board unknown"
_FIRST_LINES = 50
"""A recording names its board in its second line; gaps may come before."""


@dataclass
class Shelf:
    """A board's recordings, the newest first. device_id: None where no board is named."""

    device_id: str | None
    label: str
    recordings: list[str] = field(default_factory=list)


def named(lines: Iterable[str]) -> Mapping[str, Any]:
    """The board that the first lines of a recording name; {} when they name none."""
    for line in itertools.islice(lines, _FIRST_LINES):
        data = read_line(line) or {}
        if data.get("kind") == "live" and data["device"]:
            return dict(data["device"])
    return {}


def shelves(
    named_by: Mapping[str, Mapping[str, Any]],
    known: Sequence[Device],
    ids_of: Callable[[str], tuple[str, ...]],
) -> list[Shelf]:
    """The recordings by board, in their order. named_by: the board that each of them names."""
    found: dict[str | None, Shelf] = {}
    for recording, facts in named_by.items():
        whose = _identity(facts, known)
        present = ids_of(whose)[0] if whose else None
        device = next((each for each in known if each.device_id == present), None)
        label = device.label if device else _text(facts, "label") if present else UNKNOWN
        shelf = found.setdefault(present, Shelf(present, label or UNKNOWN))
        shelf.recordings.append(recording)
    return list(found.values())


def _identity(facts: Mapping[str, Any], known: Sequence[Device]) -> str | None:
    """By the identity, else by a known board's key, else by its serial number, else made from both."""
    stated, key, serial = (_text(facts, name) for name in ("device_id", "fingerprint", "serial"))
    if stated:
        return stated
    serial = serial if plausible_serial(serial) else ""
    by_key = [each for each in known if key and each.fingerprint == key]
    by_serial = [each for each in known if serial and each.serial == serial]
    same = [each for each in by_key if not serial or each.serial in (serial, "")] or by_serial
    if len(same) == 1:
        return same[0].device_id
    shared = len(by_serial) > 1
    return device_id(_text(facts, "model"), serial, key, shared=shared) if serial or key else None


def _text(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name, "")
    return value if isinstance(value, str) else ""
