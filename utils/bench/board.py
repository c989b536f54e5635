"""What pages show of the board in a bay: the newest result of each diagnostic, and the headline over them."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Protocol

from utils.bench.headline import Headline, headline
from utils.bench.identities import identities
from utils.bench.last_known import LastKnown
from utils.bench.memory import Memory
from utils.bench.runs import Checkup, Run
from utils.judging.catalogue.loader import Catalogue
from utils.model.doors import Boards, Watched
from utils.model.outcome import Answer
from utils.model.results import CheckupEvent, Device, LinkStatus, Result, to_json


class BoardDoor(Watched, Boards, Protocol):
    """Tells where the link stands, and which boards are known."""


class Owner(Protocol):
    """What it needs of the runner."""

    @property
    def door(self) -> BoardDoor:
        """The way to the board."""

    @property
    def memory(self) -> Memory:
        """What is kept."""

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
        self._answers: dict[str, Answer] = {}  # those of _shown: the headline is told often
        self._told: Headline | None = None
        self._last_known = LastKnown(owner.memory.history, self.tell, patience_s=0)

    def take(self, run: Run, result: Result) -> bool:
        """Show this result from now on. False for what a check-up never came to: an older result stays."""
        answer = Answer.of(result)
        if run.checkup is not None and not answer.given:
            return False
        with self._lock:
            self._shown[run.diagnostic.id] = result
            self._answers[run.diagnostic.id] = answer
        return True

    def shown(self, status: LinkStatus | None = None) -> dict[str, Result]:
        """The newest result of each diagnostic, however many runs came after it. What the board at hand gave
        under an earlier identity stands under its present one."""
        device = (status or self._owner.door.status()).known_device
        with self._lock:
            found = dict(self._shown)
        present = device.device_id if device else ""
        if not present or all(each.device_id in (None, present) for each in found.values()):
            return found
        before = identities(self._owner.door, present)
        return {
            name: replace(each, device_id=present) if each.device_id in before else each
            for name, each in found.items()
        }

    def headline(self, status: LinkStatus | None = None) -> Headline:
        """The headline over the board that is plugged in. status: the link's, where it is at hand."""
        status = status or self._owner.door.status()
        device = status.known_device
        shown = self.shown(status)
        with self._lock:
            answers = dict(self._answers)
        newest, before = self._owner.newest_checkup(), None
        if device and not newest and not any(_is_of(each, device) for each in shown.values()):
            known = device.device_id
            before = self._last_known.of(known, lambda: identities(self._owner.door, known))
        return headline(
            self._owner.catalogue.passive,
            shown,
            newest,
            device_id=device.device_id if device else "",
            device=device.label if device else "",
            answers=answers,
            before=before,
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


def _is_of(result: Result, device: Device) -> bool:
    return result.device_id in (None, device.device_id)
