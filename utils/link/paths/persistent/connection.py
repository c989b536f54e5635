"""One authenticated connection: its lanes, its device, its liveness. Ends once, never comes back.

Lanes are made as they are needed, up to MAX_LANES or what the device allows. One caller at a time takes a
lane. Where no lane can be held, each command gets a channel of its own (mode "channels").
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from utils import errors
from utils.link.lanes.frames import Frame
from utils.link.lanes.lanes import Lane, Once, look, run_once
from utils.link.lanes.opening import IN_THE_WAY
from utils.link.paths.persistent.liveness import Liveness
from utils.link.request import Request
from utils.link.transport.transport import Transport, discard
from utils.link.trust.host_keys import HostKey
from utils.model.results import CommandResult, Device

log = logging.getLogger("v3.ssh")

Used = TypeVar("Used")

MAX_LANES = 6  # OpenSSH's MaxSessions is 10 by default; the rest is for terminals, streams and stops
NICE = 5  # what the device does for its owner goes before what it tells us
PIPELINE = 32  # commands queued on a lane ahead of the answer: a check-up in one flight
PIPELINE_CHARACTERS = 1 << 15  # and so much of their text: what the device has not read must not block us


class _Waiter:
    """A caller in the queue for a lane. ready without a lane: the caller makes one in a counted place."""

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.lane: Lane | None = None


class Connection:
    """What the link hands out between connecting and losing it."""

    def __init__(
        self, transport: Transport, key: HostKey, on_lost: Callable[[Connection, str], None]
    ) -> None:
        self.transport = transport
        self.key = key
        self.device: Device | None = None
        self.mode = "lanes"
        self.since = datetime.now(UTC).isoformat(timespec="seconds")
        self.lost_because = ""
        self.noise = b""  # what the device's login files print, of the first lane
        self._free = threading.Lock()
        self._idle: list[Lane] = []
        self._waiting: deque[_Waiter] = deque()
        self._lanes = 0
        self._room = MAX_LANES
        self.liveness = Liveness(transport, lambda cause: on_lost(self, cause))

    @property
    def alive(self) -> bool:
        return self.transport.is_active() and not self.lost_because

    @property
    def device_key(self) -> str:
        """What tells this device from another: host key and serial number."""
        serial = self.device.serial if self.device else ""
        return f"{self.key.fingerprint} {serial}".strip()

    @property
    def server_version(self) -> str:
        return str(self.transport.remote_version)

    def close(self, cause: str) -> None:
        """End it now; waiting calls wake up. Later calls change nothing."""
        self.lost_because = self.lost_because or cause
        self.liveness.stop()
        with self._free:
            idle, self._idle = self._idle, []
            for waiter in self._waiting:
                waiter.ready.set()
        discard(self.transport, then=lambda: _close_all(idle))

    def run(self, request: Request) -> CommandResult:
        """One command, on a lane or on a channel of its own. The answer names this connection's device."""
        try:
            return replace(self._run(request), device=self.device)
        except (EOFError, OSError) as exc:  # of a dying socket, in the midst of anything: no fault of ours
            raise errors.LinkLost from exc
        except errors.V3Error as exc:
            exc.device = self.device if request.sent else None
            raise

    def who(self, request: Request) -> str:
        """The answer to identity.COMMAND, which comes with the first channel's answer: no command is run."""
        try:
            lane = self._take(request, who=True)
        except errors.ShellUnusable as exc:
            if _for_all_channels(exc) or not self.alive:
                raise
            told = self.with_room(lambda: look(self.transport, request))
            self._without_lanes(exc)
            self.noise = told.noise
            return told.who
        with self._using(lane):
            return lane.told.who

    def once(self, request: Request) -> Once:
        """One command on a channel of its own, begun but not waited for."""
        made = self.with_room(lambda: Once(self.transport, request))
        made.on = self.device
        return made

    def _run(self, request: Request) -> CommandResult:
        if request.needs_channel or self.mode == "channels":
            return self.with_room(lambda: run_once(self.transport, request))
        try:
            lane = self._take(request)
        except errors.ShellUnusable as exc:
            if _for_all_channels(exc) or not self.alive:
                raise
            result = run_once(self.transport, request)
            self._without_lanes(exc)
            return result
        with self._using(lane):
            return lane.run(request)

    def run_in_order(
        self, requests: Sequence[Request]
    ) -> Iterator[tuple[Request, CommandResult | errors.V3Error]]:
        """Reads, pipelined through one lane: several are under way, answers come in order.

        Ends early, without an answer for the rest, when the lane or the link is gone. The rest were reads and
        may be asked again.
        """
        waiting = list(requests)
        lane = self._take(waiting[0])
        with self._using(lane):
            frames: list[tuple[Request, Frame]] = []
            while waiting or frames:
                while waiting and _fits(waiting[0], frames):
                    request = waiting.pop(0)
                    frames.append((request, lane.submit(request)))
                request, frame = frames.pop(0)
                request.begin()
                try:
                    answer = lane.collect(request, frame)
                except (errors.CommandTimeout, errors.Cancelled) as exc:
                    exc.device = self.device if request.sent else None
                    yield request, exc
                    return
                except errors.LinkError:
                    return
                yield request, replace(answer, device=self.device)
                if frame.truncated and not lane.alive:
                    return
                if frames and not lane.goes_on():  # the next ones would wait for what this one left running
                    lane.close()
                    return

    def _without_lanes(self, exc: errors.ShellUnusable) -> None:
        """The shell holds no lane, but runs a single command."""
        log.warning("SSH connection: the device's shell cannot hold a lane (%s); one channel a command", exc)
        self.mode = "channels"

    def with_room(self, use: Callable[[], Used]) -> Used:
        """What needs a channel of its own. Where the device has none left, idle lanes make room."""
        try:
            return use()
        except errors.ChannelRefused:
            with self._free:
                idle = [self._idle.pop() for _ in range(len(self._idle))]
            for lane in idle:
                self._retire(lane)
            if not idle:
                raise
            return use()

    # -- the pool -----------------------------------------------------------------------------

    def _take(self, request: Request, *, who: bool = False) -> Lane:
        """A lane for this caller alone. Who came first is served first: no caller waits for ever."""
        while True:
            request.check()
            lane = self._place(request) or self._make(request, who=who)
            if lane is None:
                continue
            if lane.reusable():
                return lane
            self._retire(lane)
            if not self.alive:
                raise errors.LinkLost

    def _place(self, request: Request) -> Lane | None:
        """A lane that is free, or None: the caller may make one, its place is counted already."""
        with self._free:
            if not self._waiting:
                if self._idle:
                    return self._idle.pop()
                if self._lanes < self._room:
                    self._lanes += 1
                    return None
            self._waiting.append(waiter := _Waiter())
        try:
            while not waiter.ready.wait(min(0.1, request.deadline.left)):
                request.check()
            if not self.alive:
                raise errors.LinkLost
        except BaseException:
            self._leave(waiter)
            raise
        return waiter.lane

    def _leave(self, waiter: _Waiter) -> None:
        """The caller waits no more; what it was handed meanwhile goes to the next one."""
        with self._free:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                return
        self._hand_over(waiter.lane)

    def _hand_over(self, lane: Lane | None) -> None:
        """A lane that is free now, or None for the place of one that is gone."""
        with self._free:
            if lane is None and self._lanes > self._room:
                self._lanes -= 1
            elif self._waiting:
                waiter = self._waiting.popleft()
                waiter.lane = lane
                waiter.ready.set()
            elif lane is None:
                self._lanes -= 1
            else:
                self._idle.append(lane)

    def _make(self, request: Request, *, who: bool = False) -> Lane | None:
        """A new lane for the place already counted; None when the device has no room for more."""
        try:
            lane = Lane(self.transport, request, who=who)
            self.noise = self.noise or lane.told.noise
            if not lane.told.settled:
                log.warning("SSH connection: language, PATH or TMOUT of the device's shell cannot be set")
            if lane.told.nice < NICE:
                log.info("SSH connection: commands run at full priority, the device's renice does not work")
            return lane
        except BaseException as exc:
            others = self._lanes - 1
            refused = isinstance(exc, errors.ChannelRefused) and others > 0
            if refused:
                self._room = others
            self._hand_over(None)
            if refused:
                return None
            raise

    @contextlib.contextmanager
    def _using(self, lane: Lane) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._retire(lane)
            raise
        if lane.alive:
            self._hand_over(lane)
        else:
            self._retire(lane)

    def _retire(self, lane: Lane) -> None:
        lane.close()
        self._hand_over(None)


def _fits(request: Request, ahead: Sequence[tuple[Request, Frame]]) -> bool:
    """Whether another command may be queued behind these."""
    text = sum(len(each.wire_command) for each, _ in ahead)
    return not ahead or (len(ahead) < PIPELINE and text + len(request.wire_command) < PIPELINE_CHARACTERS)


def _for_all_channels(exc: errors.ShellUnusable) -> bool:
    """Whether another kind of channel would meet the same."""
    return bool(exc.details.get("slow")) or exc.details.get("cause") in IN_THE_WAY


def _close_all(lanes: list[Lane]) -> None:
    for lane in lanes:
        lane.close()
