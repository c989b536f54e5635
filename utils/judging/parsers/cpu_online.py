"""CPU lists and governors of sysfs -> {present_count, online_count, offline[], governors[]}.

offline: numbers of the cores that are present and off. governors: each named once, [] where the kernel
controls no clock.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._sysfs import wanted
from utils.model.results import Reading

_PATH = r"/sys/devices/system/cpu/(?:(present|online)|cpufreq/policy\d+/scaling_governor)"
_LIST = re.compile(r"\d{1,5}(?:-\d{1,5})?(?:,\d{1,5}(?:-\d{1,5})?)*")
_MOST_CORES = 4096
READS = "present_count online_count offline governors"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    found = wanted(stdout, stderr, exit_status, _PATH)
    lists = {hit.group(1): _numbers(value) for hit, value in found if hit.group(1)}
    present, online = lists.get("present", set()), lists.get("online", set())
    if not present or not online or not online <= present:
        raise Undecided("The kernel does not tell which cores are present and online.", Cause.NOT_SAID)
    return {
        "present_count": len(present),
        "online_count": len(online),
        "offline": sorted(present - online),
        "governors": sorted({value for hit, value in found if not hit.group(1)}),
    }


def _numbers(text: str) -> set[int]:
    """ "0-3,6" as a set; empty for what is no such list."""
    numbers: set[int] = set()
    if not _LIST.fullmatch(text):
        return numbers
    for part in text.split(","):
        first, _, last = part.partition("-")
        if int(last or first) < _MOST_CORES:
            numbers.update(range(int(first), int(last or first) + 1))
    return numbers
