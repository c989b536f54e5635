"""The soak recorder: samples of minutes to hours, on the laptop, that survive what happens meanwhile.

A recording is a file of JSON lines in its folder, each written as it comes: a head, samples and markers, the
charts as they were known last, an end. A crash of the program or of the laptop costs the line being written.
The rest is a recording that ended early and says so. One at a time.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from utils.clock import new_id, utc_text
from utils.errors import RecordingNotWritable, RecordingRuns, UnknownRecording
from utils.folders import make_private, open_private
from utils.live.recordings.lines import read_line
from utils.live.recordings.whose import named
from utils.live.samples.history import Sample

if TYPE_CHECKING:
    from utils.live.samples.sampler import Sampler

log = logging.getLogger("v3.live")

MOST_LISTED = 50
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-z]{1,32}")


@dataclass
class Recording:
    """What a file holds. ended: "" while it runs; else finished, stopped, device-changed, disk-full,
    interrupted (the program ended). ended_at: as the samples' "at", where it is known."""

    id: str
    started_at: str
    planned_s: float
    device: dict[str, Any] | None = None
    described: dict[str, Any] = field(default_factory=lambda: {"charts": [], "counters": [], "markers": []})
    samples: list[Sample] = field(default_factory=list)
    markers: list[dict[str, Any]] = field(default_factory=list)
    reboots: int = 0
    ended: str = ""
    ended_at: int | None = None


class Recorder:
    """Starts, ends, lists and reads recordings. Every method may be called from any thread."""

    def __init__(self, sampler: Sampler, folder: Path) -> None:
        self._sampler = sampler
        self._folder = folder
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._reading = threading.Lock()
        self._read: WeakValueDictionary[tuple[str, int], Recording] = WeakValueDictionary()
        self._named: dict[str, Mapping[str, Any]] = {}
        self._unsaid = ""  # the one whose end a full disk may have kept out of its file

    def start(self, seconds: float, *, board: str = "", then: Callable[[str], None] | None = None) -> str:
        """Begin a recording and return its id. RecordingRuns while another one runs.

        board: the device id of the only board that it is for; "" for the one that is seen first. then: called
        with its id once it is over, in a thread of its own.
        """
        with self._lock:
            if self._running is not None:
                raise RecordingRuns
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{new_id()[:6].lower()}"
            try:
                make_private(self._folder)
                path = self._folder / f"{name}.jsonl"
                running = _Running(self._sampler, path, name, seconds, self._over, board, then)
            except OSError as exc:
                raise RecordingNotWritable from exc
            self._running = running
        running.start()
        return name

    def stop(self, name: str) -> None:
        """End the running recording before its time; nothing happens to one that is over."""
        with self._lock:
            running = self._running if self._running and self._running.id == name else None
        if running is not None:
            running.end("stopped")

    def _over(self, name: str, why: str) -> None:
        with self._lock:
            self._running = None
            self._unsaid = name if why == "disk-full" else self._unsaid

    @property
    def running(self) -> str:
        """The id of the running one, or ""."""
        with self._lock:
            return self._running.id if self._running else ""

    def names(self) -> list[str]:
        """The ids of all recordings, the newest first."""
        found = [path.stem for path in self._folder.glob("*.jsonl") if _ID.fullmatch(path.stem)]
        return sorted(found, reverse=True)[:MOST_LISTED]

    def boards(self) -> dict[str, Mapping[str, Any]]:
        """The board that each of them names, {} where it names none; the newest first."""
        return {name: self._board(name) for name in self.names()}

    def _board(self, name: str) -> Mapping[str, Any]:
        if name not in self._named:
            with (
                contextlib.suppress(OSError),
                (self._folder / f"{name}.jsonl").open(encoding="utf-8", errors="replace") as file,
            ):
                if board := named(file):  # one that runs may yet name it
                    self._named[name] = board
        return self._named.get(name, {})

    def file(self, name: str) -> bytes:
        """The file of this recording, as it is. UnknownRecording where there is none."""
        try:
            return (self._folder / f"{name}.jsonl").read_bytes() if _ID.fullmatch(name) else b""
        except OSError as exc:
            raise UnknownRecording from exc

    def read(self, name: str) -> Recording:
        """The recording of this id. UnknownRecording where there is none."""
        path = self._folder / f"{name}.jsonl"
        if not _ID.fullmatch(name) or not path.is_file():
            raise UnknownRecording
        with self._reading:  # one at a time: two hours at five a second take hundreds of megabytes
            key = (name, path.stat().st_size)
            found = self._read.get(key)
            if found is None:
                with path.open(encoding="utf-8", errors="replace") as file:
                    found = self._read[key] = parse(file, name)
            if not found.ended and name != self.running:
                found.ended = "disk-full" if name == self._unsaid else "interrupted"
        return found


