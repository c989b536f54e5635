"""Kernel messages -> the devices or programs that they name: "usb 1-2.3", "mmcblk0p1". Pure.

Only what a message says in a known place is a name. Where that is nothing, nothing is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MOST = 3  # names in one sentence
_LOOKED_AT = 300
_NAMES = (
    re.compile(r"[Kk]illed process \d{1,9} \(([^()\n]{1,40})\)"),
    re.compile(r"\btask (\S{1,40}?):\d{1,9} blocked "),
    re.compile(
        r"\(device (\S{1,40}?)\)|^[\w-]{1,20} \(([a-z]\w{0,30}\d\w{0,10})\)"
        r"|\b(?:dev|device) ((?:sd|nvme|mmcblk|vd)\w{1,20})"
    ),
    re.compile(
        r"^[^\[(]{0,60}?\b((?:can|eth|wlan|wwan|bond|enp|eno|ens|enx|enP|l4tbr)\w{0,20}\d\w{0,20})(?=[: ])"
    ),
    # What stands before the message and has a number: "usb 1-2.3: ", "Bluetooth: hci0: ".
    re.compile(
        r"^(?:[A-Za-z][A-Za-z_-]{0,30}: )?((?:[A-Za-z][\w-]{0,30} )?(?=[^ ]{0,40}\d)[\w.:-]{1,40}?): "
    ),
)
_TWICE = re.compile(r"^([A-Za-z]+) (?=\1)")  # "nvme nvme0"


def named(messages: Iterable[str]) -> str:
    """What these messages name, in their order: "usb 1-2.3, usb 1-4"; "" where one of them names nothing."""
    names = dict.fromkeys(_name(message[:_LOOKED_AT]) for message in dict.fromkeys(messages))
    if "" in names:
        return ""
    first, more = list(names)[:_MOST], len(names) - _MOST
    return ", ".join(first) + (f" and {more} more" if more > 0 else "")


def _name(message: str) -> str:
    for pattern in _NAMES:
        if found := pattern.search(message):
            name = next(filter(None, found.groups()))
            return _TWICE.sub("", name)
    return ""
