"""Which key the server shows, asked by ssh without any login, and what the policy says about it."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from collections.abc import Callable

from utils import errors
from utils.laptop import child
from utils.link.lanes.frames import MOST
from utils.link.paths.subprocess.arguments import Arguments
from utils.link.paths.subprocess.call import endless_greeting, ssh_error
from utils.link.paths.subprocess.private import Private
from utils.link.paths.subprocess.process import running
from utils.link.request import Deadline, Request
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.settings import HostKeyPolicy, Settings

LEARN_S = 8.0


class ServerKey:
    """shown: the key that was looked at last, which an error about an unknown or changed key is about."""

    def __init__(
        self, settings: Settings, host_keys: HostKeys, arguments: Arguments, private: Callable[[], Private]
    ) -> None:
        self._settings, self._host_keys = settings, host_keys
        self._arguments, self._private = arguments, private
        self.shown: HostKey | None = None

    def learn(self, request: Request) -> HostKey:
        """Ask the server for its key, without any login, and what the policy says about it.

        A key that nobody knows is believed only when the server has no key of another known type.
        Returns the trusted one.
        """
        s = self._settings
        first: errors.V3Error | None = None
        for kind in ("", *self._host_keys.key_types(s.target.where)):
            key = self._look(request, kind, must=first is None)
            if key is None or (first is not None and key == self.shown):
                continue
            self.shown = key if first is None else self.shown
            try:
                self._host_keys.check(key, s.target.where, HostKeyPolicy(s.ssh_host_keys))
            except (errors.HostKeyUnknown, errors.HostKeyChanged) as exc:
                first = first or exc
            else:
                return key
        assert first is not None
        raise first

    def _look(self, request: Request, kind: str, *, must: bool) -> HostKey | None:
        """The key that the server shows when it is asked for this type; None when it has none."""
        request.check()
        seen = self._private().new("seen")
        said, status = self._ask(request, self._arguments.asking_for_key(seen, kind))
        row = seen.read_text(encoding="utf-8").split() if seen.exists() else []
        seen.unlink(missing_ok=True)
        if len(row) >= 3:
            return HostKey(fingerprint(row[2]), row[1], row[2])
        if must:
            raise ssh_error(said, status)
        return None

    def _ask(self, request: Request, argv: list[str]) -> tuple[str, int]:
        """What ssh said on stderr, and its exit status; NotResponding when it does not end by itself."""
        waited = Deadline(LEARN_S)
        with running(argv, child.environment()) as process:
            while True:
                try:
                    _, said = process.communicate(timeout=0.1)
                except subprocess.TimeoutExpired as exc:
                    request.check()
                    if len(exc.stderr or b"") > MOST or len(exc.output or b"") > MOST:
                        raise endless_greeting() from None
                    if waited.passed:
                        raise errors.NotResponding from None
                    continue
                return said.decode(errors="replace"), process.returncode


def fingerprint(key_base64: str) -> str:
    """ "SHA256:…" of a public key's base64 blob."""
    digest = hashlib.sha256(base64.b64decode(key_base64)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
