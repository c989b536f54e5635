"""What every record begins with: an id that nobody guesses, and the time. Imports nothing of ours."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


def utc_text(seconds_ago: float = 0.0) -> str:
    """Tell the time as ISO 8601 in UTC, to the millisecond. seconds_ago: how long it is past."""
    return utc_of(time.time() - max(0.0, seconds_ago))


def utc_of(seconds: float) -> str:
    """Tell a moment, in seconds since 1970, as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def since_boot() -> float:
    """Seconds of a clock that also runs while the laptop sleeps, and that nobody sets."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def new_id() -> str:
    """Make an id: 16 hexadecimal digits."""
    return secrets.token_hex(8)
