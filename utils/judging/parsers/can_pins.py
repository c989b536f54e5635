"""CAN controllers of the chip, from the device tree to their pins -> {controllers[], pins_told}.

Lines `controller ADDRESS INDEX STATUS DRIVER INTERFACE up|down|-` ("-" for none) and the lines of
/sys/kernel/debug/tegra_pinctrl_reg that name a CAN pin. controllers[]: {address, index, enabled, driver,
interface, up, routed, wrong}. routed: both pins belong to the controller, transmit drives and receive
listens; None where a pin is not told. wrong: what is not so. Bits of Tegra186 and later: 0 and 1 function,
4 tristate, 6 input, 10 given to the function (else GPIO).
"""

from __future__ import annotations

import re
from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_CONTROLLER = re.compile(
    r"^controller ([0-9a-f]{4,12}) (\d) (okay|ok|disabled|reserved|fail\S{0,20})"
    r" (\S{1,40}) (\S{1,20}) (up|down|-)$"
)
_PIN = re.compile(
    r"^Bank: \d{1,2} Reg: 0x[0-9a-f]{8,16} Val: 0x([0-9a-f]{8})"
    r" -> can(\d)_(din|dout|stb|en|wake|err)\w{0,20}$"
)
_FUNCTION, _TRISTATE, _INPUT, _GIVEN = 0b11, 1 << 4, 1 << 6, 1 << 10
_ALL_ONES = 0xFFFFFFFF
READS = "controllers[address index enabled driver interface up routed wrong] pins_told"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    told: list[re.Match[str]] = []
    pins: dict[tuple[str, str], int] = {}
    for line in between(stdout, stderr, exit_status, of="can pins"):
        if controller := _CONTROLLER.match(line):
            told.append(controller)
        elif pin := _PIN.match(line):
            pins[pin[2], pin[3]] = int(pin[1], 16)
        else:
            raise unread(line)
    if not told:
        raise Undecided("The output is cut off: it names no CAN controller.", Cause.CUT_OFF)
    if any(len({each[part] for each in told}) < len(told) for part in (1, 2)):
        raise Undecided("The numbers of the CAN controllers contradict each other.", Cause.IMPLAUSIBLE)
    if pins and all(value in (0, _ALL_ONES) for value in pins.values()):
        raise Undecided("Each pin reads as zero or all ones, which cannot be.", Cause.IMPLAUSIBLE)
    return {"controllers": [_controller(each, pins) for each in told], "pins_told": bool(pins)}


def _controller(told: re.Match[str], pins: dict[tuple[str, str], int]) -> dict[str, Any]:
    receive, transmit = pins.get((told[2], "din")), pins.get((told[2], "dout"))
    wrong = None if receive is None or transmit is None else _wrong(receive, transmit)
    return {
        "address": told[1],
        "index": int(told[2]),
        "enabled": told[3] in ("okay", "ok"),
        "driver": None if told[4] == "-" else told[4],
        "interface": None if told[5] == "-" else told[5],
        "up": told[6] == "up",
        "routed": None if wrong is None else not wrong,
        "wrong": ", ".join(wrong or ()) or None,
    }


def _wrong(receive: int, transmit: int) -> list[str]:
    found = [
        f"{name} is GPIO" if not value & _GIVEN else f"{name} has another function"
        for name, value in (("receive", receive), ("transmit", transmit))
        if not value & _GIVEN or value & _FUNCTION
    ]
    if transmit & _TRISTATE:
        found.append("transmit drives nothing")
    if not receive & _INPUT:
        found.append("receive does not listen")
    return found
