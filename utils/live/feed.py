"""What a page can watch beside the events of the bus. The web asks for it by name; see web/context.py."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from utils.events import EventBus


class Feed(Protocol):
    """A source that works while somebody looks."""

    @property
    def ring(self) -> EventBus:
        """Where it publishes; a ring of its own."""

    def viewer(self) -> AbstractContextManager[None]:
        """Held for as long as one page looks. The first one starts it, the last one's end stops it."""
