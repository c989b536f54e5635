"""journalctl -p err -b -o json, then `journalctl ended with N, system messages visible: yes|no` -> counts.

{count, per_day, critical_count, unit_count, first_critical, units[{unit, count, per_day, first}],
harmless_count, meanings[], unknown_count ...}. per_day: over the days from the first to the last of them, at
least one. Only priorities 0 to 3 (as numbers) count, critical is 0 to 2; unit: the service, else the
program's name; most lines first. What the kernel wrote means here what it means in its own log. So many
harmless messages of it are left out, and meanings and unknown are as in kernel_log. MESSAGE may be an array
of bytes. No entry counts as 0 only if the closing line says exit 0, and this user sees the system's messages.

This program's own questions to sudo are left out as well: sudo logs each that it refuses as an alert.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.catalogue.known import in_force
from utils.judging.catalogue.signature import Harmless
from utils.judging.guard import LOG
from utils.judging.parsers._kernel_lines import KERNEL, USER, KernelLine
from utils.judging.parsers._kernel_survey import for_board, meanings, survey, unknown_facts
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

BOUNDS = LOG
__all__ = ["BOUNDS", "READS", "for_board", "parse"]
_END = re.compile(r"(?m)^journalctl ended with (\d+), system messages visible: (yes|no)[ \t\r]*$")
_DAY_US = 86_400_000_000
_LONGEST_STAMP = 17
# sudo -n says so without asking; of other refusals those of our commands, which end in time.
_OWN_SUDO = re.compile(
    r"^\s{0,8}\S{1,64} : (?:a password is required ; "
    r"|(?:user NOT in sudoers|command not allowed) ; .{0,300}COMMAND=\S{1,40}/timeout -k [12] \d)"
)
_HIDDEN = re.compile(r"(?i)currently not seeing messages|insufficient permissions")
READS = (
    "count per_day critical_count unit_count first_critical units[unit count first per_day] "
    "harmless_count meanings[id kind title said who means next_step related severity count times "
    "first_line last_line] unknown_count unknown_critical unknown_first unknown_lines unknown_more "
    "unknown[shape level count first_line]"
)


@dataclass(frozen=True)
class _JournalError:
    """One error: its level, whose it is, its words, its program, and when.

    microseconds: since 1970; 0 is not said.
    """

    priority: int
    unit: str
    message: str
    microseconds: int
    kernel: bool
    program: str

    @property
    def line(self) -> KernelLine:
        """As a line of the kernel's log."""
        origin = KERNEL if self.kernel else USER
        return KernelLine(self.message, origin, self.message, level=self.priority)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    entries = list(_entries(stdout))
    ended = _END.search(stdout)
    if not ended and entries:
        raise Undecided("The list was cut off: how many errors there are cannot be said.", Cause.CUT_OFF)
    if not ended:
        raise refuse(stdout, stderr, exit_status)
    if not entries:
        _must_be_empty(stdout, stderr, exit_status, ended)
    found = survey(
        [entry.line for entry in entries if entry.kernel and entry.message],
        (entry.line for entry in entries if not entry.kernel),
    )
    said, entries = len(entries), [entry for entry in entries if not _harmless(entry)]
    units: dict[str, dict[str, Any]] = {}
    for entry in entries:
        first = {"unit": entry.unit, "count": 0, "first": entry.message[:200]}
        units.setdefault(entry.unit, first)["count"] += 1
    days = _days([entry.microseconds for entry in entries if entry.microseconds])
    for unit in units.values():
        unit["per_day"] = round(unit["count"] / days, 1)
    critical = [entry.message for entry in entries if entry.priority <= 2]
    return {
        "count": len(entries),
        "per_day": round(len(entries) / days, 1),
        "critical_count": len(critical),
        "unit_count": len(units),
        "first_critical": critical[0][:200] if critical else None,
        "units": sorted(units.values(), key=lambda unit: -int(unit["count"])),
        "harmless_count": said - len(entries),
        "meanings": meanings(found.hits),
        **unknown_facts(found.unknown),
    }


def _harmless(entry: _JournalError) -> bool:
    if not entry.kernel:
        return entry.program == "sudo" and _OWN_SUDO.search(entry.message) is not None
    return isinstance(in_force().find(entry.message), Harmless)


def _must_be_empty(stdout: str, stderr: str, exit_status: int | None, ended: re.Match[str]) -> None:
    """No entry is good news only where the journal was read by somebody who sees all of it."""
    if ended[1] != "0":
        raise refuse(_END.sub("", stdout), stderr, exit_status)
    if ended[2] == "no" or _HIDDEN.search(f"{stdout}\n{stderr}"):
        raise Undecided(
            "Not permitted, or no journal: this user sees no message of the system (group adm).",
            Cause.NOT_PERMITTED,
        )
    if _END.sub("", stdout).strip() not in ("", "-- No entries --"):
        raise refuse(stdout, stderr, exit_status)


def _days(microseconds: list[int]) -> float:
    """From the first to the last, at least one day."""
    span = max(microseconds) - min(microseconds) if microseconds else 0
    return max(span / _DAY_US, 1.0)


def _entries(text: str) -> Iterator[_JournalError]:
    """The errors; a cut or foreign line is left out."""
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(fields, dict) or not {"MESSAGE", "PRIORITY"} <= fields.keys():
            continue
        if str(fields["PRIORITY"]) in ("0", "1", "2", "3"):
            stamp = str(fields.get("__REALTIME_TIMESTAMP", ""))
            yield _JournalError(
                int(fields["PRIORITY"]),
                _unit(fields),
                _message(fields["MESSAGE"]),
                int(stamp) if stamp.isdecimal() and len(stamp) <= _LONGEST_STAMP else 0,
                "kernel" in (fields.get("_TRANSPORT"), fields.get("SYSLOG_IDENTIFIER")),
                str(fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM")),
            )


def _unit(fields: Mapping[str, Any]) -> str:
    for key in ("UNIT", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_COMM"):
        value = fields.get(key)
        if isinstance(value, str) and value and value != "init.scope":
            return value
    return "unknown source"


def _message(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return bytes(value).decode("utf-8", errors="replace")
    return value if isinstance(value, str) else str(value)
