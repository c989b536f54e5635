"""Why a check could not be made -> how to get it made. One place for all diagnostics. Pure words.

A diagnostic's own next step (the repair) is for faults. What could not be judged gets the way to look
instead.
"""

from __future__ import annotations

from utils.errors import Cause

_AGAIN = "then run it again."
_IN_A_TERMINAL = "run its command in a terminal on the device and look at what it prints."

WAY: dict[Cause, str] = {
    Cause.NEEDS_ROOT: f"Set SSH_SUDO_PASSWORD, or let this user run sudo without a password; {_AGAIN}",
    Cause.NOT_PERMITTED: "Add this user to the group that may read it (adm for logs, docker for containers). "
    f"Or log in as another user; {_AGAIN}",
    Cause.TOOL_MISSING: f"Install the tool that the message names on the device; {_AGAIN}",
    Cause.NOT_THERE: "",
    Cause.NO_DATA: f"Run it again. If it prints nothing again, {_IN_A_TERMINAL}",
    Cause.TOO_EARLY: f"Wait until the device has started; {_AGAIN}",
    Cause.GARBAGE: "Open the output. If an error stands there, clear that first. Otherwise " + _IN_A_TERMINAL,
    Cause.CUT_OFF: f"Run it again: the output ended too early. If it does so again, {_IN_A_TERMINAL}",
    Cause.DAMAGED: f"Open the output and look for what is wrong with it. To see it whole, {_IN_A_TERMINAL}",
    Cause.IMPLAUSIBLE: "Run it again. If the values stay, the part or its driver gives none. Look at the "
    "kernel log, and compare with another board.",
    Cause.NOT_SAID: f"The output does not tell it on this device. To look for yourself, {_IN_A_TERMINAL}",
    Cause.CANCELLED: "Run it again: it was stopped before it had its answer.",
    Cause.TIMED_OUT: "Run it again when less runs on the device. If it times out again, what it asks hangs: "
    + _IN_A_TERMINAL,
    Cause.LINK_LOST: "Check the cable. When the device is connected again, run it again.",
}
"""How to get the check made, by cause."""


def way(code: str, hint: str) -> str:
    """How to get an answer after an error with this code; its own hint where no cause here is meant."""
    return WAY[Cause(code)] if code in set(Cause) else hint
