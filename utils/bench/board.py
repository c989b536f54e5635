"""What pages show of the board in a bay: the newest result of each diagnostic, and the headline over them."""

from __future__ import annotations

import threading
from typing import Any, Protocol

from utils.bench.headline import Headline, answered, headline
from utils.bench.runs import Checkup, Run
from utils.judging.catalogue.loader import Catalogue
from utils.model.doors import Watched
from utils.model.results import CheckupEvent, LinkStatus, Result, to_json


class Owner(Protocol):
    """What it needs of the runner."""

    @property
    def door(self) -> Watched:
        """The way to the board."""

    @property
    def catalogue(self) -> Catalogue:
        """What can be run at the moment."""

    def newest_checkup(self) -> Checkup | None:
        """The check-up that was begun last."""

    def publish(self, kind: str, data: dict[str, Any]) -> CheckupEvent:
        """Tell the pages."""


class Board:
    """Every method may be called from any thread."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._lock = threading.RLock()
        self._shown: dict[str, Result] = {}
        self._told: Headline | None = None

    def take(self, run: Run, result: Result) -> bool:
        """Show this result from now on. False for what a check-up never came to: an older result stays."""
        if run.checkup is not None and not answered(result):
            return False
        with self._lock:
            self._shown[run.diagnostic.id] = result
        return True

    def shown(self) -> dict[str, Result]:
        """The newest result of each diagnostic, however many runs came after it."""
        with self._lock:
            return dict(self._shown)

    def headline(self, status: LinkStatus | None = None) -> Headline:
        """The headline over the board that is plugged in. status: the link's, where it is at hand."""
        device = (status or self._owner.door.status()).known_device
        return headline(
            self._owner.catalogue.passive,
            self.shown(),
            self._owner.newest_checkup(),
            device_id=device.device_id if device else "",
            device=device.label if device else "",
        )

    def tell(self, status: LinkStatus | None = None) -> None:
        """Tell the pages the headline, if it is another one now."""
        status = status or self._owner.door.status()  # before the lock: a link may hold its own
        with self._lock:
            now = self.headline(status)
            if now == self._told:
                return
            self._told = now
            self._owner.publish("headline", to_json(now))
