"""systemctl show fstrim.timer -> {enabled, active, last_trigger}: does the weekly TRIM run?

enabled: the unit file's state as printed; active: bool; last_trigger: systemd's own text or None.
Properties of another unit are refused.
"""

from __future__ import annotations

import re

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^(Id|LoadState|UnitFileState|ActiveState|LastTriggerUSec)=(.*[^ \t\n]|)[ \t]*$")
READS = "enabled active last_trigger"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    fields = dict(_LINE.findall(plain(stdout)))
    if "not been booted with systemd" in f"{stdout}\n{stderr}":
        raise NotApplicable("The device does not use systemd.")
    if not {"Id", "LoadState"} <= fields.keys() or fields["Id"] != "fstrim.timer":
        raise refuse(stdout, stderr, exit_status)
    if fields["LoadState"] in ("not-found", "masked"):
        raise NotApplicable("This device has no timer fstrim.timer, or it is masked.")
    if fields.get("UnitFileState") not in ("enabled", "enabled-runtime", "disabled", "static", "indirect"):
        raise Undecided("systemd does not say whether the timer is enabled.", Cause.NOT_SAID)
    last = fields.get("LastTriggerUSec", "")
    return {
        "enabled": fields["UnitFileState"],
        "active": fields.get("ActiveState") == "active",
        "last_trigger": last if last not in ("", "n/a", "0") and "1970-" not in last else None,
    }
