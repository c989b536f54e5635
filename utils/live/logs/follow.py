"""One log that is followed on one device, for all who look at it. See logs.py for who gets which.

A thread reads the device's stream and keeps its lines; another publishes them, in batches that a page can
take. It runs while somebody looks, and a few seconds longer, for a page that is being reloaded. After a link
loss it goes on where it was as soon as the link is back. It says whether anything is missing. It never
connects by itself and never goes on with another device.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from utils.clock import new_id
from utils.errors import Cancelled, CommandTimeout, DeviceChanged, OutcomeUnknown, V3Error
from utils.events import EventBus
from utils.live.logs.intake import Intake, words_of
from utils.live.logs.lines import LogLine, LogLines
from utils.live.logs.source import Position, Source
from utils.model.doors import Streams, Watched
from utils.model.results import LinkState, error_facts

log = logging.getLogger(__name__)

BATCH_BYTES = 200 << 10
BATCH_LINES = 2000
PER_SECOND = 20
_RETRY_S = (1.0, 2.0, 4.0, 8.0, 15.0)
_LOOK_S = 0.5


class FollowDoor(Streams, Watched, Protocol):
    """What a follow needs of a door."""


class Follow:
    """state: waiting (for the link or for a viewer), following, ended (see `note`: there will be no more)."""

    def __init__(
        self,
        source: Source,
        door: FollowDoor,
        *,
        grace_s: float,
        bay: str = "",
        normal: Callable[[str], frozenset[str]] = lambda _: frozenset(),
    ) -> None:
        self.id = new_id()
        self.source = source
        self.ring = EventBus(max_events=200, max_bytes=8 << 20, bay=bay)
        self.lines = LogLines()
        self.state, self.note = "waiting", ""
        self._revision = 0  # which of two states is the newer one
        self.error: dict[str, object] | None = None
        self.device_label = ""
        self.device_id: str | None = None
        self.device: str | None = None  # as the door calls it, once it was begun on one
        self.facts: dict[str, Any] = {"read_by": "", "root": False, "zone": "", "clock_ahead_s": 0.0}
        self.touched = time.monotonic()
        self.retry = False  # it ended for a reason that may be gone
        self._door, self._grace_s, self._normal = door, grace_s, normal
        self._position = Position()
        self._lock = threading.RLock()
        self._viewers = 0
        self._run: _Run | None = None
        self._leaving: threading.Timer | None = None

    # -- who looks

    @property
    def viewers(self) -> int:
        """How many look at the moment."""
        return self._viewers

    @property
    def running(self) -> bool:
        """Whether it reads, or will as soon as the link stands."""
        run = self._run
        return run is not None and run.alive

    @contextlib.contextmanager
    def viewer(self) -> Iterator[None]:
        """Held for as long as one page looks. The first one starts it, the last one's end stops it."""
        with self._lock:
            self._viewers += 1
            if self._leaving is not None:
                self._leaving.cancel()
                self._leaving = None
            if self.state != "ended" and (self._run is None or self._run.stopping):
                self._run = _Run(self, self._run)
        try:
            yield
        finally:
            with self._lock:
                self._viewers -= 1
                self.touched = time.monotonic()
                if not self._viewers and self._run is not None:
                    self._leaving = threading.Timer(self._grace_s, self.leave)
                    self._leaving.daemon = True
                    self._leaving.start()

    def leave(self) -> None:
        """Stop it now unless somebody looks: nobody came back in time, or its place is needed."""
        with self._lock:
            if not self._viewers and self._run is not None:
                self._run.stop()

    def stop(self) -> None:
        """Stop it, whoever looks; returns at once."""
        with self._lock:
            if self._leaving is not None:
                self._leaving.cancel()
            if self._run is not None:
                self._run.stop()

    def close(self) -> None:
        """Stop it for good; returns once nothing of it runs on the device (or after 5 s)."""
        self.stop()
        if self._run is not None:
            self._run.join(5.0)
        self.lines.close()

    # -- what it tells

    def as_json(self) -> dict[str, Any]:
        """As the API gives it, without its lines."""
        with self._lock:
            return self._as_json()

    def _as_json(self) -> dict[str, Any]:
        source = self.source
        return {
            "id": self.id,
            "title": source.title(),
            "source": source.kind,
            "unit": source.unit,
            "priority": source.priority,
            "boot": source.boot,
            "path": source.path,
            "state": self.state,
            "revision": self._revision,
            "note": self.note,
            "error": self.error,
            "device": self.device_label or None,
            "device_id": self.device_id,
            "viewers": self._viewers,
            "first_seq": self.lines.first_seq,
            "last_seq": self.lines.last_seq,
            **self.facts,
        }

    def normal(self) -> frozenset[str]:
        """The shapes of messages that are normal for the board of this log, as of now."""
        return self._normal(self.device_id) if self.device_id else frozenset()

    def tell(self, state: str, note: str = "", error: V3Error | None = None, **facts: Any) -> None:
        """Its state, from now on."""
        with self._lock:
            self.state, self.note, self.error = state, note, error_facts(error) if error else None
            self.facts.update(facts)
            self._revision += 1
            self.ring.publish("log-state", self.as_json())

    def mark(self, mark: str, text: str) -> None:
        """A word of ours among the lines."""
        self.lines.add([LogLine(text, int(time.time() * 1000), mark=mark)])

    def end(self, mark: str, text: str, *, retry: bool = False, error: V3Error | None = None) -> None:
        """There will be no more lines."""
        self.retry = retry
        self.mark(mark, text)
        self.tell("ended", text, error)


