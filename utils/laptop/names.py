"""Host names -> addresses, within a bound. The system's resolver may wait for half a minute and knows no end.

One lookup of a name at a time: who asks meanwhile waits for the same one, and where it is over its time
already, gets "the name servers do not answer" at once. So neither threads nor waits pile up.
"""

from __future__ import annotations

import os
import socket
import threading
import time

from utils.model.target import literal

NAME_S = 3.5


class NoNameServer(OSError):
    """The name servers do not answer in time, or cannot be reached."""


class Unknown(OSError):
    """There is no such name."""


class _Lookup:
    """One question to the system's resolver, in a thread of its own."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.since = time.monotonic()
        self.over = threading.Event()
        self.addresses: list[str] = []
        self.error: OSError | None = None
        threading.Thread(target=self._ask, name="v3-resolve", daemon=True).start()

    def _ask(self) -> None:
        try:
            rows = socket.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
            self.addresses = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except (socket.gaierror, UnicodeError) as exc:
            again = isinstance(exc, socket.gaierror) and exc.errno == socket.EAI_AGAIN
            self.error = NoNameServer() if again else Unknown()
        except OSError as exc:
            self.error = NoNameServer(exc.strerror)
        with _lock:
            if self.addresses:
                _known[self.host] = self.addresses[0]
            _asked.pop(self.host, None)
        self.over.set()


_lock = threading.Lock()
_asked: dict[str, _Lookup] = {}
_known: dict[str, str] = {}


def _forget() -> None:
    """After a fork: the threads that ask are the parent's, and so is who holds the lock."""
    global _lock
    _lock = threading.Lock()
    _asked.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def addresses(host: str, timeout_s: float = NAME_S) -> list[str]:
    """All addresses of a host, in the system's order; an address is its own. NoNameServer or Unknown else."""
    if literal(host):
        return [host]
    with _lock:
        lookup = _asked.get(host)
        if lookup is None:
            lookup = _asked[host] = _Lookup(host)
    left_s = min(timeout_s, NAME_S - (time.monotonic() - lookup.since))
    if not lookup.over.wait(max(0.0, left_s)):
        raise NoNameServer
    if lookup.error is not None:
        raise lookup.error
    return lookup.addresses


def remembered(host: str) -> str:
    """The address that a name had when it was looked up last; "" if it never was. Asks nobody."""
    return _known.get(host, "")
