"""Waiting for what must become true, instead of for a time that may be too short or too long."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], timeout_s: float = 10.0, *, every_s: float = 0.01) -> bool:
    """Whether the condition became true in time."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(every_s)
    return bool(condition())
