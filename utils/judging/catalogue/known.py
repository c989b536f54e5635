"""The kernel messages in force: built-in ones, and a technician's own before them.

use(own)      put a technician's own in force
in_force()    all that count now; loaded by who first asks
revision()    another number after each use()
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from utils.judging.catalogue.matching import Entry, KnownMessages

_lock = threading.Lock()
_own: tuple[Entry, ...] = ()
_known: KnownMessages | None = None
_revision = 0


def use(own: Iterable[Entry]) -> None:
    """Put a technician's own entries in force, before the built-in ones."""
    global _own, _known, _revision
    with _lock:
        _own, _known = tuple(own), None
        _revision += 1


def revision() -> int:
    """Tell which entries are in force, without loading them."""
    return _revision


def in_force() -> KnownMessages:
    """All entries that count now."""
    global _known
    known = _known
    if known is None:
        with _lock:
            from utils.judging.catalogue.matching import KnownMessages, builtin

            known = _known = _known or KnownMessages(builtin(), _own)
    return known
