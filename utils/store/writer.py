"""The one thread that writes, and how long anybody waits for it.

    keeping = writer.add(record)     # waits 0.5 s at most
    keeping.trouble                  # None once it is kept, else why it is not (yet)

Who does not want to wait gives no patience. The writer gives way to an answer that is on its way out: it
begins a moment later.

A disk that hangs holds up the first record for that time and no other. As long as the writer is late, nobody
waits for it. What it writes after all is kept, and its trouble is gone.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

from utils.errors import HistoryFull, HistorySlow, HistoryTrouble
from utils.model.records import Record

log = logging.getLogger(__name__)

PATIENCE_S = 0.5
_WAY_S = 0.002
WAITING = 256
"""Records that may wait for a disk that hangs; beyond that none is taken."""


class Keeping:
    """Whether a record is kept, as it is known now."""

    def __init__(self, trouble: HistoryTrouble | None = None) -> None:
        self.trouble: HistoryTrouble | None = trouble
        self._settled = threading.Event()

    def settle(self, trouble: HistoryTrouble | None) -> None:
        """It is kept, or it never will be."""
        self.trouble = trouble
        self._settled.set()

    def wait(self, seconds: float) -> None:
        """Wait until that is known."""
        self._settled.wait(seconds)


class Writer:
    """Hands records to `write` one after the other. write: raises a HistoryTrouble. end: called after the
    last one."""

    def __init__(self, write: Callable[[Record], None], end: Callable[[], None] = lambda: None) -> None:
        self._write, self._end = write, end
        self._queue: queue.Queue[tuple[Record, Keeping] | None] = queue.Queue(WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._newest: Keeping | None = None
        self._since: float | None = None  # when it took the record that it writes now

    def add(self, record: Record, *, patience_s: float = PATIENCE_S) -> Keeping:
        """Have it written; wait for it as long as the writer is not late."""
        keeping = Keeping(HistorySlow())
        self._start()
        try:
            self._queue.put_nowait((record, keeping))
        except queue.Full:
            keeping.settle(HistoryFull("More records wait for the history than fit."))
            return keeping
        self._newest = keeping
        if patience_s:
            keeping.wait(self.patience_s)
        return keeping

    def catch_up(self) -> None:
        """Wait until all that was added is written, as long as anybody may wait."""
        if self._newest is not None and threading.current_thread() is not self._thread:
            self._newest.wait(self.patience_s)

    @property
    def patience_s(self) -> float:
        """How long anybody may wait now: less the later the writer is."""
        since = self._since
        return max(0.0, PATIENCE_S - (time.monotonic() - since)) if since is not None else PATIENCE_S

    def close(self, patience_s: float = PATIENCE_S) -> None:
        """Let it write what waits, for that long."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                return
            thread.join(patience_s)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="v3-history", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            record, keeping = item
            if self._queue.empty():
                time.sleep(_WAY_S)
            self._since = time.monotonic()
            keeping.settle(self._tried(record))
            self._since = None
        self._end()

    def _tried(self, record: Record) -> HistoryTrouble | None:
        try:
            self._write(record)
        except HistoryTrouble as exc:
            log.error("Not kept in the history: %s", exc)
            return exc
        except Exception:  # a bug of ours must end neither the thread nor a diagnosis
            log.exception("Keeping a record failed inside this program")
            return HistoryTrouble()
        return None
