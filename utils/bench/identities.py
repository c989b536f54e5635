"""Which board an identity stands for: a board has others from before its serial number was known."""

from __future__ import annotations

import contextlib
import logging

from utils.errors import V3Error
from utils.model.doors import Boards
from utils.model.results import Device

log = logging.getLogger(__name__)


def identities(door: Boards, device_id: str) -> tuple[str, ...]:
    """All identities of the board, its present one first; the given one alone where trust cannot be read."""
    try:
        return door.ids_of(device_id)
    except V3Error as exc:
        log.error("%s", exc)
        return (device_id,)


def known_board(door: Boards, device_id: str) -> Device | None:
    """The board that has or had this identity; None where nobody knows it."""
    present = identities(door, device_id)[0]
    with contextlib.suppress(V3Error):
        return next((each for each in door.known_devices() if each.device_id == present), None)
    return None
