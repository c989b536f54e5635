"""The rung "Board on USB" for a target that names a USB port: which board is there, whether it fits.

A controller that has no room left says so in the laptop's kernel log alone. Reading that needs no root where
the system lets users read it (kernel.dmesg_restrict=0, or the group adm). Otherwise the endpoints are
counted.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from utils.laptop import usb, usb_budget
from utils.model.results import Rung, RungState
from utils.model.rungs import rung

OK, NOTE, BROKEN = RungState.OK, RungState.NOTE, RungState.BROKEN
FULL = "Not enough host controller resources"
_ELSEWHERE = "Plug the board into a port of another USB controller, or unplug a device."
_MOST = 1 << 20


def kernel_log() -> str:
    """The newest part of the laptop's kernel log; "" where this user may not read it."""
    if sys.platform != "linux":
        return ""
    try:
        handle = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return ""
    found: list[bytes] = []
    try:
        while sum(map(len, found)) < _MOST:
            found.append(os.read(handle, 8192))
    except OSError:  # the end of it
        pass
    finally:
        os.close(handle)
    return b"".join(found).decode("utf-8", "replace")


def rung_of(
    port: str, boards: Iterable[usb.UsbBoard], sysfs: Path | None, log: Callable[[], str] = kernel_log
) -> Rung:
    """What is at this port now."""
    board = next((each for each in boards if each.port == port), None)
    full = _full(port, log()) if board is None or not board.set_up else ""
    if full:
        return rung(
            "usb", BROKEN, f"The USB controller has no room for the board at {port}: “{full}”.", _ELSEWHERE
        )
    if board is None:
        others = sorted(each.port for each in boards if each.is_ours)
        where = f" Boards are at {', '.join(others)}." if others else ""
        return rung(
            "usb", BROKEN, f"No board is at {port}.{where}", "Put its cable into that port and let it boot."
        )
    if board.in_recovery:
        return rung(
            "usb", BROKEN, f"The board at {port} waits to be flashed (force recovery): {board}.",
            "Flash it; or remove the recovery jumper and power-cycle it.",
        )  # fmt: skip
    if not board.set_up:
        return rung("usb", BROKEN, f"This laptop has not set up the board at {port}: {board}.", _ELSEWHERE)
    if not board.nics:
        return rung(
            "usb", BROKEN, f"The board at {port} shows no network interface yet: {board}.",
            "It appears while the board boots. Give it a minute.",
        )  # fmt: skip
    return _booted(port, board, usb_budget.controller_of(port, sysfs))


def _booted(port: str, board: usb.UsbBoard, controller: usb_budget.Controller | None) -> Rung:
    if controller is not None and controller.is_full:
        return rung(
            "usb", NOTE, f"{board} at {port}. {controller}: one more board may not fit.",
            "Plug the next board into a port of another USB controller.",
        )  # fmt: skip
    return rung("usb", OK, f"{board} at {port}." + (f" {controller}." if controller else ""))


def _full(port: str, log: str) -> str:
    """The kernel's line that says so for this port or its controller's hub; the newest one."""
    bus = re.escape(port.removeprefix("usb-").partition("-")[0])
    lines = re.findall(rf"^.*\busb {bus}-[\d.]+: .*{FULL}.*$", log, re.MULTILINE)
    mine = [line for line in lines if f"usb {port.removeprefix('usb-')}:" in line]
    return re.sub(r"^[^;]*;", "", mine[-1]).strip() if mine else ""
