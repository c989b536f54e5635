"""What there is to say about each bay: its place, the board in it, how that stands. Asks no board.

Page, API and command line show the same facts. A verdict is that of the board which is in the bay now,
wherever on this bench it was checked. It is never another board's.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.identities import identities
from utils.bench.runs import Checkup
from utils.laptop import usb, usb_budget
from utils.model.device_id import plausible_serial
from utils.model.results import Device, LinkStatus, Verdict, device_json, to_json


def facts(bay: Bay, bench: Bench) -> dict[str, Any]:
    """One bay, JSON-ready."""
    status = bay.door.status()
    target = bay.door.settings.target
    board = usb.board_behind(target.interface) if target.interface else None
    known = _known(bay, status, board)
    checkup = newest_checkup(bench, identities(bay.door, known.device_id)) if known else None
    return {
        "id": bay.id,
        "title": bay.title,
        "usb_port": target.usb_port or (board.port if board else None),
        "interface": (usb.nic_at(target.usb_port) if target.usb_port else target.interface) or None,
        "state": status.state.value,
        "device": device_json(status.device) if status.device else None,
        "verdict": to_json(verdict_of(bay, status, checkup)) if checkup else None,
        "checkup": checkup.id if checkup else None,
        "expected": device_json(known) if known else None,
        "busy": bay.runner.busy,
        "error": to_json(status)["error"],
        "usb": _usb(board) if board else None,
    }


def strangers() -> list[dict[str, Any]]:
    """USB network devices of other makers: they are named, and never contacted."""
    return [
        {"usb_port": each.port, "name": each.product, "vendor": each.vendor, "interfaces": list(each.nics)}
        for each in usb.strangers()
    ]


def newest_checkup(bench: Bench, ids: Collection[str]) -> Checkup | None:
    """The newest finished check-up of the board of these identities, in whichever bay it was."""
    wanted = frozenset(filter(None, ids))
    done = (each for bay in bench for each in bay.runner.kept_checkups() if each.finished)
    of_it = (each for each in done if (boards := each.device_ids()) and boards <= wanted)
    return max(of_it, key=lambda each: each.began, default=None)  # a clock may be set back


def verdict_of(bay: Bay, status: LinkStatus, newest: Checkup) -> Verdict | None:
    """That of the board at hand. A check-up of some diagnostics speaks for no board alone: then all that is
    known counts, as on its page."""
    if newest.whole:
        return newest.verdict
    said = bay.runner.board.headline(status)
    return newest.verdict if said.verdict is None or said.code == "running" else said.verdict


def _known(bay: Bay, status: LinkStatus, board: usb.UsbBoard | None) -> Device | None:
    """The board in the bay: the one that answers, or the one that USB says is there."""
    if status.device is not None or board is None or not plausible_serial(board.serial):
        return status.device
    return next((each for each in bay.door.known_devices() if each.serial == board.serial), None)


def _usb(board: usb.UsbBoard) -> dict[str, Any]:
    controller = usb_budget.controller_of(board.port)
    return {
        "name": board.name,
        "serial": board.serial,
        "vendor": board.vendor,
        "speed_mbit_s": int(board.speed) if board.speed.isdigit() else None,
        "interfaces": list(board.nics),
        "consoles": list(board.ttys),
        "in_recovery": board.in_recovery,
        "set_up": board.set_up,
        "controller": to_json(controller) if controller else None,
    }
