"""The one identity of a board: in files, URLs and comparisons, the same on every laptop. Pure.

It rests on model and serial number where those tell the board from every other known one. Otherwise it rests
on its host key. Never on an address, a MAC or a machine-id: boards share addresses, and images are copied.
"""

from __future__ import annotations

import hashlib


def device_id(model: str, serial: str, fingerprint: str, *, shared: bool = False) -> str:
    """The identity, 22 characters of [a-z0-9-]: "s-…" by serial number, "k-…" by host key.

    shared: another known board has this serial number too; then the key is part of it.
    """
    if not plausible_serial(serial):
        return f"k-{_digest('key', fingerprint)}"
    return f"s-{_digest('serial', model, serial, *([fingerprint] if shared else []))}"


def plausible_serial(serial: str) -> bool:
    """Whether a serial number can tell boards apart; boards without one say 0 or nothing."""
    return len(serial) >= 4 and serial.strip("0") != "" and "no-serial" not in serial.lower()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
