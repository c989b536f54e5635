"""One thing to do on one board, once, by a call to its bench; and what became of it. Pure.

A task waits, is noted as sent before it is a call, and ends. What certainly ran nothing waits again. What may
have run is never sent again: the station's own list of calls tells, or its records do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from utils.clock import since_boot
from utils.lab.hub_clock import boot_id
from utils.lab.presence import Called
from utils.lab.wire import CallSeen, State
from utils.model.results import LinkState, Verdict

CHECKUP, RECORDING = "checkup", "recording"
WAITING, SENT = "waiting", "sent"
UNKNOWN = "outcome-unknown"
FINISHED, INTERRUPTED, REFUSED = "finished", "interrupted", "refused"
DONE = (FINISHED, INTERRUPTED)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """An end that a restart does not move. until_s: in seconds since 1970. boot, until_boot_s: the same by
    the clock of this start of the computer, which nobody can set."""

    until_s: float
    boot: str
    until_boot_s: float

    @property
    def left_s(self) -> float:
        """Seconds to the end. The clock of day counts alone where the computer was started anew."""
        if self.boot and self.boot == boot_id():
            return self.until_boot_s - since_boot()
        return self.until_s - time.time()


def ending(lasts_s: float) -> dict[str, Any]:
    """The fields of an Ending so many seconds from now."""
    return {
        "until_s": time.time() + lasts_s, "boot": boot_id(), "until_boot_s": since_boot() + lasts_s,
    }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Task(Ending):
    """what: "checkup" or "recording", of so many minutes. who: for whom it is called.

    state: WAITING, SENT, UNKNOWN, one of DONE, REFUSED, or an end of its kind. call, station, bay, instance:
    what it became. became: the call's state. checkup: what it began, also a recording. why: a sentence.
    """

    id: str
    device_id: str
    board: str
    who: str
    what: str = CHECKUP
    diagnostics: tuple[str, ...] | None = None
    minutes: float | None = None
    state: str = WAITING
    call: str = ""
    station: str = ""
    bay: str = ""
    instance: str = ""
    became: str = ""
    checkup: str | None = None
    verdict: str | None = None
    why: str = ""


AnyTask = TypeVar("AnyTask", bound=Task)


@dataclass(frozen=True)
class Whereabouts:
    """Where a board is now."""

    station: str
    bay: str
    instance: str
    seq: int


class ToDo(Protocol):
    """A list of tasks that the hub keeps (returning.py sends them)."""

    @property
    def at_rest(self) -> bool:
        """Whether nothing waits, and all that was sent is over."""

    def look(self, calls: Mapping[str, Called], states: Mapping[str, State]) -> None:
        """Learn what is known now. states: of the stations that are here. NotKept."""

    def due(self, places: Mapping[str, Whereabouts]) -> list[tuple[Task, Whereabouts]]:
        """What is to be sent now, at most one for each board, by the board's device id."""

    def sending(self, task_id: str, call: str, place: Whereabouts) -> bool:
        """Note that it is sent now; False where it must not be any more. NotKept."""

    def unsent(self, task_id: str, why: str, *, final: bool = False) -> None:
        """Nothing was delivered, for certain. final: trying again cannot help. NotKept."""

    def kept(self, station: str, name: str, *, interrupted: bool, verdict: Verdict) -> None:
        """A record came from this station: the last word on what it is of. name: of the check-up; for the
        end of a recording the id of its call. NotKept."""

    def doubtful(self) -> list[Task]:
        """Those of which nobody knows the outcome now: the history may."""


def noted(task: AnyTask, call: str, place: Whereabouts) -> AnyTask:
    """As it is while its call is on its way."""
    return replace(
        task, state=SENT, became="asked", why="", call=call, station=place.station, bay=place.bay,
        instance=place.instance,
    )  # fmt: skip


def again(task: AnyTask, why: str) -> AnyTask:
    """Nothing ran, for certain: it waits on."""
    return replace(
        task, state=WAITING, became="", call="", station="", bay="", instance="", checkup=None, why=why
    )


def ended(task: AnyTask, *, interrupted: bool, verdict: Verdict) -> AnyTask:
    """As its record says."""
    state = INTERRUPTED if interrupted else FINISHED
    checkup = task.checkup or (task.call if task.what == CHECKUP else None)
    return replace(task, state=state, became=state, verdict=verdict.value, checkup=checkup)


def is_open(task: Task) -> bool:
    """Whether it was sent, and its end is not known."""
    return task.state in (SENT, UNKNOWN)


def is_of(task: Task, station: str, name: str) -> bool:
    """Whether this record is of what the task began. A bench gives a check-up the id of its call."""
    return (
        task.state in (SENT, UNKNOWN, *DONE) and task.station == station and name in (task.checkup, task.call)
    )


def is_doubtful(task: Task) -> bool:
    """Whether nobody knows its outcome now."""
    return is_open(task) and task.became == UNKNOWN


def told(task: AnyTask, called: Called | None, state: State | None) -> AnyTask:
    """As it is known now: by its call, else by its station's own list. Another run of it tells nothing.

    called: where this hub's run made the call. state: where the station is here.
    """
    if called is not None and called.state == REFUSED:
        if called.word == "not-allowed":
            return replace(task, state=REFUSED, became=REFUSED, why=called.why)
        return again(task, called.why)
    if called is not None:
        task = replace(_became(task, called), instance=called.instance)
        if called.state in DONE:
            return replace(task, state=called.state)
    if state is not None and state.instance != task.instance:
        return replace(task, state=UNKNOWN, became=UNKNOWN)
    if called is not None or task.state == UNKNOWN:
        return task
    return _by_station(task, state)


def _became(task: AnyTask, called: Called | CallSeen) -> AnyTask:
    verdict = called.verdict.value if called.verdict else task.verdict
    return replace(task, became=called.state, checkup=called.checkup or task.checkup, verdict=verdict)


def _by_station(task: AnyTask, state: State | None) -> AnyTask:
    """The hub that called is gone. Its calls are refused once a station knows this hub's clock."""
    if state is None:
        return replace(task, became=UNKNOWN)
    seen = next((each for each in state.calls if each.id == task.call), None)
    if seen is None:
        return again(task, "")
    return replace(_became(task, seen), state=seen.state if seen.state in DONE else SENT)


def free_boards(states: Mapping[str, State]) -> dict[str, Whereabouts]:
    """Where each board is that is connected and not checked now, by its device id."""
    return _boards(states, lambda running: running is None)


def present_boards(states: Mapping[str, State]) -> dict[str, Whereabouts]:
    """Where each board is that is connected, by its device id."""
    return _boards(states, lambda _: True)


def _boards(states: Mapping[str, State], fits: Callable[[str | None], bool]) -> dict[str, Whereabouts]:
    found: dict[str, Whereabouts] = {}
    for station, state in states.items():
        for bay in state.bays:
            if bay.device is not None and fits(bay.running) and bay.link == LinkState.CONNECTED.value:
                found.setdefault(
                    bay.device.device_id, Whereabouts(station, bay.id, state.instance, state.seq)
                )
    return found
