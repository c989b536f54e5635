"""nvpmodel -q -> {mode_name, mode_id, fan_mode}.

The name is as printed ("MODE_15W_6CORE"), and the number that of the line after it (null if none). The fan
profile is null if not said. Warnings and errors beside the mode are no concern: a user without root gets them
on newer releases. A list of possible models names no active one and is no reading. A name at which the text
ends without a line's end is none either: it may be half a name.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

# What stands before it on the line is "NVPM VERB: Current mode:", a prompt or a log's prefix.
_MODE = re.compile(r"(?mi)^(?:.*[:$#] )?[ \t]*NV Power Mode:[ \t]*([\w.+-]+)[ \t\r]*$")
_FAN = re.compile(r"(?mi)^(?:.*[:$#] )?[ \t]*NV Fan Mode:[ \t]*(\S+)[ \t\r]*$")
_NUMBER = re.compile(r"(?m)^[ \t]*(\d{1,3})[ \t\r]*$")
READS = "mode_name mode_id fan_mode"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    mode = _MODE.search(text)
    if not mode:
        raise refuse(stdout, stderr, exit_status)
    if mode.end() == len(text):
        raise Undecided(
            f"The output is cut off at the name of the power mode: {mode.group(0).strip()}", Cause.CUT_OFF
        )
    number, fan = _NUMBER.search(text, mode.end()), _FAN.search(text)
    return {
        "mode_name": mode.group(1),
        "mode_id": int(number.group(1)) if number else None,
        "fan_mode": fan.group(1) if fan else None,
    }
