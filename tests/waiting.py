"""Waiting for what must become true, instead of for a time that may be too short or too long."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

SIDE_BY_SIDE = "TESTS_SIDE_BY_SIDE"
"""Set where a test has others beside it."""
BUSY, LONG_S = 5, 30.0


def busy() -> int:
    """How many times as long things may take here: beside other tests the processors are shared."""
    return BUSY if SIDE_BY_SIDE in os.environ else 1


def wait_until(condition: Callable[[], object], timeout_s: float = 10.0, *, every_s: float = 0.01) -> bool:
    """Whether the condition became true in time. Beside other tests a short time is a longer one."""
    end = time.monotonic() + max(timeout_s, min(timeout_s * busy(), LONG_S))
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(every_s)
    return bool(condition())


def once(condition: Callable[[], object], act: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Act as soon as it is true, beside what the test does meanwhile. Never where it does not become true."""

    def watch() -> None:
        if wait_until(condition, timeout_s):
            act()

    threading.Thread(target=watch, name="once", daemon=True).start()
