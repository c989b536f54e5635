"""The hub: all stations in one place. It holds no SSH and no password of a board; stations are called.

hub = Hub(folder, "lab.example:7422", history)
hub.start()                                             # ConfigError
called = hub.call("bench-3", "main", "s-0123…", who="Ada")
called.state                                            # "accepted", "refused", "unanswered"
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from utils.applog import about
from utils.clock import new_id, since_boot, utc_text
from utils.errors import (
    BadRequest,
    ConfigError,
    LabTrouble,
    NoAnswer,
    OtherVersion,
    StationAway,
    WireTrouble,
)
from utils.folders import locked, make_private
from utils.lab import subjects, wire
from utils.lab.arrivals import Arrivals
from utils.lab.campaigning import Campaigns
from utils.lab.campaigns import Campaign, Member, Step
from utils.lab.changes import Changes
from utils.lab.errands import Errand, Errands
from utils.lab.fleet import LabFleet
from utils.lab.invitation import host_and_port
from utils.lab.link import Access, NatsConnection
from utils.lab.look import Look
from utils.lab.looking import Looking, LookStream
from utils.lab.people import People
from utils.lab.presence import Called, Last, Presence, StationSeen
from utils.lab.register import Invited, Register
from utils.lab.returning import Returning
from utils.lab.server import Server, hub_seed
from utils.lab.settling import Settling
from utils.lab.storage import Storage
from utils.lab.tags import Tags
from utils.lab.tally import Tally
from utils.lab.tasks import CHECKUP, RECORDING, Task, ToDo, Whereabouts
from utils.model.roles import Role
from utils.store.history import History

log = logging.getLogger(__name__)

COUNTS_S = 2.0
"""How long a call counts: a station that hears it later refuses it."""
_AT_ONCE = 32
"""Calls under way: a bench that is silent holds up its own, for seconds, and a few others."""
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class InvitedBench:
    """A bench that was invited. seen: as it was heard last. here: whether it is connected now. refused: why
    its program is no part of the lab, "" where it is or was not heard."""

    invited: Invited
    seen: StationSeen | None
    here: bool
    refused: str = ""


class Hub:
    """Of one program. Every method may be called from any thread."""

    def __init__(self, folder: Path, address: str, history: History) -> None:
        self.folder, self.address = folder, address
        self.session = new_id()
        self.register = Register(folder)
        self.people = People(folder)
        self._lock = threading.Lock()
        self._presence = Presence(self.session, since_boot)
        self.storage = Storage(history)
        self._looking = Looking(self._runs)
        self.errands = Errands(folder / "errands.json")
        self.campaigns = Campaigns(folder / "campaigns")
        self._lists: tuple[ToDo, ...] = (self.errands, self.campaigns)
        self._returning = Returning(self._lists, self)
        self._refused: dict[str, str] = {}  # by station, while its program is no part of the lab
        self.tally = Tally()
        self.settling = Settling(
            history,
            self._presence,
            self._lock,
            self._lists,
            self.tally,
            self._returning.wake,
            self.storage.verdicts,
        )
        self._arrivals = Arrivals(history, self.settling.kept)
        self.tags = Tags(folder)
        self.changes = Changes(self.session)
        self.fleet: LabFleet | None = None
        self._server: Server | None = None
        self._link: NatsConnection | None = None
        self._held = contextlib.ExitStack()

    def start(self) -> None:
        """Start nats-server and listen to stations. ConfigError."""
        host, port = host_and_port(self.address)
        make_private(self.folder)
        try:
            self._held.enter_context(locked(self.folder / "hub.lock"))
        except TimeoutError as exc:
            raise ConfigError(
                "Another hub runs with this data folder.", hint="End it, or set another V3_DATA_DIR."
            ) from exc
        self._server = Server(self.folder, host if host in _LOOPBACK else "0.0.0.0", port)  # noqa: S104 - benches come from the network
        try:
            self._server.start()
        except ConfigError:
            self._held.close()
            raise
        certificate = (self.folder / "hub.crt").read_text(encoding="ascii")
        near = f"{host if host in _LOOPBACK else '127.0.0.1'}:{port}"
        self._link = NatsConnection(
            Access(near, certificate, hub_seed(self.folder)), name="hub", inbox=subjects.HUB_INBOX,
            answers={subjects.FROM_STATIONS: self._told},
            at_once={subjects.LOOKS_IN: self._looking.seen}, on_change=self._changed,
        )  # fmt: skip
        self._link.start()
        self.storage.start()
        self._returning.start()

    def close(self) -> None:
        """End it; the stations go on alone."""
        self._returning.close()
        self._looking.lost()
        self.storage.close()
        if self._link is not None:
            self._link.close()
        if self._server is not None:
            self._server.close()
        self._held.close()

    @property
    def connected(self) -> bool:
        """Whether it is connected to its own server."""
        return self._link is not None and self._link.connected

    # --- what is known

    def benches(self) -> list[InvitedBench]:
        """Every bench that may join, as it is known now."""
        invited = [each for each in self.register.all() if not each.revoked_at]
        with self._lock:
            return [
                InvitedBench(
                    each,
                    self._presence.seen(each.id),
                    self._presence.is_here(each.id),
                    self._refused.get(each.id, ""),
                )
                for each in invited
            ]

    def called(self, call_id: str) -> Called:
        """What is known of a call now. KeyError."""
        with self._lock:
            return self._presence.call(call_id)

    def calls(self) -> tuple[Called, ...]:
        """All calls that are remembered, oldest first."""
        with self._lock:
            return self._presence.calls()

    def states(self) -> dict[str, wire.State]:
        """The newest word of each station that is here."""
        with self._lock:
            return self._presence.states()

    def last_places(self) -> dict[str, Last]:
        """Where each board was seen last, by its device id."""
        with self._lock:
            return self._presence.boards()

    # --- calls

    def call(
        self, station: str, bay: str, device_id: str, diagnostics: Sequence[str] | None = None, *, who: str,
        call_id: str = "", counts_s: float = COUNTS_S, what: str = CHECKUP, minutes: float | None = None,
    ) -> Called:  # fmt: skip
        """Have this board checked by its station, now or not at all; or have it recorded for some minutes.
        StationAway, BadRequest: nothing was sent."""
        message = self._message(
            bay, device_id, diagnostics, who, call_id or new_id(), counts_s, what=what, minutes=minutes
        )
        with self._lock:
            state = self._presence.here(station)
            if what not in state.does:
                raise BadRequest(
                    f"{station} has an older version of this program, which knows no {what} for a hub.",
                    hint="Update the program of that bench.",
                )
            board = next((each.device for each in state.bays if each.id == bay), None)
            called = Called(message, station, state.instance, board.label if board else "", utc_text())
            self._presence.asked(called)
        try:
            self._deliver(called)
        finally:
            self._note_call(message.id)
        return self.called(message.id)

    def call_many(
        self, boards: Sequence[tuple[str, str, str]], diagnostics: Sequence[str] | None = None, *, who: str
    ) -> list[Called]:
        """Call for each of these boards (bench, bay, device id) at once; an absent one holds up nobody."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda each: self._tried(*each, diagnostics=diagnostics, who=who), boards))

    def _note_call(self, call_id: str) -> None:
        told = self.called(call_id)
        with about(call=call_id, checkup=told.checkup):
            word, what = told.word or told.state, (told.board or told.call.device_id, told.call.who)
            log.info("%s was called for %s, for %s: %s", told.station, *what, word)

    def _tried(
        self, station: str, bay: str, device_id: str, *, diagnostics: Sequence[str] | None, who: str
    ) -> Called:
        try:
            return self.call(station, bay, device_id, diagnostics, who=who)
        except LabTrouble as exc:
            message = self._message(bay, device_id, diagnostics, who, new_id(), 0)
            absent = Called(message, station, "", "", utc_text(), "refused", "absent", str(exc))
            with self._lock:
                self._presence.asked(absent)
            return absent

    def send(self, task: Task, place: Whereabouts, call_id: str) -> None:
        """Call for a task. LabTrouble, BadRequest: nothing was delivered."""
        self.people.need(task.who, Role.TECHNICIAN)  # the role may be another one by now
        self.call(
            place.station, place.bay, task.device_id, task.diagnostics, who=task.who, call_id=call_id,
            counts_s=max(0.0, min(COUNTS_S, task.left_s)), what=task.what, minutes=task.minutes,
        )  # fmt: skip

    def remember(self, doubtful: Sequence[Task]) -> None:
        """Look up what the history has of these."""
        self.settling.remember(doubtful)

    def when_back(
        self, device_id: str, *, lasts_s: float, who: str, diagnostics: Sequence[str] | None = None
    ) -> Errand:
        """Have this board checked once it is there, within this time. BadRequest."""
        self._message("main", device_id, diagnostics, who, new_id(), 0)  # the words of a call, or BadRequest
        known = self.last_places().get(device_id)
        board = known.label if known else device_id
        made = self.errands.ask(device_id, board, lasts_s=lasts_s, who=who, diagnostics=diagnostics)
        self._returning.wake()
        return made

    def begin_campaign(
        self, *, name: str, who: str, lasts_s: float, steps: Sequence[Step], boards: Sequence[str],
        limit: float, at_unknown: bool, leave_out: bool,
    ) -> Campaign:  # fmt: skip
        """Have these boards, by their device ids, go through these steps in waves. BadRequest; NotKept."""
        for step in steps if boards else ():
            what = step.kind if step.kind == RECORDING else CHECKUP
            minutes = step.minutes if what == RECORDING else None
            self._message("main", boards[0], step.diagnostics, who, new_id(), 0, what=what, minutes=minutes)
        for device_id in boards:  # the words of a call, or BadRequest
            self._message("main", device_id, None, who, new_id(), 0)
        places = self.last_places()
        members = [Member(each, places[each].label if each in places else each) for each in boards]
        made = self.campaigns.begin(
            name=name, who=who, lasts_s=lasts_s, steps=steps, boards=members, limit=limit,
            at_unknown=at_unknown, leave_out=leave_out,
        )  # fmt: skip
        self._returning.wake()
        return made

    def _message(
        self, bay: str, device_id: str, diagnostics: Sequence[str] | None, who: str, call_id: str,
        counts_s: float, *, what: str = CHECKUP, minutes: float | None = None,
    ) -> wire.Call:  # fmt: skip
        try:
            return wire.Call(
                id=call_id, session=self.session, not_after_ms=self._now_ms() + int(counts_s * 1000),
                bay=bay, device_id=device_id, who=who[:64], what=what, minutes=minutes,
                diagnostics=None if diagnostics is None else tuple(diagnostics),
            )  # fmt: skip
        except ValidationError as exc:
            raise BadRequest("There is no such place or board.") from exc

    def _deliver(self, called: Called) -> None:
        assert self._link is not None
        subject = subjects.call(called.station, called.instance)
        name = called.call.id
        try:
            reply = self._link.request(subject, wire.encode(called.call), COUNTS_S)
            answer = wire.decode(wire.CallReply, reply)
        except (NoAnswer, WireTrouble):  # it may have been delivered
            with self._lock:
                self._presence.unanswered(name)
        except LabTrouble as exc:
            with self._lock:
                if isinstance(exc, StationAway):
                    self._presence.left(called.station, called.instance)
                self._presence.refused(name, str(exc))
            raise
        else:
            with self._lock:
                self._presence.answered(name, answer)

    # --- looks

    def look(self, station: str, **asked: str) -> LookStream:
        """Ask what a page shows of a board there; asked: as Look has it. Nothing is asked late or twice.
        StationAway, LookRefused: nothing was done."""
        with self._lock:
            instance = self._presence.here(station).instance
        try:
            look = Look.model_validate({
                "id": new_id(), "session": self.session,
                "not_after_ms": self._now_ms() + int(COUNTS_S * 1000), **asked,
            })  # fmt: skip
        except ValidationError as exc:
            raise BadRequest("A bench is not asked such a thing.") from exc
        assert self._link is not None
        return self._looking.begin(self._link, station, instance, look)

    @property
    def looks(self) -> int:
        """How many are open."""
        return self._looking.count

    def end_look(self, station: str, view: LookStream) -> None:
        """Nobody takes it any more: the station stops."""
        self._looking.end(station, view.name)

    def _runs(self, station: str, instance: str) -> bool:
        with self._lock:
            known = self._presence.seen(station)
            return known is not None and known.state.instance == instance and self._presence.is_here(station)

    def _changed(self, trouble: LabTrouble | None) -> None:
        if trouble is not None:
            self._looking.lost()

    # --- what stations say

    def _told(self, subject: str, data: bytes) -> bytes | None:
        station, kind = subjects.sender(subject)
        match kind:
            case "state":
                return self._state(station, data)
            case "records":
                return self._records(station, wire.decode(wire.Records, data))
            case "given":
                return wire.encode(self._arrivals.lacks(station, wire.decode(wire.GivenIds, data)))
            case "evidence":
                return wire.encode(self._arrivals.evidence(station, wire.decode(wire.Evidence, data)))
            case "bye":
                with self._lock:
                    self._presence.left(station, wire.decode(wire.Bye, data).instance)
        return None

    def _state(self, station: str, data: bytes) -> bytes:
        try:
            refused = self._heard(station, wire.decode(wire.State, data))
        except OtherVersion as exc:  # its answer tells the bench, too
            refused = str(exc)
            if self._refused.get(station) != refused:
                log.warning("%s is no part of the lab: %s", station, refused)
            self._refused[station] = refused
        return wire.encode(
            wire.Heard(
                session=self.session, time_ms=self._now_ms(), refused=refused, history=self.storage.opening
            )
        )

    def _heard(self, station: str, state: wire.State) -> str | None:
        offset_s = state.clock - time.time()
        with self._lock:
            refused = self._presence.heard(station, state, when=utc_text(), offset_s=offset_s)
        self.storage.verdicts.want(each.device.device_id for each in state.bays if each.device)
        self._refused.pop(station, None)
        self._returning.wake()
        return refused

    def _records(self, station: str, said: wire.Records) -> bytes:
        if said.history not in (None, self.storage.opening):  # what is lacking here comes first
            return wire.encode(wire.Taken(later="opened-anew"))
        with self._lock:
            seen = self._presence.seen(station)
        ahead_s = round(seen.clock_offset_s, 3) if seen else None
        return wire.encode(self._arrivals.records(station, said, ahead_s))

    def _now_ms(self) -> int:
        return int(since_boot() * 1000)
