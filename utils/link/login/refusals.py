"""Refused logins rest: after one none for the same credential for REFUSED_LOGIN_S, on any path.

A device may lock a user out after a few wrong passwords. Many boards on a bench share one password. So a
password that no board has taken yet is tried on one board at a time. A password that one board refused goes
to the next board only when a person agrees. The memory is the process's, so that new settings with the same
wrong password rest too. Credentials are known by a digest only.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, field

from utils import errors
from utils.settings import Settings

REFUSED_LOGIN_S = 20.0
FIRST_S = 5.0  # how long a login waits for the first one with a password that no board has taken yet

_refused: dict[str, float] = {}


@dataclass
class _Password:
    """One password on one bench. Places are addresses with their USB port or interface.

    refused_at: where it was refused last; taken_at, agreed_at: where it may be tried all the same. trying:
    where it is tried at the moment.
    """

    refused_at: str = ""
    trying: str = ""
    taken_at: set[str] = field(default_factory=set)
    agreed_at: set[str] = field(default_factory=set)


_passwords: dict[str, _Password] = {}
_changed = threading.Condition()


class Refusals:
    """What was refused and when, for the credential of one target."""

    def __init__(self, settings: Settings) -> None:
        s = settings
        password = s.ssh_password.get_secret_value() if s.ssh_password else ""
        self._where = s.target.where
        key = (str(s.ssh_key_file), str(s.ssh_use_agent))
        self._credential = _digest(s.ssh_user, self._where, password, *key)
        bench = _digest(str(s.v3_data_dir), s.ssh_user, password, *key)
        self._password = _passwords.setdefault(bench, _Password()) if password else _Password()

    def begin(self) -> None:
        """A login is to be tried now, until done(). AuthenticationFailed while it must not be."""
        self.respect()
        mine = self._password
        with _changed:
            if not mine.taken_at:
                _changed.wait_for(lambda: mine.trying in ("", self._where) or mine.taken_at, FIRST_S)
                mine.trying = self._where
        self.respect()

    def done(self) -> None:
        """The login is over, however it ended."""
        with _changed:
            if self._password.trying == self._where:
                self._password.trying = ""
            _changed.notify_all()

    def note(self) -> None:
        """The device refused it just now."""
        now = time.monotonic()
        for credential, at in list(_refused.items()):
            if now - at > REFUSED_LOGIN_S:
                _refused.pop(credential, None)
        _refused[self._credential] = now
        with _changed:
            self._password.refused_at = self._where
            self._password.taken_at.discard(self._where)

    def forget(self) -> None:
        """The device took it after all: by another key, or after a refused one."""
        _refused.pop(self._credential, None)
        with _changed:
            if self._password.refused_at == self._where:
                self._password.refused_at = ""
            self._password.taken_at.add(self._where)

    def agree(self) -> None:
        """A person wants it tried here, whatever another board said to it."""
        with _changed:
            self._password.agreed_at.add(self._where)

    def respect(self) -> None:
        """AuthenticationFailed while it has to rest."""
        since = time.monotonic() - _refused.get(self._credential, -1e9)
        if since < REFUSED_LOGIN_S:
            wait_s = round(REFUSED_LOGIN_S - since)
            raise errors.AuthenticationFailed(
                f"The device refused this login; it is not tried again for {wait_s} s, so that nobody is "
                "locked out.", retry_after_s=wait_s,
            )  # fmt: skip
        mine = self._password
        if mine.refused_at in ("", self._where) or self._where in mine.taken_at | mine.agreed_at:
            return
        raise errors.AuthenticationFailed(
            f"The board at {mine.refused_at} refused this password, so it was not sent to this one.",
            hint="“Reconnect” tries it here all the same; or give this board a password of its own.",
            refused_at=mine.refused_at,
        )


def new_bench() -> None:
    """Start over with other boards: what one of them said to a password counts for none of these."""
    with _changed:
        _passwords.clear()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
