"""When something was, as pages say it: by this laptop's clock, with a bench's clock that was wrong. Pure."""

from __future__ import annotations

from utils.clock import local_minute
from utils.model.records import CheckupRecord

_RIGHT_S = 2.0
_UNITS = ((86400, "days"), (3600, "h"), (60, "min"))


def moment_of(one: CheckupRecord) -> str:
    """When a check-up was begun, by its bench's clock; with how wrong that clock was, where it was."""
    return f"{local_minute(one.started_at)}{off(one.bench_ahead_s)}"


def off(ahead_s: float | None) -> str:
    """ " (its bench's clock was 7 min ahead)"; "" where it was right, or nobody knows."""
    if ahead_s is None or abs(ahead_s) < _RIGHT_S:
        return ""
    size = abs(ahead_s)
    number, unit = next(((size / each, word) for each, word in _UNITS if size >= 2 * each), (size, "s"))
    return f" (its bench's clock was {number:.0f} {unit} {'ahead' if ahead_s > 0 else 'behind'})"
