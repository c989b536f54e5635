"""What every record begins with: an id that nobody guesses, and the time. Imports nothing of ours."""

from __future__ import annotations

import secrets
import sys
import time
from datetime import UTC, datetime


def utc_text(seconds_ago: float = 0.0) -> str:
    """Tell the time as ISO 8601 in UTC, to the millisecond. seconds_ago: how long it is past."""
    return utc_of(time.time() - max(0.0, seconds_ago))


def utc_of(seconds: float) -> str:
    """Tell a moment, in seconds since 1970, as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_minute(text: str) -> str:
    """Tell an ISO time to people: "28 Nov 2026, 16:51", by this computer's clock. No time stays as it is."""
    here = local(text)
    return f"{here.day} {here.strftime('%b %Y, %H:%M')}" if here else text


def local_stamp(text: str) -> str:
    """Tell an ISO time in a file's name: "2026-11-28-16-51", by this computer's clock."""
    here = local(text)
    return here.strftime("%Y-%m-%d-%H-%M") if here else text


def local(text: str) -> datetime | None:
    """Tell an ISO time by this computer's clock; None where it is no time, or outside of every calendar."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):  # the last is Windows, before 1970
        return None


def since_boot() -> float:
    """Seconds of a clock that also runs while the laptop sleeps, and that nobody sets."""
    if sys.platform == "win32":
        return time.monotonic()
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))  # macOS has the latter


def new_id() -> str:
    """Make an id: 16 hexadecimal digits."""
    return secrets.token_hex(8)
