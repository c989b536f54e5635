"""The rungs of the connection ladder, in order, and how one is made. Pure."""

from __future__ import annotations

from collections.abc import Callable

from utils.model.results import Rung, RungState

TITLES = {
    "usb": "Board on USB",
    "address": "Laptop's address in the device's network",
    "route": "Route to the device",
    "port": "SSH port open",
    "banner": "SSH greeting",
    "key-exchange": "Encryption agreed",
    "host-key": "Host key",
    "login": "Login",
    "shell": "Shell",
    "identity": "Device recognised",
    "sudo": "Root rights (sudo)",
    "clock": "Clock",
}
"""Every rung's id and title, from the laptop upwards."""

Tell = Callable[[str, str], None]
"""Told of each step that was taken on the way to the device, and what was seen (see ladder.py)."""


def silent(step: str, seen: str) -> None:
    """Nobody wants to know."""


def rung(
    name: str,
    state: RungState = RungState.NOT_REACHED,
    seen: str = "",
    next_step: str = "",
    duration_s: float | None = None,
) -> Rung:
    """A rung by its id; without more it was not reached."""
    return Rung(name, TITLES[name], state, seen, next_step, duration_s)
