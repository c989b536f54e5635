"""One sampler for all viewers: it runs on the device while somebody looks, and not a moment longer.

The thread opens the sampling command on the link, reads its blocks, measures, keeps and publishes them. When
the link is lost it marks a gap and waits until the link stands again. When another device is there,
everything starts over: two devices in one chart would be a lie.

Events on its feed: "sample" (one of history.py), "live" (charts, state or interval changed), "marker".
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from utils.errors import BadRequest, Cancelled, OutcomeUnknown, V3Error
from utils.events import EventBus
from utils.live.samples.block import Block, ConstantBlock, Cutter, TooMuch
from utils.live.samples.clock import Clock
from utils.live.samples.codes import Gap
from utils.live.samples.history import Marker, SampleHistory
from utils.live.samples.measures import FindDiagnostic, measure
from utils.live.samples.script import sampling
from utils.model.doors import Boards, Running, Streams, Watched
from utils.model.results import Device, LinkState, device_json

log = logging.getLogger("v3.live")

INTERVALS_S = (0.2, 60.0)
GRACE_S = 5.0
"""A page that is reloaded is back by then: the sampler goes on."""
_LOOK_S = 0.25
_RETRY_S = 1.0
_CLOSE_S = 3.0
_PATIENCE_S = 2.0
_OTHERS_MOST = 4  # histories of other boards that stay in memory
_FEED_EVENTS = 600

Listener = Callable[[str, dict[str, Any]], None]


class SamplerDoor(Streams, Watched, Boards, Protocol):
    """What the sampler needs of a door."""


class Sampler:
    """Every method may be called from any thread. judging: limits for the device at hand."""

    def __init__(
        self,
        door: SamplerDoor,
        judging: FindDiagnostic = lambda name: None,
        *,
        grace_s: float = GRACE_S,
        clock: Clock | None = None,
        bay: str = "",
    ) -> None:
        self.now_ms = (clock := clock or Clock()).now_ms
        self._clock = clock
        self.ring = EventBus(max_events=_FEED_EVENTS, bay=bay)
        self._door = door
        self._judging = judging
        self._grace_s = grace_s
        self._lock = threading.RLock()
        self._viewers = 0
        self._closed = False
        self._alone_since = 0.0
        self._thread: threading.Thread | None = None
        self._anew = threading.Event()  # the command must be restarted, or checked again
        self._history = SampleHistory()
        # of boards that were here, with their boot, by id
        self._others: dict[str, tuple[SampleHistory, str]] = {}
        self._device: Device | None = None
        self._before: Block | None = None
        self._before_at = 0.0
        self._revision = time.time_ns() // 1_000_000  # grows over restarts of the program, as a page sees it
        self._state = "off"
        self._why = ""
        self._chosen_s = self._interval_s = 1.0
        self._hurries: list[float] = []
        self._listeners: list[Listener] = []

    @contextmanager
    def viewer(self) -> Iterator[None]:
        """Held for as long as somebody looks."""
        with self._lock:
            self._viewers += 1
            if self._thread is None and not self._closed:
                self._clock.begin(self._history.last_at or 0)
                self._thread = threading.Thread(target=self._run, name="v3-sampler", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._viewers -= 1
                self._alone_since = time.monotonic()
            later = threading.Timer(self._grace_s + 0.05, self._look_again)
            later.daemon = True
            later.start()

    def _look_again(self) -> None:
        if self._alone():
            self._anew.set()

    def _alone(self) -> bool:
        with self._lock:
            alone = self._viewers == 0 and time.monotonic() - self._alone_since >= self._grace_s
            return alone or self._closed

    def close(self) -> None:
        """End sampling for good: the program ends. Waits until it has ended on the device, briefly."""
        with self._lock:
            self._closed, thread = True, self._thread
        self._anew.set()
        if thread is not None:
            thread.join(_CLOSE_S)

    def set_interval(self, seconds: float) -> None:
        """How often to sample; BadRequest outside INTERVALS_S."""
        least, most = INTERVALS_S
        if not least <= seconds <= most:
            raise BadRequest(f"The interval is {least:g} to {most:g} seconds.")
        with self._lock:
            self._chosen_s = float(seconds)
        self._settle()

    @contextmanager
    def hurried(self, interval_s: float) -> Iterator[None]:
        """Samples come at least this often while it is held, and as long as a reload may take.

        Then they come as often as was chosen.
        """
        with self._lock:
            self._hurries.append(interval_s)
        self._settle()
        try:
            yield
        finally:
            later = threading.Timer(self._grace_s, self._calm, (interval_s,))
            later.daemon = True
            later.start()

    def _calm(self, interval_s: float) -> None:
        with self._lock:
            self._hurries.remove(interval_s)
        self._settle()

    def _settle(self) -> None:
        with self._lock:
            interval_s = min([self._chosen_s, *self._hurries])
            if interval_s == self._interval_s:
                return
            self._interval_s = interval_s
        self._anew.set()
        self._tell()

    def mark(self, note: str) -> Marker:
        """Note something at this moment."""
        with self._lock:
            marker = self._history.mark(self.now_ms(), note)
        self._publish("marker", {"id": marker.id, "at": marker.at, "note": marker.note})
        return marker

    def described(self) -> dict[str, Any]:
        """State, device, charts, counters, markers: JSON-ready."""
        with self._lock:
            return {
                "revision": self._revision,
                "state": self._state,
                "why": self._why,
                "interval_s": self._interval_s,
                "device": device_json(self._device) if self._device else None,
                **self._history.described(),
            }

    def newest_counts(self) -> dict[str, int]:
        """Each counter as the device said it last."""
        with self._lock:
            return self._history.newest_counts()

    def samples(self, after: int) -> dict[str, Any]:
        """The kept samples after this number, as columns (see SampleHistory.after)."""
        with self._lock:
            return self._history.after(after)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """listener(kind, data) for each event, from the sampler's thread. Returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    # -- the thread -----------------------------------------------------------------------------------

    def _run(self) -> None:
        with self._door.keep_connected():
            while not self._over():
                try:
                    self._once()
                except Cancelled:
                    pass
                except Exception as exc:
                    if not isinstance(exc, V3Error):
                        log.exception("the sampler failed")
                    broken = isinstance(exc, OutcomeUnknown)
                    self._lost(
                        "The link was lost." if broken else str(exc), Gap.LOST if broken else Gap.TROUBLE
                    )
                    self._anew.wait(_LOOK_S if broken else _RETRY_S)

    def _over(self) -> bool:
        """The last look of a thread that ends; whoever comes after it starts another one."""
        with self._lock:
            if not self._alone():
                return False
            self._thread = None
            why, code = (
                ("The program ended.", Gap.ENDED) if self._closed else ("Nobody looked.", Gap.UNWATCHED)
            )
            self._lost(why, code, state="off")
            return True

    def _once(self) -> None:
        """One run of the command, until it ends or must be restarted (then Cancelled)."""
        self._anew.clear()
        if self._alone():
            return
        status = self._door.status()
        if status.state is not LinkState.CONNECTED:
            self._lost((status.error or {}).get("message") or "The device is not connected.", Gap.LOST)
            self._anew.wait(_LOOK_S)
            return
        with self._door.stream(sampling(self._interval_s), effect="read", cancel=self._anew) as running:
            self._read(running)

    def _read(self, running: Running) -> None:
        cutter, beside, beside_at = Cutter(), "", 0.0
        facts: ConstantBlock | None = None
        before = self._before if self._before_s() < 3 * self._interval_s + 1 else None
        for name, data in running:
            if name == "stderr":
                beside = (data.decode("utf-8", "replace").rstrip("\n").rpartition("\n")[2])[:4000]
                beside_at = time.monotonic()
            else:
                try:
                    blocks = cutter.feed(data)
                except TooMuch:
                    raise V3Error("The device sends no samples but something else.") from None
                for block in blocks:
                    if isinstance(block, ConstantBlock):
                        facts = block
                        before = before if self._meet(block, running) else None
                    elif facts is not None:
                        fresh = time.monotonic() - beside_at < 2 * self._interval_s + 1
                        self._keep(facts, before, block, beside if fresh else "")
                        self._before, self._before_at = block, time.monotonic()
                        before = block
        raise V3Error("Sampling ended on the device.")

    def _before_s(self) -> float:
        return time.monotonic() - self._before_at

    def _meet(self, facts: ConstantBlock, running: Running) -> bool:
        """Whose samples these are, and whether they go on from those before: the same device, the same boot.
        Raises while link and samples do not speak of the same device and boot."""
        device, sampled = self._door.status().device, running.on
        boot = facts.file("/proc/sys/kernel/random/boot_id").strip()
        elsewhere = device is None or (sampled is not None and sampled.key != device.key)
        if device is None or elsewhere or (device.boot_id and boot and device.boot_id != boot):
            raise V3Error("The device is being recognised.")
        with self._lock:
            known, self._device = self._device, device
            if known is not None and not self.same_board(known.device_id, device.device_id):
                self._turn_to(device, known)
            elif known is not None and known.boot_id != device.boot_id:
                self._history.restarted()
                self._history.mark(self.now_ms(), "The device restarted.")
        self._set("on", "")
        self._tell()
        return known is not None and known.boot_id == device.boot_id

    def _turn_to(self, device: Device, before: Device) -> None:
        """Go on with the history that this device has here, or begin one. Call with the lock held."""
        now, words = self.now_ms(), f"before it was {before.label}."
        self._others[before.device_id] = (self._history, before.boot_id)
        here = next((each for each in self._others if self.same_board(each, device.device_id)), None)
        if here is None:
            self._history = SampleHistory()
            self._history.mark(now, f"Another device is here now; {words}")
        else:
            self._history, boot_id = self._others.pop(here)
            self._history.gap(now, "Another device was here.", Gap.UNWATCHED)
            if boot_id != device.boot_id:
                self._history.restarted()
            self._history.mark(now, f"This device is here again; {words}")
        while len(self._others) > _OTHERS_MOST:
            del self._others[next(iter(self._others))]

    def same_board(self, before: str, now: str) -> bool:
        """Whether both are identities of one board: it has another one once its serial number is known."""
        return before == now or before in self._door.ids_of(now)

    def _keep(self, facts: ConstantBlock, before: Block | None, block: Block, beside: str) -> None:
        found = measure(facts, before, block, beside, self._judging)
        now = self.now_ms()
        with self._lock:
            self._note_silence(now)
            sample, more = self._history.add(now, found)
        if more:
            self._tell()
        self._publish("sample", sample)

    def _note_silence(self, now: int) -> None:
        """Where no sample came for long, as while the laptop slept, a line across would be invented."""
        last = self._history.last_at
        silent_s = (now - last) / 1000 if last is not None else 0.0
        if last is not None and silent_s > 3 * self._interval_s + _PATIENCE_S:
            gap = self._history.gap(last + 1, f"No sample came for {silent_s:.0f} s.", Gap.SILENT)
            if gap is not None:
                self._publish("sample", gap)

    def _lost(self, why: str, code: Gap, state: str = "waiting") -> None:
        with self._lock:
            gap = self._history.gap(self.now_ms(), why, code)
            if gap is not None:
                self._publish("sample", gap)
            self._set(state, why)

    def _set(self, state: str, why: str) -> None:
        with self._lock:
            changed = (self._state, self._why) != (state, why)
            self._state, self._why = state, why
        if changed:
            self._tell()

    def _tell(self) -> None:
        with self._lock:
            self._revision += 1
        self._publish("live", self.described())

    def _publish(self, kind: str, data: dict[str, Any]) -> None:
        self.ring.publish(kind, data)
        for listener in list(self._listeners):
            listener(kind, data)
