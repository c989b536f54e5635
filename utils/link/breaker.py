"""After repeated failure of the persistent path: no more waiting for it, it is tried aside."""

from __future__ import annotations

import logging
import threading

from utils import errors
from utils.link.paths.persistent.link import Link
from utils.model.results import LinkState

log = logging.getLogger("v3.ssh")

OPENS_AFTER = 3  # failures of the persistent path in a row
OPEN_S = 60.0


class Breaker:
    """Counts failures in a row; open for OPEN_S, or until the link stands again.

    While open the link is kept connecting in the background. cause: what failed last.
    second_failed: what the other path met last was a fault of that path.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._failures = 0
        self._timer: threading.Timer | None = None
        self.cause: errors.V3Error | None = None
        self.second_failed = False

    @property
    def tripped(self) -> bool:
        """Whether it was opened and nothing has closed it yet."""
        return self._timer is not None

    @property
    def open(self) -> bool:
        """Whether the first path is left out now; closes itself once the link stands again."""
        if self._timer is None:
            return False
        # A link that stands again mends a lost link, but not a fault inside this program. Then the other path
        # goes on answering, if it does.
        ours = isinstance(self.cause, errors.LinkInternal) and not self.second_failed
        mended = not ours and self._connected
        if mended:
            self.reset()
        return not mended

    @property
    def _connected(self) -> bool:
        return self._link.status().state is LinkState.CONNECTED

    def failed(self, exc: Exception) -> None:
        """The persistent path raised something that another path may answer."""
        self._failures += 1
        error = exc if isinstance(exc, errors.V3Error) else errors.LinkInternal(describe_cause(exc))
        self.cause = errors.fresh(error)  # the traceback would keep everything that the call saw
        with self._lock:
            opens = self._failures >= OPENS_AFTER and self._timer is None
            if opens:
                self._timer = threading.Timer(OPEN_S, self.reset)
                self._timer.daemon = True
                self._timer.start()
                self._link.keeper.keep()
        if opens:
            log.warning("SSH connection: the persistent path failed %d times, breaker open", self._failures)

    def reset(self) -> None:
        """Closed again, and counting from nothing."""
        if not self._failures and self._timer is None:
            return
        with self._lock:
            self._failures, self.second_failed = 0, False
            timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
                self._link.keeper.release()


def describe_cause(exc: Exception) -> str:
    """An exception in one line, for the log."""
    return f"[{exc.code}] {exc}" if isinstance(exc, errors.V3Error) else f"{type(exc).__name__}: {exc}"
