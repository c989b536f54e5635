"""mmcli -m any (table, -K or -J) -> {state, failed_reason, lock, registration, operator,
access_technologies, signal_quality_percent, power_state, packet_service, manufacturer, model}.

Words as ModemManager prints them; None for what it does not say. `state` is always there. A word that is not
one of ModemManager's states (a line that was cut off) is left to the catalogue. The catalogue judges it
unknown. The IMEI and phone number are left out on purpose.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._mmcli import fields, number, said
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_NO_MODEM = re.compile(
    r"(?im)couldn.?t find (?:the |any |a )?modems?\b(?!manager)"
    r"|\bno modems? (?:were |was )?(?:found|available)|\bmodem (?:was )?not found"
    r"|\"modem-list\"\s*:\s*\[\s*\]|^modem-list\.length\s*: 0\s*$"
)
READS = (
    "state failed_reason lock registration operator access_technologies signal_quality_percent "
    "packet_service power_state manufacturer model"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    found = fields(stdout)
    state = _word(found.get("status.state") or found.get("generic.state"))
    if state is None:
        if _NO_MODEM.search(stderr) or _NO_MODEM.search(stdout):
            raise NotApplicable("ModemManager sees no modem.")
        raise refuse(stdout, stderr, exit_status)
    quality = number(found, "status.signal quality", "generic.signal-quality.value")
    return {
        "state": state,
        "failed_reason": said(found, "status.failed reason", "generic.state-failed-reason"),
        "lock": said(found, "status.lock", "generic.unlock-required"),
        "registration": said(found, "3gpp.registration", "3gpp.registration-state"),
        "operator": said(found, "3gpp.operator name", "3gpp.operator-name"),
        "access_technologies": said(
            found, "status.access tech", "generic.access-technologies", "generic.access-technologies.value[1]"
        ),
        "signal_quality_percent": quality,
        "packet_service": said(found, "3gpp.packet service state", "3gpp.packet-service-state"),
        "power_state": said(found, "status.power state", "generic.power-state"),
        "manufacturer": said(found, "hardware.manufacturer", "generic.manufacturer"),
        "model": said(found, "hardware.model", "generic.model"),
    }


def _word(value: str | None) -> str | None:
    """A state is one lower-case word; "--" and sentences are none."""
    match = re.fullmatch(r"([a-z]+(?:-[a-z]+)*)(?:\s.*)?", value.lower()) if value else None
    return match.group(1) if match else None