class _Running:
    """A recording under way: it looks at the sampler like a page does, and writes what comes."""

    def __init__(
        self, sampler: Sampler, path: Path, name: str, seconds: float, over: Any, board: str,
        then: Callable[[str], None] | None,
    ) -> None:  # fmt: skip
        self.id = name
        self._then = then
        self._sampler = sampler
        self._seconds = seconds
        self._over = over
        self._file = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL)
        self._held = contextlib.ExitStack()
        self._lock = threading.RLock()
        self._ended = False
        self._device = board
        self._size = 0
        try:
            self._append({"kind": "head", "started_at": utc_text(), "planned_s": seconds})
        except OSError:
            os.close(self._file)
            path.unlink(missing_ok=True)
            raise

    def start(self) -> None:
        self._held.enter_context(self._sampler.viewer())
        self._held.callback(self._sampler.listen(self._heard))
        self._heard("live", self._sampler.described())
        timer = threading.Timer(self._seconds, self.end, ("finished",))
        timer.daemon = True
        timer.start()
        self._held.callback(timer.cancel)
        with self._lock:
            if self._ended:  # before all of this was held: whoever let go found nothing
                self._held.close()

    def _heard(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "live":
            device = data["device"]
            named = device["device_id"] if device else ""
            key = named if data["state"] == "on" else ""
            if named and self._device and not self._sampler.same_board(self._device, named):
                if key:  # else it is the board before, which nobody sampled since
                    self.end("device-changed")
                return
            self._device = self._device or key
            if not self._device:
                return
        self._write(kind, data)

    def _write(self, kind: str, data: dict[str, Any]) -> None:
        with self._lock:
            if self._ended:
                return
            try:
                self._append({"kind": kind, **data})
            except OSError as exc:
                log.error("The recording cannot be written: %s", exc)
                self.end("disk-full")

    def _append(self, entry: dict[str, Any]) -> None:
        """A whole line or none: a part of one, as a disk that fills up leaves it, would swallow the next."""
        line = (json.dumps(entry, separators=(",", ":")) + "\n").encode()
        left = line
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(line)

    def end(self, why: str) -> None:
        """Once; whoever comes later finds it ended."""
        with self._lock:
            if self._ended:
                return
            with contextlib.suppress(OSError):
                self._append({"kind": "end", "why": why, "at": self._sampler.now_ms()})
                os.fsync(self._file)
            self._ended = True
            os.close(self._file)
        self._over(self.id, why)
        # not from the sampler's own thread, which may be the one that speaks here
        threading.Thread(target=self._let_go, args=(why,), name="v3-recorder", daemon=True).start()

    def _let_go(self, why: str) -> None:
        self._held.close()
        self._sampler.ring.publish("recording", {"id": self.id, "ended": why})
        if self._then is not None:
            self._then(self.id)


def parse(lines: Iterable[str], name: str) -> Recording:
    """A file's lines. One that is torn, foreign or damaged is left out."""
    found = Recording(name, "", 0.0)
    for line in lines:
        data = read_line(line) or {}
        match data.pop("kind", None):
            case "head":
                found.started_at, found.planned_s = data["started_at"], data["planned_s"]
            case "sample":
                found.samples.append(data)
            case "marker":
                found.markers.append(data)
            case "live" if data["device"]:
                before = (found.device or {}).get("boot_id")
                found.reboots += bool(before) and before != data["device"]["boot_id"]
                found.device, found.described = data["device"], data
            case "end":
                found.ended, found.ended_at = data["why"] or "stopped", data.get("at")
    return found
