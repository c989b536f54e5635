"""`watchdog NAME`, then `identity|state|timeout|bootstatus VALUE` ("-" if not told), closed by `watchdogs N`.

{count, watchdogs[{name, identity, state, timeout_s, bootstatus, cause}]}. bootstatus: the driver's bits, 0
where it did not cause the last reset; cause: the bits in words. None for what the driver does not tell.
"""

from __future__ import annotations

import re
from typing import Any

from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_NAME = re.compile(r"^watchdog (watchdog\d+)$")
_FIELD = re.compile(r"^(identity|state|timeout|bootstatus) (.+)$")
_END = re.compile(r"(?m)^watchdogs (\d+)[ \t\r]*$")
_CAUSES = {
    0x01: "over-heating",
    0x02: "a fan fault",
    0x04: "an external relay",
    0x08: "an external relay",
    0x10: "under-voltage",
    0x20: "the watchdog: the system hung",
    0x40: "over-voltage",
}
READS = "count watchdogs[name identity state timeout_s bootstatus cause]"
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    end = _END.search(stdout)
    dogs: list[dict[str, Any]] = []
    for line in stdout.splitlines():
        name, field = _NAME.match(line.strip()), _FIELD.match(line.strip())
        if name:
            dogs.append({"name": name[1]})
        elif field and dogs and field[2] != "-":
            dogs[-1][field[1]] = field[2]
    if not end or int(end[1]) != len(dogs):
        raise refuse(stdout, stderr, exit_status)
    return {"count": len(dogs), "watchdogs": [_watchdog(dog) for dog in dogs]}


def _watchdog(fields: dict[str, Any]) -> dict[str, Any]:
    status = _number(fields.get("bootstatus"))
    causes = [words for bit, words in _CAUSES.items() if status and status & bit]
    return {
        "name": fields["name"],
        "identity": fields.get("identity"),
        "state": fields.get("state"),
        "timeout_s": _number(fields.get("timeout")),
        "bootstatus": status,
        "cause": (", ".join(causes) or f"status {status}") if status else None,
    }


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,9}", text) else None
