"""What Live tells by code: why there are no samples, how a wiggle test ended. Pages name these, and nothing
of what samples.
"""

from __future__ import annotations

from enum import StrEnum


class Gap(StrEnum):
    """Why there are no samples. Only `lost` is the link's fault; in the others nobody sampled."""

    LOST = "lost"
    UNWATCHED = "unwatched"
    SILENT = "silent"
    ENDED = "ended"
    TROUBLE = "trouble"


class WiggleOutcome(StrEnum):
    """How a test ended, or stands."""

    CHANGED = "changed"
    NOTHING_MEASURED = "nothing-measured"
    PARTLY_WATCHED = "partly-watched"
    QUIET = "quiet"


CUT_SHORT = {"code": "cut-short", "tone": "warn", "words": "Cut short: the program was restarted"}
"""What a page says of a test that this program does not know any more."""
