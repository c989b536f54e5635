"""A bench in a lab: tells the hub what is on it, answers calls, sends its results. Works alone as ever.

station = Station(bench, invitation)
station.start()                       # nothing of the bench waits for it, now or later
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time

from utils.applog import about
from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.facts import newest_checkup, verdict_of
from utils.clock import new_id, since_boot
from utils.errors import HistoryTrouble, LabTrouble, V3Error
from utils.lab import wire
from utils.lab.callbox import CallBox, Occupancy
from utils.lab.hub_clock import HubClock
from utils.lab.invitation import Invitation, fingerprint
from utils.lab.link import Access, NatsConnection
from utils.lab.outbox import Outbox
from utils.lab.subjects import call, inbox, looks, more, up
from utils.lab.tally import Tally
from utils.lab.window import App, Window
from utils.model.results import CheckupEvent, Device
from utils.version import VERSION

log = logging.getLogger(__name__)

_BEAT_S = 1.0
_LEAST_S = 0.2  # between two States, however much happens
_ANSWER_S = 2.0
_PATIENCE_S = 5.0  # a connection that is made again by then is nothing to tell people
_TOLD = frozenset({"connection", "checkup-started", "checkup-finished"})


class Station:
    """Of one bench. app: its pages, which the hub may show. trouble: why it is no part of the lab at the
    moment, None while it is."""

    def __init__(self, bench: Bench, invitation: Invitation, app: App | None = None) -> None:
        self.name = invitation.station
        self.instance = new_id()
        self.trouble: LabTrouble | None = LabTrouble("The hub was not heard yet.")
        self._bench = bench
        self._clock, self._sight = HubClock(), Occupancy()
        self._calls = CallBox(bench, self._clock, self._sight)
        self._link = NatsConnection(
            Access(invitation.address, invitation.certificate, invitation.seed),
            name=self.name,
            inbox=inbox(self.name),
            answers={call(self.name, self.instance): self._called},
            at_once={
                looks(self.name, self.instance): lambda _, data: self.window.look(data),
                more(self.name, self.instance): lambda _, data: self.window.more(data),
            },
            on_change=self._changed,
            most=wire.MOST_BAYS,  # a check-up of all boards calls for each of them at once
        )
        self.window = Window(self.name, app, self._clock, self._link.send)
        hub = fingerprint(invitation.certificate)
        self.outbox = Outbox(bench.history, self._link, self.name, hub)
        self.tally = Tally()
        self._seq = 0
        self._since, self._warned = time.monotonic(), ""
        self._bell = threading.Event()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=work, name=f"v3-{name}", daemon=True)
            for name, work in (("station", self._tell_on), ("station-events", self._listen))
        ]

    def start(self) -> None:
        """Join, and stay joined from now on. The links to its boards are kept up meanwhile."""
        self._link.start()
        self.outbox.start()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Leave: the hub knows at once."""
        self._stopping.set()
        self._bell.set()
        self.outbox.close()
        self.window.close()
        with contextlib.suppress(LabTrouble):  # it will see it by itself
            self._link.publish(up(self.name, "bye"), wire.encode(wire.Bye(instance=self.instance)))
        self._link.close()

    def _changed(self, trouble: LabTrouble | None) -> None:
        if trouble is not None:
            self.window.close()
        self._bell.set()

    # --- what is told

    def _tell_on(self) -> None:
        with self._bench.watched():
            while not self._stopping.is_set():
                self._bell.wait(_BEAT_S)
                self._bell.clear()
                self._tell()
                self._stopping.wait(_LEAST_S)

    def _tell(self) -> None:
        try:
            self._told()
        except LabTrouble as exc:
            self._heard(self._link.trouble or exc)
        except V3Error as exc:
            self._heard(LabTrouble(str(exc)))
        except Exception:  # a bug of ours must not end this for good
            log.exception("Telling the hub failed inside this program")

    def _told(self) -> None:
        if not self._link.connected:
            self._heard(self._link.trouble)
            return
        state, asked_at = self._state(), since_boot()
        reply = self._link.request(up(self.name, "state"), wire.encode(state), _ANSWER_S)
        heard = wire.decode(wire.Heard, reply)
        if heard.refused:
            self._heard(LabTrouble(heard.refused))
            return
        if heard.session != self._clock.session:
            self._bell.set()  # the hub waits to hear that its clock is known here
        self._clock.heard(heard.session, heard.time_ms, asked_at)
        self.outbox.heard(heard.history)
        self._heard(None)

    def _heard(self, trouble: LabTrouble | None) -> None:
        before, self.trouble = self.trouble, trouble
        if trouble is None:
            if before is not None:
                log.info("This bench is %s in the lab", self.name)
                self.outbox.retry()
            self._since, self._warned = time.monotonic(), ""
        elif str(trouble) != self._warned and time.monotonic() - self._since > _PATIENCE_S:
            log.warning("Not in the lab at the moment: %s", trouble)
            self._warned = str(trouble)

    def _state(self) -> wire.State:
        self._seq += 1
        session = self._clock.session
        hub_ms = self._clock.now_ms(session)  # before the calls: one that is not among them never will be
        waiting, parked, oldest_s = self._waiting()
        return wire.State(
            instance=self.instance, seq=self._seq, program=VERSION, clock=time.time(),
            session=session or None, hub_ms=hub_ms, heard_ms=self._clock.heard_ms, calls=self._calls.seen(),
            bays=self.bays(), waiting=waiting, parked=parked, oldest_s=oldest_s, does=wire.DOES,
        )  # fmt: skip

    def bays(self) -> tuple[wire.BaySeen, ...]:
        """Its places as they are now."""
        return tuple(self._bay(bay) for bay in list(self._bench)[: wire.MOST_BAYS] if bay.replay is None)

    def _waiting(self) -> tuple[int, int, float | None]:
        try:
            return *self.outbox.counts(), self.outbox.oldest_s()
        except HistoryTrouble:
            return 0, 0, None

    def _bay(self, bay: Bay) -> wire.BaySeen:
        status = bay.door.status()
        device = status.device
        ids = bay.door.ids_of(device.device_id) if device else ()
        done = newest_checkup(self._bench, (device.device_id, *ids)) if device else None
        newest = bay.runner.newest_checkup()
        running = newest if newest is not None and not newest.finished else None
        return wire.BaySeen(
            id=bay.id, title=bay.title[:512], link=status.state.value, since=self._sight.since(bay),
            device=_board(device) if device else None,
            verdict=verdict_of(bay, status, done) if done else None, checkup=done.id if done else None,
            running=running.id if running else None, total=len(running.runs) if running else 0,
            done=sum(run.finished for run in running.runs.values()) if running else 0,
        )  # fmt: skip

    def _listen(self) -> None:
        with self._bench.bus.subscribe(only=_matters) as events:
            while not self._stopping.is_set():
                if (event := events.get(_BEAT_S)) is not None:
                    self._note(event)
                    self._bell.set()
                    self.outbox.wake()
                elif self._bench.bus.closed:
                    return

    def _note(self, event: CheckupEvent) -> None:
        """Count a check-up that ended; one that is forgotten already is not counted."""
        if event.kind != "checkup-finished":
            return
        with contextlib.suppress(V3Error):
            done = self._bench.bay(event.data["bay"]).runner.checkup(event.data["checkup"])
            boards = (run.device.model for run in done.runs.values() if run.device is not None)
            self.tally.note(self.name, next(boards, ""), done.outcome())

    # --- calls

    def _called(self, subject: str, data: bytes) -> bytes:
        call = wire.decode(wire.Call, data)
        answer = self._calls.take(call)
        with about(call=call.id, checkup=answer.checkup):
            log.info("The hub calls for a %s in %s, for %s: %s", call.what, call.bay, call.who, answer.word)
        self._bell.set()
        return wire.encode(answer)


def _matters(event: CheckupEvent) -> bool:
    return event.kind in _TOLD


def _board(device: Device) -> wire.BoardSeen:
    return wire.BoardSeen(
        device_id=device.device_id, label=device.label[:512], serial=device.serial[:512],
        model=device.model[:512],
    )  # fmt: skip
