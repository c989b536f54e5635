"""The bench: all bays of this program, by id. One of them is the default: the one that nobody has to name.

Bays come and go while the program runs (discovery.py); the default one stays. A replay that the program is
started with stands in its place, so that nothing connects.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from utils.audit import Audit
from utils.bench.bay import Bay
from utils.errors import BadRequest, UnknownBay, UnknownLog
from utils.events import EventBus
from utils.store.history import History

if TYPE_CHECKING:
    from utils.live.logs.follow import Follow


class Bench:
    """The bays in their order, the default one first. problems: what is wrong with bench.toml, by line."""

    def __init__(self, bays: Sequence[Bay], *, problems: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self._bays = {bay.id: bay for bay in bays}  # replaced as a whole, so that readers need no lock
        self._lock = threading.Lock()
        self._watchers: list[contextlib.ExitStack] = []
        self.default = self.home = bays[0]  # home: whose trust, history, audit log and bus these are

    def __iter__(self) -> Iterator[Bay]:
        return iter(self._bays.values())

    def add(self, bay: Bay) -> None:
        """One more bay; BadRequest when its id is taken. Who watches the bench watches it, too."""
        with self._lock:
            if bay.id in self._bays:
                raise BadRequest(f"There is a bay {bay.id} already.")
            self._bays = {**self._bays, bay.id: bay}
            for watcher in self._watchers:
                watcher.enter_context(bay.door.keep_connected())

    def remove(self, bay_id: str) -> None:
        """Take this bay away, with all that runs there. UnknownBay; BadRequest for the default one."""
        bay = self.bay(bay_id)
        if bay is self.default:
            raise BadRequest("This bay stays as long as the program runs.")
        with self._lock:
            self._bays = {name: each for name, each in self._bays.items() if name != bay_id}
        bay.close()
        bay.runner.stop()
        bay.door.close()

    def show_alone(self, bay: Bay) -> None:
        """This bay becomes the default one; the one of SSH_* leaves the bench, so that nobody reaches it."""
        with self._lock:
            self._bays = {name: each for name, each in self._bays.items() if each is not self.home}
            self.default = bay

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """While open, the links of all bays are kept connected, of those that come later, too."""
        with contextlib.ExitStack() as watcher:
            with self._lock:
                for bay in self:
                    watcher.enter_context(bay.door.keep_connected())
                self._watchers.append(watcher)
            try:
                yield
            finally:
                with self._lock:
                    self._watchers.remove(watcher)

    def bay(self, bay_id: str) -> Bay:
        """The bay of this id; UnknownBay."""
        if bay_id not in self._bays:
            raise UnknownBay(bays=list(self._bays))
        return self._bays[bay_id]

    def known(self, bay_id: str) -> Bay:
        """The bay that a parameter names; BadRequest when there is none."""
        if bay_id not in self._bays:
            raise BadRequest("There is no such bay.", hint=f"Bays: {', '.join(self._bays)}.")
        return self._bays[bay_id]

    def log(self, log_id: str) -> Follow:
        """The followed log of this id, whichever bay has it; UnknownLog."""
        for bay in self:
            try:
                return bay.logs.get(log_id)
            except UnknownLog:
                continue
        raise UnknownLog

    @property
    def bus(self) -> EventBus:
        """What happens in all bays; every event names its bay."""
        return self.home.runner.bus

    @property
    def audit(self) -> Audit:
        """The audit log of all bays."""
        return self.home.runner.audit

    def acted(self, entry: Mapping[str, Any]) -> None:
        """Somebody did something in the bay that the entry names; without one it is about no board."""
        if bay := self._bays.get(str(entry.get("bay"))):
            bay.runner.happenings.acted(entry)

    @property
    def history(self) -> History:
        """What was kept of all bays."""
        return self.home.runner.memory.history

    def close(self) -> None:
        """End what runs on the boards for pages; before their doors close."""
        for bay in self:
            bay.close()
