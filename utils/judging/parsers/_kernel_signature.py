"""One kernel message by itself -> the known message that it is. Pure.

The kernel log's parser judges a whole log. This file recognises a single line as it is read, by the same
library. What counts only together with others (one link that dropped, one USB reset) is information then.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from utils.judging.catalogue.known import in_force
from utils.judging.catalogue.signature import Signature
from utils.judging.parsers._kernel_counted import ARGUS, RESET, capped_clock, link_state
from utils.judging.parsers._kernel_lines import KERNEL, read_one
from utils.judging.parsers._kernel_survey import (
    CRITICAL,
    FAIL,
    INFO,
    WARN,
    is_normal,
    meaning,
    shape_of,
)

UNKNOWN_KIND, UNKNOWN = "unknown-message", "unknown"
NORMAL_KIND = "normal-message"


class Recognition(NamedTuple):
    """kind: of the event, "" if none; severity: fail, warn, info or unknown; id: the signature's.

    shape: of a message that nobody here knows, as a person calls it normal for a board.
    """

    kind: str
    severity: str
    id: str = ""
    shape: str = ""

    def for_board(self, normal: Collection[str]) -> Recognition:
        """The sign on a board for which these shapes are normal."""
        return NORMAL if self.shape and normal and is_normal(self.shape, normal) else self


NONE = Recognition("", "")
NORMAL = Recognition(NORMAL_KIND, INFO, NORMAL_KIND)


def signature(message: str, level: int | None = None) -> Recognition:
    """Of a kernel message without its time stamp."""
    found = meaning(message, level, in_force())
    if isinstance(found, Signature):
        return Recognition(found.kind, found.severity, found.id)
    if isinstance(found, int):
        severity = WARN if found <= CRITICAL else UNKNOWN
        return Recognition(UNKNOWN_KIND, severity, UNKNOWN_KIND, shape_of(message, level))
    if found is not None:
        return NONE
    if capped_clock(message):
        return Recognition("over-current-alarm", INFO, "clock-held-down")
    if link_state(message)[1] == "down":
        return Recognition("link-down", INFO, "link-down")
    reset = "reset" in message and RESET.search(message[:300])
    return Recognition("usb-enumeration", INFO, "usb-resets") if reset else NONE


def signature_of_text(text: str, *, bare: bool = False) -> Recognition:
    """Of a line with whatever stands before the message; only the kernel's own count, and time-outs of the
    camera service. bare: it is known not to be of the kernel."""
    text = text[:2000]
    if ARGUS(text):
        return Recognition("camera-timeout", FAIL, "capture-timeout-argus")
    stamped = "kern" in text or text[:1] in "[<0123456789"  # each form of a kernel's line has one of these
    if bare or not stamped:
        return NONE
    line = read_one(text)
    return signature(line.message, line.level) if line is not None and line.origin == KERNEL else NONE
