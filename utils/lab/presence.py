"""Which stations are here, and what became of calls. No I/O, no thread: facts in, facts out.

A station is here while its newest State is younger than LEASE_S. So is the answer that reached it last.
A network can be cut in one direction alone. What is not known is said: the call of a station that is gone is
"outcome-unknown". That changes when the station or its records say more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from utils.errors import StationAway
from utils.lab.wire import Call, CallReply, State
from utils.model.results import Verdict

LEASE_S = 4.0
CALLS_KEPT = 2000
OVER = frozenset({"refused", "finished", "interrupted"})
"""States of a call that change no more."""


@dataclass(frozen=True)
class StationSeen:
    """A station as it was heard last. at: by the hub's clock, seconds; when: for people."""

    state: State
    at: float
    when: str
    clock_offset_s: float = 0.0
    left: bool = False


@dataclass(frozen=True)
class Last:
    """Where a board was seen last. when: for people."""

    station: str
    bay: str
    label: str
    when: str


@dataclass(frozen=True)
class Called:
    """A call and what became of it.

    state: asked, accepted, running, finished, interrupted, refused, unanswered or outcome-unknown. word: the
    station's answer, or "absent" where nothing was delivered. checkup: what it began.
    """

    call: Call
    station: str
    instance: str
    board: str
    at: str
    state: str = "asked"
    word: str = ""
    why: str = ""
    checkup: str | None = None
    verdict: Verdict | None = None


class Presence:
    """Of one run of a hub, its session. Not thread-safe: the hub holds a lock around it. now: seconds."""

    def __init__(self, session: str, now: Callable[[], float]) -> None:
        self._session, self._now = session, now
        self._seen: dict[str, StationSeen] = {}
        self._calls: dict[str, Called] = {}
        self._open: dict[str, dict[str, None]] = {}  # by station: calls that may change, oldest first
        self._boards: dict[str, Last] = {}
        self._kept: dict[str, tuple[str, Verdict]] = {}  # check-ups whose records came, maybe too early

    # --- stations

    def heard(self, station: str, state: State, *, when: str, offset_s: float = 0.0) -> str | None:
        """A State came. Why this program is refused, where another one of the same file is here."""
        known = self._seen.get(station)
        if known is not None and known.state.instance != state.instance and self._is_fresh(known):
            return "Another program uses the same invitation now. Each bench needs a file of its own."
        if known is not None and known.state.instance == state.instance and state.seq <= known.state.seq:
            return None
        self._seen[station] = StationSeen(state, self._now(), when, offset_s)
        for bay in state.bays:
            if bay.device is not None:
                self._boards[bay.device.device_id] = Last(station, bay.id, bay.device.label, when)
        for called in self._open_of(station):
            self._put(self._ended(_told(called, state)))
        return None

    def left(self, station: str, instance: str) -> None:
        """A station said that it ends."""
        known = self._seen.get(station)
        if known is not None and known.state.instance == instance:
            self._seen[station] = replace(known, left=True)

    def seen(self, station: str) -> StationSeen | None:
        """As it was heard last; None while it never was."""
        return self._seen.get(station)

    def is_here(self, station: str) -> bool:
        """Whether it was heard within the lease."""
        known = self._seen.get(station)
        return known is not None and self._is_here(known)

    def here(self, station: str) -> State:
        """Its newest State; StationAway."""
        known = self._seen.get(station)
        if known is None:
            raise StationAway(since=None)
        if not self._is_here(known):
            raise StationAway(since=known.when)
        return known.state

    def _is_here(self, seen: StationSeen) -> bool:
        """Whether it can be called: it knows the clock by which calls count."""
        if not self._is_fresh(seen) or seen.state.session != self._session:
            return False
        return seen.state.heard_ms is None or self._now() - seen.state.heard_ms / 1000 <= LEASE_S

    def _is_fresh(self, seen: StationSeen) -> bool:
        return not seen.left and self._now() - seen.at <= LEASE_S

    def states(self) -> dict[str, State]:
        """The newest word of each station that is here."""
        return {name: seen.state for name, seen in self._seen.items() if self._is_here(seen)}

    def boards(self) -> dict[str, Last]:
        """Where each board was seen last, by its device id."""
        return dict(self._boards)

    # --- calls

    def asked(self, called: Called) -> None:
        """A call is about to be sent."""
        self._put(called)
        if len(self._calls) <= CALLS_KEPT:
            return
        over = [name for name, each in self._calls.items() if each.state in OVER]
        for name in over[: len(self._calls) - CALLS_KEPT]:
            del self._calls[name]

    def answered(self, call_id: str, answer: CallReply) -> None:
        """The station answered."""
        self._change(
            call_id, state="accepted" if answer.word == "accepted" else "refused", word=answer.word,
            why=answer.why, checkup=answer.checkup,
        )  # fmt: skip

    def refused(self, call_id: str, why: str) -> None:
        """Nothing was delivered, for certain."""
        self._change(call_id, state="refused", word="absent", why=why)

    def unanswered(self, call_id: str) -> None:
        """It was sent, and no answer came in time: the station's next State tells."""
        self._change(call_id, state="unanswered")

    def kept(self, station: str, checkup: str, verdict: Verdict, *, interrupted: bool) -> None:
        """The record of a check-up came: that is the last word on its call, which may have its id."""
        self._kept[checkup] = "interrupted" if interrupted else "finished", verdict
        while len(self._kept) > CALLS_KEPT:
            del self._kept[next(iter(self._kept))]
        for called in self._open_of(station):
            if checkup in (called.checkup, called.call.id):
                self._put(self._ended(called))
                return

    def call(self, call_id: str) -> Called:
        """What is known of a call now. KeyError."""
        return self._as_known(self._calls[call_id])

    def calls(self) -> tuple[Called, ...]:
        """All that are remembered, oldest first."""
        return tuple(self._as_known(each) for each in self._calls.values())

    def _as_known(self, called: Called) -> Called:
        if called.state in OVER or called.state == "asked":
            return called
        known = self._seen.get(called.station)
        same = known is not None and known.state.instance == called.instance
        if same and self.is_here(called.station):
            return called
        return replace(called, state="outcome-unknown")

    def _open_of(self, station: str) -> list[Called]:
        return [self._calls[name] for name in self._open.get(station, ())]

    def _put(self, called: Called) -> None:
        """Remember it as it is now."""
        name = called.call.id
        self._calls[name] = called
        known = self._open.setdefault(called.station, {})
        if called.state in OVER:
            known.pop(name, None)
        else:
            known[name] = None

    def _change(self, call_id: str, **changes: object) -> None:
        known = self._calls.get(call_id)
        if known is not None and known.state == "asked":  # a State may have told more meanwhile
            self._put(self._ended(replace(known, **changes)))  # type: ignore[arg-type]

    def _ended(self, called: Called) -> Called:
        """As its record says, where that came: a record may overtake the answer to its call."""
        kept = self._kept.get(called.checkup or "") or self._kept.get(called.call.id)
        if kept is None:
            return called
        return replace(called, state=kept[0], verdict=kept[1], checkup=called.checkup or called.call.id)


def _told(called: Called, state: State) -> Called:
    """The call as its station's State has it."""
    if state.instance != called.instance:
        return called
    for seen in state.calls:
        if seen.id == called.call.id:
            return replace(
                called, word="accepted", checkup=seen.checkup, state=seen.state, verdict=seen.verdict
            )
    over = state.session == called.call.session and (state.hub_ms or 0) > called.call.not_after_ms
    if called.state == "unanswered" and over:
        return replace(called, state="refused", word="expired", why="The call did not arrive in time.")
    return called
