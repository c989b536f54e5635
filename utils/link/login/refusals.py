"""Refused logins rest: after one none for the same credential for REFUSED_LOGIN_S, on any path.

A device may lock a user out after a few wrong passwords. The memory is the process's, so that new
settings with the same wrong password rest too. Credentials are known by a digest only.
"""

from __future__ import annotations

import hashlib
import time

from utils import errors
from utils.settings import Settings

REFUSED_LOGIN_S = 20.0

_refused: dict[str, float] = {}


class Refusals:
    """What was refused and when, for the credential of one target."""

    def __init__(self, settings: Settings) -> None:
        s = settings
        password = s.ssh_password.get_secret_value() if s.ssh_password else ""
        where = s.target.where
        text = "\0".join((s.ssh_user, where, password, str(s.ssh_key_file), str(s.ssh_use_agent)))
        self._credential = hashlib.sha256(text.encode()).hexdigest()

    def note(self) -> None:
        """The device refused it just now."""
        now = time.monotonic()
        for credential, at in list(_refused.items()):
            if now - at > REFUSED_LOGIN_S:
                _refused.pop(credential, None)
        _refused[self._credential] = now

    def forget(self) -> None:
        """The device took it after all: by another key, or after a refused one."""
        _refused.pop(self._credential, None)

    def respect(self) -> None:
        """AuthenticationFailed while it has to rest."""
        since = time.monotonic() - _refused.get(self._credential, -1e9)
        if since < REFUSED_LOGIN_S:
            wait_s = round(REFUSED_LOGIN_S - since)
            raise errors.AuthenticationFailed(
                f"The device refused this login; it is not tried again for {wait_s} s, so that nobody is "
                "locked out.", retry_after_s=wait_s,
            )  # fmt: skip
