"""Server threads that are held for long: event streams and requests that wait for a run.

Together they never take all threads, so that the page and /healthz always answer at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from utils.errors import Busy


class Slots:
    """At most `streams` event streams, and at most `total` of streams and waiting requests."""

    def __init__(self, *, streams: int, total: int) -> None:
        self._max_streams = streams
        self._total = total
        self._streams = 0
        self._waits = 0
        self._lock = threading.Lock()

    @property
    def streams(self) -> int:
        """Streams open now."""
        with self._lock:
            return self._streams

    def take_stream(self) -> None:
        """Busy when no more streams fit. Give it back by `release_stream`."""
        with self._lock:
            if self._streams >= self._max_streams or self._streams + self._waits >= self._total:
                raise Busy(
                    f"{self._streams} pages are open, which is the maximum.",
                    hint="Close other tabs of this page, or raise V3_MAX_STREAMS.",
                )
            self._streams += 1

    def release_stream(self) -> None:
        """The stream has ended."""
        with self._lock:
            self._streams -= 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """For a request that waits for a run; Busy when too many do."""
        with self._lock:
            if self._streams + self._waits >= self._total:
                raise Busy(
                    "Too many requests are waiting for their result.",
                    hint="Try again in a few seconds.",
                )
            self._waits += 1
        try:
            yield
        finally:
            with self._lock:
                self._waits -= 1