class _Run:
    """The follow's two threads, from the first viewer to the last one's end."""

    def __init__(self, follow: Follow, before: _Run | None) -> None:
        self._follow = follow
        self._before = before
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._over = False
        self._lost_at: float | None = None
        self._failures = 0
        self._reader = threading.Thread(target=self._work, name=f"v3-log-{follow.id[:6]}", daemon=True)
        self._teller = threading.Thread(
            target=self._publish, name=f"v3-log-tell-{follow.id[:6]}", daemon=True
        )
        self._told, self._normal = follow.lines.last_seq, follow.normal()
        self._reader.start()
        self._teller.start()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop, or has."""
        return self._stop.is_set() or self._over

    @property
    def alive(self) -> bool:
        return self._reader.is_alive()

    def stop(self) -> None:
        """End it; returns at once."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout_s: float) -> None:
        self._reader.join(timeout_s)

    # -- publishing

    def _publish(self) -> None:
        lines = self._follow.lines
        while True:
            batch = lines.wait_after(self._told, 1.0, limit=BATCH_LINES, max_bytes=BATCH_BYTES)
            normal = self._follow.normal()
            if normal != self._normal:
                self._normal = normal
                self._follow.ring.publish("log-normal", {"id": self._follow.id})
            if batch:
                self._told = batch[-1].seq
                data = {"id": self._follow.id, "lines": [line.as_json(normal) for line in batch]}
                self._follow.ring.publish("log-lines", data)
                time.sleep(1 / PER_SECOND)
            elif self._over:
                return

    # -- reading

    def _work(self) -> None:
        unsubscribe = self._follow._door.on_change(lambda status: self._wake.set())
        try:
            if self._before is not None:
                self._before.join(10.0)
                self._before = None
            while not self._stop.is_set() and self._follow.state != "ended":
                if self._linked():
                    self._guarded()
        finally:
            unsubscribe()
            self._over = True
            if self._follow.state == "following":
                self._follow.tell("waiting", "Nobody looks.")

    def _linked(self) -> bool:
        """Wait until the link stands. False when it was stopped meanwhile."""
        follow = self._follow
        while not self._stop.is_set():
            self._wake.clear()
            status = follow._door.status()
            if status.state is LinkState.CONNECTED:
                return True
            if follow.state == "following" or not follow.note:
                follow.tell("waiting", "Waiting for the link to the device.")
            self._wake.wait(_LOOK_S)
        return False

    def _guarded(self) -> None:
        """One intake, to its end, whatever ends it."""
        follow = self._follow
        intake = Intake(follow, follow._position, lost_at=self._lost_at)
        try:
            self._read(intake)
        except Cancelled:
            pass
        except DeviceChanged as exc:
            text = f"Another device is plugged in now. This was the log of {follow.device_label}."
            follow.end("device", text, retry=True, error=exc)
        except CommandTimeout:  # a day has passed
            pass
        except V3Error as exc:
            self._lost(intake, exc)
        except Exception:
            log.exception("Following a log failed inside this program")
            follow.end(
                "trouble", "Following failed inside this program. app.log has the details.", retry=True
            )
        else:
            self._ended(intake)
        finally:
            intake.close()
            follow._position = intake.position

    def _read(self, intake: Intake) -> None:
        follow = self._follow
        with follow._door.stream(
            intake.command, effect="read", cancel=self._stop, device=follow.device
        ) as running:
            if follow.device is None:
                follow.device = running.device
                follow.device_label = running.on.label if running.on else "a device"
                follow.device_id = running.on.device_id if running.on else None
            for name, data in running:
                intake.feed(name, data)
                if intake.begun:
                    self._lost_at, self._failures = None, 0

    def _lost(self, intake: Intake, error: V3Error) -> None:
        """The link broke, or the stream could not be had: try again when it stands."""
        follow = self._follow
        if intake.begun:
            self._lost_at = time.time()
            follow.mark("lost", "The link to the device was lost.")
        known = error if not isinstance(error, OutcomeUnknown) else None  # nothing ran but a reader
        follow.tell("waiting", "Waiting for the link to the device.", known)
        self._pause()

    def _ended(self, intake: Intake) -> None:
        """The command on the device ended by itself."""
        follow = self._follow
        if intake.refusal:
            text, hint = words_of(intake.refusal, follow.source)
            follow.end("trouble", f"{text} {hint}", retry=True)
        elif follow.source.ends:
            said = intake.said or "This is the end of the log of that boot."
            if "persistent journal" in said or "No such boot" in said:
                said = " ".join(words_of("no-journal", follow.source))
            follow.end("trouble" if intake.said else "end", said, retry=bool(intake.said))
        elif not self._stop.is_set():
            if not intake.begun or intake.said:
                follow.tell(
                    "waiting", intake.said or "The log's command ended on the device; it is tried again."
                )
            self._pause()

    def _pause(self) -> None:
        """Longer and longer, until something was read again."""
        self._wake.clear()
        wait_s = _RETRY_S[min(self._failures, len(_RETRY_S) - 1)]
        self._failures += 1
        self._stop.wait(wait_s if self._failures > 1 else 0.2)
