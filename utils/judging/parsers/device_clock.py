"""date -u '+clock %s %Y-%m-%dT%H:%M:%SZ' -> {epoch_s, utc, year, offset_s, apart_s, side}.

Both forms must name the same second. A line "laptop SECONDS" after it is the laptop's clock at the answer.
offset_s is how far the device is ahead (seconds, to half a second, since it says whole ones). apart_s is the
same without its sign, side "ahead of" or "behind". All are None without that line.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(
    r"(?m)^clock (-?[0-9]{1,11}) ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)[ \t]*$"
)
_LAPTOP = re.compile(r"(?m)^laptop ([0-9]{9,11}(?:\.[0-9]{1,6})?)$")
READS = "epoch_s utc year offset_s apart_s side"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    match = _LINE.search(plain(stdout))
    if match is None:
        raise refuse(stdout, stderr, exit_status)
    try:
        moment = datetime.fromtimestamp(int(match.group(1)), UTC)
    except (OverflowError, ValueError, OSError):
        raise refuse(stdout, stderr, exit_status) from None
    if moment.strftime("%Y-%m-%dT%H:%M:%SZ") != match.group(2):
        raise refuse(stdout, stderr, exit_status)
    laptop = _LAPTOP.search(stdout, stdout.find(match.group(2)))
    offset_s = round(int(match.group(1)) + 0.5 - float(laptop.group(1)), 1) if laptop else None
    return {
        "epoch_s": int(match.group(1)),
        "utc": match.group(2),
        "year": moment.year,
        "offset_s": offset_s,
        "apart_s": None if offset_s is None else abs(offset_s),
        "side": None if offset_s is None else "ahead of" if offset_s > 0 else "behind",
    }
