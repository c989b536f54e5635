"""What a station answers to a call, at once. A call is carried out once or not at all.

A call is for one board. Its check-up is bound to that board: after a swap the rest ends with device-changed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.clock import utc_text
from utils.errors import Busy, RecordingRuns, UnknownBay, UnknownDiagnostic, V3Error
from utils.lab.begun import BegunCheckup, BegunRecording, WorkBegun
from utils.lab.hub_clock import HubClock
from utils.lab.wire import DOES, MOST_CALLS, Call, CallReply, CallSeen
from utils.model.results import Device

_LONGEST_MS = 60_000
"""How far ahead a call may name its end; one that could wait longer is no call but a queue."""


@dataclass(frozen=True)
class _Taken:
    """A call that was answered, and what it began."""

    answer: CallReply
    not_after_ms: int
    session: str
    begun: WorkBegun | None = None


class Occupancy:
    """Since when each bay is as it is: who is in it, or that nobody is."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str | None, str]] = {}

    def since(self, bay: Bay) -> str:
        """When this board came, or the last one left."""
        device = bay.door.status().device
        now = device.device_id if device else None
        known = self._known.get(bay.id)
        if known is None or known[0] != now:
            known = self._known[bay.id] = (now, utc_text())
        return known[1]


class CallBox:
    """Of one bench. Thread-safe."""

    def __init__(self, bench: Bench, clock: HubClock, sight: Occupancy) -> None:
        self._bench, self._clock, self._sight = bench, clock, sight
        self._lock = threading.Lock()
        self._taken: dict[str, _Taken] = {}

    def take(self, call: Call) -> CallReply:
        """Answer it. A call that comes again gets the same answer."""
        with self._lock:
            known = self._taken.get(call.id)
            if known is not None:
                return known.answer
            self._forget()
            begun: WorkBegun | None = None
            answer = self._refusal(call)
            if answer is None:
                answer, begun = self._begin(call)
            self._taken[call.id] = _Taken(answer, call.not_after_ms, call.session, begun)
            return answer

    def seen(self) -> tuple[CallSeen, ...]:
        """What became of the calls that were accepted: of all that run, and of the newest others.

        A call that runs and is not among them would count as one that never came, and be made again.
        """
        with self._lock:
            accepted = [(name, each.begun) for name, each in self._taken.items() if each.begun]
        told = [
            CallSeen(id=name, checkup=begun.id, state=begun.state, verdict=begun.verdict)
            for name, begun in accepted
        ]
        running = [each for each in told if each.state == "running"]
        over = [each for each in told if each.state != "running"]
        return (*over[-(MOST_CALLS - len(running)) :], *running)[-MOST_CALLS:]

    def _refusal(self, call: Call) -> CallReply | None:
        now = self._clock.now_ms(call.session)
        if now is None or not call.not_after_ms - _LONGEST_MS <= now <= call.not_after_ms:
            return CallReply(word="expired", why="The call came when it did not count any more.")
        try:
            bay = self._bench.bay(call.bay)
        except UnknownBay:
            return CallReply(word="not-here", why="This bench has no such place.")
        if bay.replay is not None:
            return CallReply(
                word="not-allowed", why="This is a replay of a bundle: there is no board behind it."
            )
        device = bay.door.status().device
        since = self._sight.since(bay)
        if device is None:
            return CallReply(word="not-here", since=since, why="No board is connected there.")
        if call.device_id not in (device.device_id, *bay.door.ids_of(device.device_id)):
            return CallReply(
                word="other-board", since=since, board=device.label, why="Another board is there."
            )
        return _not_allowed(bay, call)

    def _begin(self, call: Call) -> tuple[CallReply, WorkBegun | None]:
        bay = self._bench.bay(call.bay)
        begins = BegunRecording if call.what == "recording" else BegunCheckup
        try:
            begun: WorkBegun = begins(bay, call, _still(bay, call))
        except RecordingRuns:
            return CallReply(word="busy", why="A recording of this board runs already."), None
        except Busy:
            return CallReply(word="busy", why="The board is checked already."), None
        except V3Error as exc:
            return CallReply(word="not-allowed", why=str(exc)[:512]), None
        return CallReply(word="accepted", checkup=begun.id), begun

    def _forget(self) -> None:
        """Calls that are over: should one come again, it is expired. What still runs is kept."""
        over = [
            name
            for name, each in self._taken.items()
            if (each.begun is None or each.begun.state != "running") and self._is_over(each)
        ]
        for name in over[:-MOST_CALLS]:
            del self._taken[name]

    def _is_over(self, call: _Taken) -> bool:
        now = self._clock.now_ms(call.session)
        return now is None or now > call.not_after_ms


def _still(bay: Bay, call: Call) -> Device:
    """The board of the call, as it is connected now; Busy where that changed under our eyes."""
    device = bay.door.status().device
    if device is None or call.device_id not in (device.device_id, *bay.door.ids_of(device.device_id)):
        raise Busy
    return device


def _not_allowed(bay: Bay, call: Call) -> CallReply | None:
    """From afar only what disturbs nothing is run, and only what this version knows."""
    if call.what not in DOES:
        return CallReply(word="not-allowed", why=f"This bench's program knows no “{call.what}”: update it.")
    for name in call.diagnostics or ():
        try:
            if bay.runner.catalogue.get(name).active:
                return CallReply(word="not-allowed", why=f"{name} disturbs the board: run it at the bench.")
        except UnknownDiagnostic:
            return CallReply(word="not-allowed", why=f"This bench has no diagnostic {name}.")
    return None
