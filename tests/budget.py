"""How many cases hypothesis makes up: few, and the same each time; with V3_FUZZ=large many new ones.

    @budget(60)
    @given(...)

`make fuzz` runs every test that has it with the large budget.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

LARGE = os.environ.get("V3_FUZZ") == "large"
TIMES = 20


def budget(cases: int, *, times: int = TIMES) -> settings:
    """The settings of a test: this many cases, `times` as many with the large budget."""
    return settings(
        max_examples=cases * times if LARGE else cases,
        deadline=None,  # the machine may be busy with something else
        derandomize=not LARGE,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
