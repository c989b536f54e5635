"""The lines of one followed log that the laptop keeps: numbered, bounded, waited for. Knows no device."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from utils.judging.kernel_line import NONE, Recognition

MAX_LINES = 100_000
MAX_BYTES = 64 << 20
_LINE_BYTES = 250  # what a line takes beside its text


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log, or (`mark` is not "") a word of ours between them.

    seq: its number, 0 until it is kept. time_ms: since 1970 by the device's clock, of a mark by the
    laptop's; None where the log does not say. sign: the known message that it is, or that it is an error
    which nobody here knows. mark: lost, back, gap, skipped, turned, device, end or trouble.
    """

    text: str
    time_ms: int | None = None
    priority: int | None = None
    unit: str = ""
    sign: Recognition = NONE
    mark: str = ""
    seq: int = 0

    def as_json(self, normal: Collection[str] = ()) -> dict[str, Any]:
        """As the API gives it. normal: shapes of messages that are normal for the board."""
        sign = self.sign.for_board(normal)
        return {
            "seq": self.seq,
            "time_ms": self.time_ms,
            "priority": self.priority,
            "unit": self.unit,
            "text": self.text,
            "signature": _signature(sign) if sign.kind else None,
            "mark": self.mark or None,
        }

    @property
    def size(self) -> int:
        """About how many bytes it takes, here and on the wire."""
        return _LINE_BYTES + len(self.text)


def _signature(sign: Recognition) -> dict[str, str]:
    return {"id": sign.id, "kind": sign.kind, "severity": sign.severity}


class LogLines:
    """The newest lines. Every method may be called from any thread."""

    def __init__(self, *, max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES) -> None:
        self._max_lines, self._max_bytes = max_lines, max_bytes
        self._kept: deque[LogLine] = deque()
        self._bytes = 0
        self._last = 0
        self._changed = threading.Condition()
        self._closed = False

    @property
    def last_seq(self) -> int:
        """Number of the newest line; 0 before the first."""
        return self._last

    @property
    def first_seq(self) -> int:
        """Number of the oldest line that is kept; last_seq + 1 when there is none."""
        with self._changed:
            return self._kept[0].seq if self._kept else self._last + 1

    def add(self, lines: Iterable[LogLine]) -> None:
        """Number and keep them."""
        with self._changed:
            for line in lines:
                self._last += 1
                self._kept.append(replace(line, seq=self._last))
                self._bytes += line.size
            while len(self._kept) > 1 and (
                len(self._kept) > self._max_lines or self._bytes > self._max_bytes
            ):
                self._bytes -= self._kept.popleft().size
            self._changed.notify_all()

    def after(self, seq: int, *, limit: int, max_bytes: int) -> list[LogLine]:
        """The oldest lines behind this number, as many as fit; one at least, if there is any."""
        with self._changed:
            return self._after(seq, limit, max_bytes)

    def newest(self, limit: int) -> int:
        """The number behind which the newest `limit` lines stand."""
        return max(self.first_seq - 1, self._last - limit)

    def wait_after(self, seq: int, timeout: float, *, limit: int, max_bytes: int) -> list[LogLine]:
        """As after(), waiting for the first one. Empty when none came, or after close()."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._last > seq, timeout)
            return self._after(seq, limit, max_bytes)

    def close(self) -> None:
        """Wake who waits, for good."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _after(self, seq: int, limit: int, max_bytes: int) -> list[LogLine]:
        if not self._kept or seq >= self._last:
            return []
        start = max(0, seq + 1 - self._kept[0].seq)
        found: list[LogLine] = []
        size = 0
        for line in self._from(start, limit):
            size += line.size
            if found and size > max_bytes:
                break
            found.append(line)
        return found

    def _from(self, start: int, limit: int) -> Iterable[LogLine]:
        """From the nearer end of the deque: reading what came last costs nothing, however much is kept."""
        if 2 * start < len(self._kept):
            return islice(self._kept, start, start + limit)
        behind = list(islice(reversed(self._kept), len(self._kept) - start))
        return behind[::-1][:limit]
