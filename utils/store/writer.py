"""The one thread that writes, and how long anybody waits for it.

    keeping = writer.add(record)     # waits 0.5 s at most
    keeping.trouble                  # None once it is kept, else why it is not (yet)

Who does not want to wait gives no patience. The writer gives way to runs: it begins once no record came for
a moment, a tenth of a second late at most, and writes what came until then in one transaction. Where somebody
waits it begins at once. A request wakes it once its answer has left.

A disk that hangs holds up the first record for that time and no other. As long as the writer is late, nobody
waits for it. What it writes after all is kept, and its trouble is gone.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence

from utils.errors import HistoryFull, HistorySlow, HistoryTrouble
from utils.later import later
from utils.model.records import Record

log = logging.getLogger(__name__)

PATIENCE_S = 0.5
QUIET_S = 0.02
"""No record for so long: runs back to back are over."""
MOST_S = 0.1
"""So late at most: pages hear of a run once it is written."""
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

    @property
    def settled(self) -> bool:
        """Whether that is known."""
        return self._settled.is_set()

    def wait(self, seconds: float) -> None:
        """Wait until that is known."""
        self._settled.wait(seconds)

    def patiently(self, seconds: float) -> HistoryTrouble | None:
        """Its trouble, for who can wait that long until a slow disk has it."""
        if self.trouble is not None:
            self.wait(seconds)
        return self.trouble


_ToWrite = tuple[Record, Keeping]


class Writer:
    """Hands records to `write`, in their order. write: takes them whole or raises a HistoryTrouble. end:
    called after the last one."""

    def __init__(
        self, write: Callable[[Sequence[Record]], None], end: Callable[[], None] = lambda: None
    ) -> None:
        self._write, self._end = write, end
        self._waiting: list[_ToWrite] = []
        self._changed = threading.Condition()
        self._due = math.inf  # when it begins to write what waits; 0 until then where somebody waits for it
        self._ended = False
        self._asleep = False  # until somebody wakes it
        self._thread: threading.Thread | None = None
        self._newest: Keeping | None = None
        self._since: float | None = None  # when it took the records that it writes now

    def add(self, record: Record, *, patience_s: float = PATIENCE_S, more_s: float = QUIET_S) -> Keeping:
        """Have it written; wait for it as long as the writer is not late. more_s: how long to look for more
        to write with it; the first one of all waits for none, since it opens the database."""
        keeping = Keeping(HistorySlow())
        with self._changed:
            if patience_s or self._thread is None:
                more_s = 0
            self._start()
            if len(self._waiting) >= WAITING:
                keeping.settle(HistoryFull("More records wait for the history than fit."))
                return keeping
            self._waiting.append((record, keeping))
            self._newest = keeping
            due = (time.monotonic() + more_s) if self._due and more_s else 0
            wake = self._asleep or due < self._due  # else it wakes in time by itself
            self._due = due
        if patience_s:
            self._wake()
            keeping.wait(self.patience_s)
        elif wake:
            later(self._wake)
        return keeping

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def hurry(self) -> None:
        """Write what waits at once: somebody waits for it."""
        with self._changed:
            self._due = 0 if self._waiting else self._due
            self._changed.notify()

    def catch_up(self) -> None:
        """Wait until all that was added is written, as long as anybody may wait."""
        if self._newest is not None and threading.current_thread() is not self._thread:
            self.hurry()
            self._newest.wait(self.patience_s)

    @property
    def patience_s(self) -> float:
        """How long anybody may wait now: less the later the writer is."""
        since = self._since
        return max(0.0, PATIENCE_S - (time.monotonic() - since)) if since is not None else PATIENCE_S

    def close(self, patience_s: float = PATIENCE_S) -> None:
        """Let it write what waits, for that long."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._ended = True
            self._changed.notify()
        if thread is not None:
            thread.join(patience_s)

    def _start(self) -> None:
        if self._thread is None:
            self._ended = False
            self._thread = threading.Thread(target=self._work, name="v3-history", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while batch := self._taken():
            self._since = time.monotonic()
            self._settle(batch)
            self._since = None
        self._end()

    def _taken(self) -> list[_ToWrite]:
        """What is to be written now; nothing at the end."""
        with self._changed:
            self._asleep = True
            self._changed.wait_for(lambda: self._waiting or self._ended)
            self._asleep = False
            latest = time.monotonic() + MOST_S
            while not self._ended and (left := min(latest, self._due) - time.monotonic()) > 0:
                self._changed.wait(left)
            self._due = math.inf
            batch, self._waiting = self._waiting, []
            return batch

    def _settle(self, batch: Sequence[_ToWrite]) -> None:
        trouble = self._tried([record for record, _ in batch])
        if trouble is not None and len(batch) > 1:  # what is wrong with one is no other's
            for each in batch:
                self._settle([each])
            return
        if trouble is not None:
            log.error("Not kept in the history: %s", trouble)
        for _, keeping in batch:
            keeping.settle(trouble)

    def _tried(self, records: Sequence[Record]) -> HistoryTrouble | None:
        try:
            self._write(records)
        except HistoryTrouble as exc:
            return exc
        except Exception:  # a bug of ours must end neither the thread nor a diagnosis
            log.exception("Keeping a record failed inside this program")
            return HistoryTrouble()
        return None
