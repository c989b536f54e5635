"""chronyc tracking, as text or with -c (CSV) -> {stratum, reference_id, source, leap_status, offset_ms,
offset_direction, last_offset_ms, rms_offset_ms, frequency_ppm, root_dispersion_ms, root_delay_ms,
update_interval_s,
local_reference, synchronised}.

offset_ms is the size of "System time", offset_direction "slow" or "fast" of NTP time (not in CSV).
local_reference: chrony serves its own clock (reference 127.127.1.x), nobody else's.
synchronised: false by leap status, stratum 0 or 16; None when the text does not say. None for what
is not said; a cut-off line counts as not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from utils.errors import Cause, Undecided
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^[ \t]*([A-Z](?:[A-Za-z ()]*[A-Za-z()])?)[ \t]*:[ \t]*+(.*[^ \t\n]|)[ \t]*$")
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_NEVER = re.compile(r".*\b1970$|0+(?:\.0*)?$")  # as text, or as seconds
_LEAPS = {"Normal", "Insert second", "Delete second", "Not synchronised"}
_COLUMNS = (
    "Reference ID",
    "Name",
    "Stratum",
    "Ref time",
    "System time",
    "Last offset",
    "RMS offset",
    "Frequency",
    "Residual freq",
    "Skew",
    "Root delay",
    "Root dispersion",
    "Update interval",
    "Leap status",
)
READS = (
    "stratum reference_id source leap_status offset_ms offset_direction last_offset_ms rms_offset_ms "
    "frequency_ppm root_dispersion_ms root_delay_ms update_interval_s local_reference synchronised"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    fields = _csv(text) or dict(_LINE.findall(text))
    stratum = fields.get("Stratum", "")
    if "Reference ID" not in fields or not re.fullmatch(r"\d{1,2}", stratum):
        raise refuse(stdout, stderr, exit_status)
    reading = _reading(fields, int(stratum))
    if reading["synchronised"] and _NEVER.match(fields.get("Ref time (UTC)") or fields.get("Ref time") or ""):
        raise Undecided(
            "The last measurement is of 1970, which cannot be: nothing was measured.", Cause.IMPLAUSIBLE
        )
    return reading


def _reading(fields: Mapping[str, str], stratum: int) -> Reading:
    reference, _, source = fields["Reference ID"].partition(" ")
    said = fields.get("Leap status", "").replace("synchronized", "synchronised")
    leap = said if said in _LEAPS else None
    offset, direction = _offset(fields.get("System time", ""))
    return {
        "stratum": stratum,
        "reference_id": reference,
        "source": fields.get("Name") or source.strip("() ") or None,
        "leap_status": leap,
        "offset_ms": offset,
        "offset_direction": direction,
        "last_offset_ms": _milliseconds(fields.get("Last offset", "")),
        "rms_offset_ms": _milliseconds(fields.get("RMS offset", "")),
        "frequency_ppm": _leading(fields.get("Frequency", ""), " ppm"),
        "root_dispersion_ms": _milliseconds(fields.get("Root dispersion", "")),
        "root_delay_ms": _milliseconds(fields.get("Root delay", "")),
        "update_interval_s": _leading(fields.get("Update interval", ""), " seconds"),
        "local_reference": reference.upper().startswith("7F7F01") or reference.startswith("127.127.1."),
        "synchronised": _synchronised(leap, stratum),
    }


def _synchronised(leap: str | None, stratum: int) -> bool | None:
    if leap == "Not synchronised" or stratum == 0 or stratum >= 16:
        return False
    return None if leap is None else True


def _csv(text: str) -> dict[str, str]:
    """One line of 14 columns; numbers get the units of the text form."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split(",")]
        if len(cells) == len(_COLUMNS) and re.fullmatch(r"[0-9A-Fa-f]{8}", cells[0]) and cells[13] in _LEAPS:
            fields = dict(zip(_COLUMNS, cells, strict=True))
            seconds = ("Last offset", "RMS offset", "Root delay", "Root dispersion", "Update interval")
            fields |= {name: f"{fields[name]} seconds" for name in seconds}
            fields["Frequency"] += " ppm"
            return fields
    return {}


def _offset(value: str) -> tuple[float | None, str | None]:
    match = re.fullmatch(rf"({_NUMBER})(?: seconds (slow|fast) of NTP time)?", value)
    if match is None:
        return None, None
    seconds = float(match.group(1))
    return round(abs(seconds) * 1000, 6), match.group(2)


def _milliseconds(value: str) -> float | None:
    seconds = _leading(value, " seconds")
    return None if seconds is None else round(seconds * 1000, 6)


def _leading(value: str, unit: str) -> float | None:
    match = re.match(rf"({_NUMBER}){re.escape(unit)}(?:$|\s)", value)
    return float(match.group(1)) if match else None
