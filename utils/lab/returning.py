"""Sends what is to be done when presence says that its board is there: beside everything else, as a call.

Errands and campaigns are lists of such tasks (tasks.py).
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from utils.clock import new_id
from utils.errors import LabTrouble, V3Error
from utils.lab.presence import Called
from utils.lab.tasks import Task, ToDo, Whereabouts, free_boards
from utils.lab.wire import State

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_LEAST_S = 0.1  # between two looks, however much stations say
_TROUBLE_S = 10.0
_AT_ONCE = 8
_MOST_REMEMBERED = 100  # at a time, of however many
_REMEMBER_S = 5.0
"""How often what nobody knows is looked up: a record says it at once as it comes."""


class Caller(Protocol):
    """What it needs of a hub."""

    def states(self) -> Mapping[str, State]:
        """Of the stations that are here."""

    def calls(self) -> tuple[Called, ...]:
        """All calls that are remembered."""

    def send(self, task: Task, place: Whereabouts, call_id: str) -> None:
        """Call the board now. V3Error: nothing was delivered, for certain."""

    def remember(self, doubtful: Sequence[Task]) -> None:
        """Look up what the history has of these."""


class Returning:
    """Of one hub."""

    def __init__(self, lists: Sequence[ToDo], caller: Caller) -> None:
        self._lists, self._caller = lists, caller
        self._bell, self._stopping = threading.Event(), threading.Event()
        self._remember_at = 0.0
        self._thread = threading.Thread(target=self._work, name="v3-returning", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def wake(self) -> None:
        """A station said something, or there is more to do."""
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
                self._stopping.wait(_LEAST_S)
            except V3Error as exc:
                log.error("Boards are waited for, and nothing is sent: %s", exc)
                self._stopping.wait(_TROUBLE_S)
            except Exception:  # a bug of ours must not end this for good
                log.exception("Waiting for boards failed inside this program")
                self._stopping.wait(_TROUBLE_S)

    def _look(self) -> None:
        if all(todo.at_rest for todo in self._lists):  # fifty benches wake it a hundred times a second
            return
        states = self._caller.states()
        calls = {each.call.id: each for each in self._caller.calls()}
        for todo in self._lists:
            todo.look(calls, states)
        if time.monotonic() >= self._remember_at:
            self._remember_at = time.monotonic() + _REMEMBER_S
            doubtful = [each for todo in self._lists for each in todo.doubtful()]
            self._caller.remember(random.sample(doubtful, min(_MOST_REMEMBERED, len(doubtful))))
        free = free_boards(states)
        due = [(todo, *each) for todo in self._lists for each in todo.due(free)]
        if due and not self._stopping.is_set():
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(lambda each: self._send(*each), due))

    def _send(self, todo: ToDo, task: Task, place: Whereabouts) -> None:
        call_id = new_id()
        if not todo.sending(task.id, call_id, place):
            return
        try:
            self._caller.send(task, place, call_id)
        except LabTrouble as exc:
            todo.unsent(task.id, str(exc))
        except V3Error as exc:
            todo.unsent(task.id, str(exc), final=True)
