"""The history's face: keep a record, look records up. Every method may be called from any thread.

    history.keep(record).trouble          # None, or why it is not kept; waits 0.5 s at most
    history.hand_in(record)               # the same without waiting; history.after(…, say) says it then
    history.look().checkup("7f3a…")       # None where there is none; HistoryTrouble where nobody can tell

Importing this file loads no database: that happens beside the first page (`prepare`) or at first use.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from utils.clock import utc_text
from utils.errors import HistoryTrouble
from utils.model.records import Record
from utils.store.telling import Teller
from utils.store.writer import PATIENCE_S, QUIET_S, Keeping, Writer

if TYPE_CHECKING:
    from utils.store.archive import Archive
    from utils.store.exchange import Exchange

log = logging.getLogger(__name__)
_KEPT_S = 2 * 365 * 86400
NOWHERE = Path()
"""A database in memory: what is looked up in it is not there."""


def _years_before(newest: str) -> str:
    """As long before the newest check-up as one is kept: a clock that was set far ahead removes nothing."""
    try:
        moment = datetime.fromisoformat(newest) - timedelta(seconds=_KEPT_S)
    except (ValueError, OverflowError):  # there is none
        return ""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class History:
    """Of a file, or of the PostgreSQL database at an address; without either nothing is kept or found."""

    def __init__(self, where: str | Path | None) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._archive: Archive | None = None
        self._writer = Writer(lambda records: self._opened().write(records), end=self._fold)
        self._teller = Teller()

    @property
    def keeps(self) -> bool:
        """Whether it has anywhere to keep anything."""
        return self._where is not None

    def prepare(self) -> None:
        """Load and open it, so that the first record need not wait for that.

        Settle what a killed program left, and remove what is too old.
        """
        if self.keeps:
            try:
                self.look().settle()
                self.look().tidy(oldest=min(utc_text(_KEPT_S), _years_before(self.look().newest())))
            except HistoryTrouble as exc:
                log.error("%s %s", exc, exc.hint)

    def keep(self, record: Record) -> Keeping:
        """Write the record; waits 0.5 s at most."""
        return self._writer.add(record) if self.keeps else Keeping()

    def hand_in(self, record: Record, *, more_s: float = QUIET_S) -> Keeping:
        """Write the record without waiting for it. more_s: how long to look for more to write with it."""
        return self._writer.add(record, patience_s=0, more_s=more_s) if self.keeps else Keeping()

    def after(
        self, keeping: Keeping, say: Callable[[], None], then: Callable[[], None] = lambda: None
    ) -> None:
        """Say this once the record is kept or cannot be, 0.5 s later at most; in the order of the calls.

        then: said once after all that can be said at that moment.
        """
        if self.keeps:
            self._teller.after(keeping, self._writer.patience_s, say, then)
        else:
            say()
            then()

    def catch_up(self) -> None:
        """Wait, 0.5 s at most, until all that was handed in has been said."""
        self._writer.hurry()
        self._teller.catch_up(PATIENCE_S)

    def look(self) -> Archive:
        """What is kept, with all that was handed in so far; its methods raise HistoryTrouble."""
        self._writer.catch_up()
        return self._opened()

    def _opened(self) -> Archive:
        with self._lock:
            if self._archive is None:
                from utils.store.archive import Archive  # SQLAlchemy takes a third of a second to load

                self._archive = Archive(self._where or NOWHERE)
            return self._archive

    def exchange(self) -> Exchange:
        """What goes to a hub and comes from stations; its methods raise HistoryTrouble."""
        from utils.store.exchange import Exchange

        return Exchange(self._opened())

    def _fold(self) -> None:
        with self._lock:
            archive = self._archive
        if archive is not None:
            archive.database.fold()

    def close(self, patience_s: float = PATIENCE_S) -> None:
        """Write what waits, for that long, and let go of the database."""
        self._writer.close(patience_s)
        with self._lock:
            if self._archive is not None:
                self._archive.database.close()
