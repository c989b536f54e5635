"""The logs that are followed: one Follow for each source and device, shared by all who look at it.

Nothing is asked of the device here but what there is to choose from, and that only when somebody asks.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from utils.errors import Busy, UnknownLog
from utils.judging.guard import LOG, bounded
from utils.live.logs.source import CHOICES, Source
from utils.model.doors import Commands, Streams, Watched

if TYPE_CHECKING:
    from utils.live.logs.follow import Follow

GRACE_S = 10.0  # how long a follow goes on when nobody looks: a page that is reloaded comes back
MAX_RUNNING = 6
"""Different logs at once: each holds a session of the device, which takes ten."""
MAX_IDLE = 3  # kept with their lines after the last viewer left
_UNIT_LINE = re.compile(r"^[\s●*]*+(\S+\.service)\s++(\S++)\s++(\S++)\s++(\S++)\s*(.*)$")
_BOOT_LINE = re.compile(r"^\s*(-?\d{1,4})\s+[0-9a-f]{32}\s+(.+?)(?:—|--|\s{2,}|$)(.*)$")


NormalShapes = Callable[[str], frozenset[str]]
"""A device id -> the shapes of messages that a person called normal for that board."""


class LogsDoor(Commands, Streams, Watched, Protocol):
    """What logs need of a door."""


class Logs:
    """Opens and finds follows. Every method may be called from any thread."""

    def __init__(
        self,
        door: LogsDoor,
        *,
        grace_s: float = GRACE_S,
        bay: str = "",
        normal: NormalShapes = lambda _: frozenset(),
    ) -> None:
        self._door = door
        self._bay = bay
        self._normal = normal
        self._grace_s = grace_s
        self._follows: dict[str, Follow] = {}
        self._lock = threading.Lock()

    def open(self, source: Source) -> Follow:
        """The follow of this log on the device that is plugged in: the one there is, or a new one.

        It begins with its first viewer. Busy when too many others have viewers; BadRequest.
        """
        from utils.live.logs.follow import (
            Follow,  # with a hundred patterns: not before somebody follows a log
        )

        source.validate()
        here = self._device_now()
        with self._lock:
            for follow in self._follows.values():
                if follow.source == source and _goes_on(follow, here):
                    follow.touched = time.monotonic()
                    return follow
            self._forget_idle()
            running = [follow for follow in self._follows.values() if follow.running]
            leaving = [each for each in running if not each.viewers]
            for follow in leaving[: max(0, len(running) - MAX_RUNNING + 1)]:
                follow.leave()
            if sum(follow.viewers > 0 for follow in running) >= MAX_RUNNING:
                raise Busy(
                    f"{MAX_RUNNING} logs are followed already.", hint="Close one of the pages that do."
                )
            made = Follow(source, self._door, grace_s=self._grace_s, bay=self._bay, normal=self._normal)
            self._follows[made.id] = made
            return made

    def get(self, log_id: str) -> Follow:
        """The follow of this id; UnknownLog."""
        with self._lock:
            follow = self._follows.get(log_id)
        if follow is None:
            raise UnknownLog
        return follow

    def all(self) -> list[Follow]:
        """All that are remembered, oldest first."""
        with self._lock:
            return list(self._follows.values())

    def choices(self) -> dict[str, Any]:
        """What the device has to choose from. Asks it; raises V3Error."""
        answer = self._door.run(CHOICES, timeout=20.0, effect="read", max_output_bytes=1 << 20)
        return parse_choices(answer.stdout)

    def close(self) -> None:
        """Stop all of them, all at once."""
        for follow in self.all():
            follow.stop()
        for follow in self.all():
            follow.close()

    def _device_now(self) -> str:
        device = self._door.status().device
        return f"{device.fingerprint} {device.serial}".strip() if device else ""

    def _forget_idle(self) -> None:
        """Call with the lock held."""
        idle = [f for f in self._follows.values() if not f.viewers and not f.running]
        idle.sort(key=lambda follow: follow.touched)
        for follow in idle[: max(0, len(idle) - MAX_IDLE)]:
            del self._follows[follow.id]


def _goes_on(follow: Follow, here: str) -> bool:
    """Whether who asks for this log now means this follow."""
    if follow.state == "ended" and follow.retry:
        return False
    return not (here and follow.device and follow.device != here)


def parse_choices(text: str) -> dict[str, Any]:
    """units: name, state, title. boots: offset and time. files: paths. Whatever the text is."""
    part = ""
    units: list[dict[str, str]] = []
    boots: list[dict[str, Any]] = []
    files: list[str] = []
    for line in bounded(text, LOG)[0].splitlines():
        if line.startswith("== "):
            part = line[3:]
        elif part == "units" and (unit := _UNIT_LINE.match(line)):
            units.append({"name": unit[1][:255], "state": unit[4][:40], "title": unit[5][:200]})
        elif part == "boots" and (boot := _BOOT_LINE.match(line)):
            boots.append({"boot": int(boot[1]), "time": boot[2].strip()[:60]})
        elif part == "files" and line.startswith("/"):
            files.append(line[:1000])
    return {"units": units[:1000], "boots": [b for b in boots if b["boot"] <= 0][-100:], "files": files[:200]}
