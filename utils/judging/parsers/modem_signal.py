"""mmcli -m any --signal-get (-J, -K or table) -> {technology, rsrp_dbm, rsrq_db, snr_db, rssi_dbm}.

Of the radio technologies with values the newest counts (5g, lte, umts, gsm). None for what is not
said. ModemManager only measures after `mmcli -m any --signal-setup=SECONDS`: without it every value
is "--", and there is nothing to judge. A value that cannot be (-32768) counts as not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.parsers._mmcli import fields, number
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_NONE = re.compile(r"(?i)couldn'?t find (?:the )?modem\b(?!manager)|\bno modems? (?:were |was )?found")
_NO_VALUES = re.compile(r"(?i)no extended signal capabilities|modem not enabled yet")
_TECHNOLOGIES = ("5g", "lte", "umts", "gsm")
_NAMES = {"rsrp_dbm": ("rsrp",), "rsrq_db": ("rsrq",), "snr_db": ("snr", "s/n"), "rssi_dbm": ("rssi",)}


# What 3GPP's measurements can be, with some room; -32768 (and a tenth of it) stands for "not active".
_RANGES = {"rsrp_dbm": (-160, -20), "rsrq_db": (-45, 25), "snr_db": (-30, 50), "rssi_dbm": (-140, -10)}


def _possible(name: str, value: float | None) -> float | None:
    """None for what no radio measures."""
    low, high = _RANGES[name]
    return value if value is not None and low <= value <= high else None


READS = "technology rsrp_dbm rsrq_db snr_db rssi_dbm"
NEVER_ZERO = "rsrp_dbm"


def _said_nonsense(found: Mapping[str, str], technology: str, values: Mapping[str, float | None]) -> bool:
    """A strength that cannot be makes the other values of the same radio worthless too."""
    said = number(found, f"signal.{technology}.rsrp", f"{technology}.rsrp")
    return said is not None and values["rsrp_dbm"] is None


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    found = fields(stdout)
    for technology in _TECHNOLOGIES:
        values = {
            name: _possible(
                name, number(found, *(f"{at}{technology}.{key}" for key in keys for at in ("signal.", "")))
            )
            for name, keys in _NAMES.items()
        }
        if _said_nonsense(found, technology, values):
            continue
        if any(value is not None for value in values.values()):
            return {"technology": technology, **values}
    if any(_said_nonsense(found, technology, dict.fromkeys(_NAMES)) for technology in _TECHNOLOGIES):
        raise Undecided(
            "The modem gives values that no radio measures: nothing was measured.", Cause.IMPLAUSIBLE
        )
    if _NONE.search(stderr) or _NONE.search(stdout):
        raise NotApplicable("ModemManager sees no modem.")
    if _NO_VALUES.search(stderr) or _NO_VALUES.search(stdout):
        raise NotApplicable("The modem gives no signal values in its present state (see its state).")
    if any(key.endswith(("refresh.rate", "refresh rate", "lte.rsrp")) for key in found):
        raise NotApplicable("The signal is not being measured: mmcli -m any --signal-setup=5 starts it.")
    raise refuse(stdout, stderr, exit_status)
