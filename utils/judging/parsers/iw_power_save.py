"""iw dev DEVICE get power_save -> {power_save: true or false}."""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_ABSENT = re.compile(r"(?mi)No such device|^nl80211 not found")
_UNSUPPORTED = re.compile(r"(?i)Operation not supported")
READS = "power_save"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    match = re.search(r"(?mi)^[ \t]*Power save:[ \t]*(on|off)[ \t]*$", plain(stdout))
    if match:
        return {"power_save": match.group(1).lower() == "on"}
    for text in (stderr, stdout):
        if _ABSENT.search(text):
            raise NotApplicable("There is no Wi-Fi interface.")
        if _UNSUPPORTED.search(text):
            raise NotApplicable("The Wi-Fi driver has no power saving.")
    raise refuse(stdout, stderr, exit_status)
