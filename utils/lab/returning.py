"""Sends errands when presence says that their boards are there: beside everything else, each as a call."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from utils.clock import new_id
from utils.errors import LabTrouble, V3Error
from utils.lab.errands import Errand, Errands, Place
from utils.lab.presence import Called
from utils.lab.wire import State
from utils.model.results import LinkState

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_TROUBLE_S = 10.0
_AT_ONCE = 8


class Caller(Protocol):
    """What it needs of a hub."""

    def states(self) -> Mapping[str, State]:
        """Of the stations that are here."""

    def calls(self) -> tuple[Called, ...]:
        """All calls that are remembered."""

    def send(self, errand: Errand, place: Place, call_id: str) -> None:
        """Call the board now. V3Error: nothing was delivered, for certain."""


class Returning:
    """Of one hub."""

    def __init__(self, errands: Errands, caller: Caller) -> None:
        self._errands, self._caller = errands, caller
        self._bell, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="v3-errands", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def wake(self) -> None:
        """A station said something, or there is an errand more."""
        self._bell.set()

    def close(self) -> None:
        """Send no more. What waits is kept."""
        self._stopping.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(_LOOK_S)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._bell.wait(_LOOK_S)
            self._bell.clear()
            try:
                self._look()
            except V3Error as exc:
                log.error("Boards are waited for, and nothing is sent: %s", exc)
                self._stopping.wait(_TROUBLE_S)
            except Exception:  # a bug of ours must not end this for good
                log.exception("Waiting for boards failed inside this program")
                self._stopping.wait(_TROUBLE_S)

    def _look(self) -> None:
        self._errands.expire()
        states = self._caller.states()
        self._errands.settle({each.call.id: each for each in self._caller.calls()}, states)
        due = self._errands.due(free_boards(states))
        if due and not self._stopping.is_set():
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(lambda each: self._send(*each), due))

    def _send(self, errand: Errand, place: Place) -> None:
        call_id = new_id()
        if not self._errands.sending(errand.id, call_id, place):
            return
        try:
            self._caller.send(errand, place, call_id)
        except LabTrouble as exc:
            self._errands.unsent(errand.id, str(exc))
        except V3Error as exc:
            self._errands.unsent(errand.id, str(exc), final=True)


def free_boards(states: Mapping[str, State]) -> dict[str, Place]:
    """Where each board is that is connected and not checked now, by its device id."""
    found: dict[str, Place] = {}
    for station, state in states.items():
        for bay in state.bays:
            if bay.device is not None and bay.running is None and bay.link == LinkState.CONNECTED.value:
                found.setdefault(bay.device.device_id, Place(station, bay.id, state.instance, state.seq))
    return found
