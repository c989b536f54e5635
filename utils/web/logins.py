"""The password and token in force: logins, failed attempts, the kept API token. No Flask here.

Passwords and tokens are compared in constant time. Logins live in memory, end after 12 hours and
with the process; only a hash of their name is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from utils.errors import ConfigError, TooManyAttempts
from utils.folders import make_private, open_private

LOGIN_S = 12 * 3600
_MAX_LOGINS = 500
_WINDOW_S = 60.0
_PER_ADDRESS = 5  # failures a minute from one address
_ALTOGETHER = 30  # and from all addresses
_MAX_ADDRESSES = 1000
Found = TypeVar("Found")


def same(given: str, expected: str) -> bool:
    """Whether they are equal, in a time that tells nothing."""
    return hmac.compare_digest(_digest(given), _digest(expected))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class Logins:
    """Who is logged in."""

    def __init__(self, lifetime_s: float = LOGIN_S) -> None:
        self.lifetime_s = lifetime_s
        self._ends: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def begin(self) -> str:
        """A new login's name, for the cookie."""
        name = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            self._ends = {key: ends for key, ends in self._ends.items() if ends > now}
            while len(self._ends) >= _MAX_LOGINS:
                del self._ends[next(iter(self._ends))]
            self._ends[_digest(name)] = now + self.lifetime_s
        return name

    def valid(self, name: str) -> bool:
        """Whether this login exists and has not ended."""
        with self._lock:
            return bool(name) and self._ends.get(_digest(name), 0.0) > time.monotonic()

    def end(self, name: str) -> None:
        """Log out."""
        with self._lock:
            self._ends.pop(_digest(name), None)


class Attempts:
    """Limits wrong passwords and tokens: an address, a name, and altogether."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[float]] = {}
        self._all: deque[float] = deque(maxlen=_ALTOGETHER)
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """TooManyAttempts while this address, or all together, failed too often in the last minute."""
        with self._lock:
            self._check(address)

    def right(self, address: str, given: str, expected: str) -> bool:
        """Compare one guess, and count a wrong one. TooManyAttempts: nobody looked at this guess.

        Comparing and counting are one step, so that guesses that come at once are not looked at for free.
        """
        return bool(self.looked((address,), lambda: same(given, expected)))

    def looked(self, sources: Sequence[str], look: Callable[[], Found]) -> Found:
        """The same for any guess: look answers what is found. sources: the address, the name."""
        with self._lock:
            for source in sources:
                self._check(source)
            found = look()
            if not found:
                for source in sources:
                    self._count(source)
                self._all.append(time.monotonic())
            return found

    def _count(self, source: str) -> None:
        if source not in self._failures and len(self._failures) >= _MAX_ADDRESSES:
            del self._failures[next(iter(self._failures))]
        self._failures.setdefault(source, deque(maxlen=_PER_ADDRESS)).append(time.monotonic())

    def _check(self, address: str) -> None:
        now = time.monotonic()
        for failures, limit in (
            (self._failures.get(address, deque()), _PER_ADDRESS),
            (self._all, _ALTOGETHER),
        ):
            recent = [moment for moment in failures if now - moment < _WINDOW_S]
            if len(recent) >= limit:
                raise TooManyAttempts(retry_after_s=max(1, round(_WINDOW_S - (now - recent[0]))))


def kept_token(folder: Path) -> str:
    """The API token in the data folder, made at the first call; readable by its owner only."""
    path = folder / "token"
    try:
        make_private(folder)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(32) + "\n")
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise ConfigError(
            f"The API token cannot be kept in {path}: {reason}.",
            hint="Set V3_DATA_DIR to a folder that this user can write to.",
        ) from exc
    if len(token) < 16:
        raise ConfigError(f"{path} does not hold a token.", hint="Delete the file; a new one is made.")
    return token


def _write_once(path: Path, text: str) -> None:
    """Another process may do the same at once: whole file or none, and the first one stays."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = open_private(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # the other process was first
        except OSError:  # a file system without hard links
            os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
