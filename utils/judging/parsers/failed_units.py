"""`systemctl` unit tables -> {failed_count, failed: [{unit, load, sub, description}], listed}.

Any table of `systemctl` or `systemctl list-units`: with or without header, footer and bullets, also -o json.
The ACTIVE column decides; a bullet or a missing unit file does not. listed: number of rows, None for an empty
answer. No output with exit status 0 is what `--failed --no-legend` prints when nothing has failed. Our own
command keeps the legend and closes with an end line: that line alone says nothing. A table that opens with
a header but lost its footer is cut off. Lines that systemctl does not print cost the verdict
"none has failed", never a failure that is there.
"""

from __future__ import annotations

import json
import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._systemd import require_systemd
from utils.judging.parsers._text import is_noise, plain, refuse
from utils.model.results import Reading

# The bullet: a circle or a cross, where the locale has no such letters "*", "x", "o" or "C".
_ROW = re.compile(
    r"^\s*+(?:(?:[^\w\s/-]|[xoC])\s++)?(?P<unit>[^\s=]++)\s++"
    r"(?P<load>loaded|not-found|bad-setting|error|masked|merged|stub)\s++"
    r"(?P<active>active|inactive|failed|activating|deactivating|reloading|maintenance|refreshing)\s++"
    r"(?P<sub>[a-z][a-z0-9-]*)(?:\s+(?P<description>.*\S))?\s*$"
)
_HEADER = re.compile(r"(?m)^[ \t]*UNIT\s+LOAD\s+ACTIVE\s+SUB\b")
_FOOTER = re.compile(r"(?m)^[ \t]*(\d+) (?:loaded )?units? listed\.")
_HARMLESS = re.compile(r"(?i)^(?:.*\blocale\b.*|.*daemon-reload.*|lines \d+-\d+.*|end of failed units)$")
_LEGEND = re.compile(
    r"^(?:UNIT\s+LOAD\s+ACTIVE\s+SUB\b.*|(?:Legend: )?(?:LOAD|ACTIVE|SUB|JOB)\s+(?:=|→|->) .*"
    r"|\d+ (?:loaded )?units? listed\..*|To show all installed unit files use .*|Pass --all to see .*)$"
)
_KEYS = ("unit", "load", "sub", "description")
READS = "failed_count failed[unit load sub description] listed"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    require_systemd(stdout, stderr)
    text = plain(stdout)
    if not text.strip("\r\n") and "\0" not in stdout:
        return _nothing_printed(stdout, stderr, exit_status)
    from_json = _json_rows(text)
    rows = (
        from_json
        if from_json is not None
        else [match.groupdict("") for match in map(_ROW.match, text.splitlines()) if match]
    )
    footer = _FOOTER.search(text)
    if not rows and from_json is None and not (footer and footer.group(1) == "0"):
        raise refuse(stdout, stderr, exit_status)
    failed = [{key: row[key] for key in _KEYS} for row in rows if row["active"] == "failed"]
    if not failed and _is_cut(text, bool(footer)):
        raise Undecided(
            "The table is cut off: none of the rows that came has failed, the rest is unknown.", Cause.CUT_OFF
        )
    stray = "" if failed or from_json is not None else _stray_line(text)
    if stray:
        raise Undecided(
            f"Not all of the output is a table of systemctl; it also holds: {stray[:120]}", Cause.GARBAGE
        )
    return {"failed_count": len(failed), "failed": failed, "listed": len(rows)}


def _nothing_printed(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    said = [line for line in plain(stderr).splitlines() if line.strip() and not _is_harmless(line.strip())]
    if exit_status != 0 or said:
        raise refuse(stdout, stderr, exit_status)
    return {"failed_count": 0, "failed": [], "listed": None}


def _is_cut(text: str, has_footer: bool) -> bool:
    """A header promises a footer; a list without both ends in a whole row."""
    if has_footer or text.lstrip().startswith("["):
        return False
    last = text.rstrip().splitlines()[-1]
    return bool(_HEADER.search(text)) or not _ROW.match(last)


def _stray_line(text: str) -> str:
    """The first line that is neither a row nor what systemctl prints around its rows, or ""."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    strange = (line for line in lines if not _ROW.match(line) and not _LEGEND.match(line))
    return next((line for line in strange if not _is_harmless(line)), "")


def _is_harmless(line: str) -> bool:
    return is_noise(line) or bool(_HARMLESS.match(line))


def _json_rows(text: str) -> list[dict[str, str]] | None:
    """The units of -o json; None for what is no such list. An empty one is what it prints for no unit."""
    if not text.lstrip().startswith("["):
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, list) or not all(
        isinstance(item, dict) and {"unit", "load", "active"} <= item.keys() for item in data
    ):
        return None
    return [{key: str(item.get(key, "")) for key in (*_KEYS, "active")} for item in data]
