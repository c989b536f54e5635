"""The modem's active SIM -> {active, readable, iccid_end, operator_id, operator}.

Judges `mmcli -i PATH` (table, -K or -J). Judges the one line "sim none" too, which the command prints when
the modem names no SIM. readable: the SIM answered with its subscriber number (IMSI); None when the text was
cut off before it. Of the card number only the last four digits are kept.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._mmcli import fields, said
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_NONE = re.compile(
    r"(?i)couldn'?t find (?:the )?(?:modem|sim)\b(?!manager)|\bno modems? (?:were |was )?found"
)
READS = "active readable iccid_end operator_id operator"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    found = fields(stdout)
    card = said(found, "properties.iccid", "properties.id", "properties.sim identifier")
    imsi_said = "properties.imsi" in found
    if card is None and not imsi_said:
        if _NONE.search(stderr) or _NONE.search(stdout):
            raise NotApplicable("ModemManager sees no modem.")
        if re.search(r"(?m)^sim none[ \t]*$", plain(stdout)):
            raise NotApplicable("No SIM reported; see Modem state.")
        raise refuse(stdout, stderr, exit_status)
    imsi = said(found, "properties.imsi") or ""
    active = said(found, "properties.active")
    return {
        "active": {"yes": True, "no": False}.get(active or ""),
        "readable": bool(re.fullmatch(r"\d{6,15}", imsi)) if imsi_said else None,
        "iccid_end": card[-4:] if card else None,
        "operator_id": said(found, "properties.operator id", "properties.operator-code"),
        "operator": said(found, "properties.operator name", "properties.operator-name"),
    }
