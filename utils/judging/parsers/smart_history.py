"""What an NVMe drive has counted over its life -> {drives[], unreadable}.

Text: `drive /dev/nvme0`, then the JSON of `nvme smart-log -o json` or of `smartctl -a -j`, for each drive.
drives[]: {drive, power_on_hours, warm_minutes (above its warning temperature), hot_minutes (above its
critical one), warm_percent (of its time), slowed_times, power_cycles, power_cuts (switched off without a
shutdown), cut_percent}. None for what a drive does not count. unreadable: the drives that gave no log.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.judging.parsers._text import percent, permission_denied, refuse
from utils.model.results import Reading

_DRIVE = re.compile(r"^drive (/dev/nvme\d{1,3})$")
_COUNTERS = {
    "power_on_hours": "power_on_hours",
    "warm_minutes": "warning_temp_time",
    "hot_minutes": "critical_comp_time",
    "power_cycles": "power_cycles",
    "power_cuts": "unsafe_shutdowns",
}
_SLOWED = ("thm_temp1_trans_count", "thm_temp2_trans_count")
READS = (
    "drives[drive power_on_hours warm_minutes hot_minutes power_cycles power_cuts slowed_times warm_percent "
    "cut_percent] unreadable"
)
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    texts = dict(_texts(between(stdout, stderr, exit_status, of="nvme history")))
    logs = {drive: _log(text) for drive, text in texts.items()}
    if not any(logs.values()):
        raise _why(stdout, stderr, exit_status)
    return {
        "drives": [_history(drive, log) for drive, log in logs.items() if log],
        "unreadable": [drive for drive, log in logs.items() if not log],
    }


def _why(stdout: str, stderr: str, exit_status: int | None) -> Exception:
    if permission_denied(stdout, stderr) or stderr.strip():
        return refuse("", stderr, exit_status)
    return Undecided("The output is cut off: no drive gave its health log.", Cause.CUT_OFF)


def _texts(lines: list[str]) -> Iterator[tuple[str, str]]:
    drive, body = "", list[str]()
    for line in [*lines, "drive /dev/nvme999"]:
        begins = _DRIVE.match(line)
        if begins is None:
            body.append(line)
            if not drive:
                raise unread(line)
            continue
        if drive:
            yield drive, "\n".join(body)
        drive, body = begins[1], []


def _log(text: str) -> Mapping[str, Any] | None:
    """The health log of one drive; None where the tool printed none."""
    if not text.startswith("{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise Undecided("The JSON is cut off or damaged.", Cause.CUT_OFF) from exc
    log = document.get("nvme_smart_health_information_log")
    log = log if isinstance(log, Mapping) else document
    return log if "critical_warning" in log and _number(log.get("power_cycles")) is not None else None


def _history(drive: str, log: Mapping[str, Any]) -> Reading:
    told = {name: _number(log.get(key)) for name, key in _COUNTERS.items()}
    hours, cycles, cuts, warm = (
        told[name] for name in ("power_on_hours", "power_cycles", "power_cuts", "warm_minutes")
    )
    if not cycles and not hours:
        raise Undecided(f"{drive} was never switched on, by its own word: that cannot be.", Cause.IMPLAUSIBLE)
    if cuts is not None and cycles is not None and cuts > cycles + 1:
        raise Undecided(
            f"{drive} counts more power cuts than power cycles, which cannot be.", Cause.IMPLAUSIBLE
        )
    if hours and warm is not None and warm > 60 * (hours + 1):
        raise Undecided(f"{drive} was warm for longer than it was on, which cannot be.", Cause.IMPLAUSIBLE)
    slowed = [count for key in _SLOWED if (count := _number(log.get(key))) is not None]
    return {
        "drive": drive,
        **told,
        "slowed_times": sum(slowed) if slowed else None,
        "warm_percent": percent(warm, 60 * hours) if hours and warm is not None else None,
        "cut_percent": percent(cuts, cycles) if cycles and cuts is not None else None,
    }


def _number(value: Any) -> int | None:
    """A count as number or text ("41,022" in older tools); None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,3}(?:,\d{3}){1,6}|\d{1,20}", value):
        return int(value.replace(",", ""))
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
