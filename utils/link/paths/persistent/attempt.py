"""One attempt to get from an address to a connection whose device is known. Decides nothing about retries.

Socket, handshake, host key policy, rest of refused logins, login, then who it is, before anything else
runs there. Each step is told as it is taken, for whoever wants to see where it stops (ladder.py).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable

from utils import errors
from utils.link import identity
from utils.link.login.login import Login
from utils.link.login.question import AskPerson, nobody
from utils.link.login.refusals import Refusals
from utils.link.paths.persistent.connection import Connection
from utils.link.request import Deadline, Request
from utils.link.transport.handshake import connect
from utils.link.transport.transport import SESSION_S, Transport, discard
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.link.trust.key_types import not_seen_yet
from utils.model.rungs import Tell
from utils.settings import Settings

CONNECT_BUDGET_S = 20.0  # TCP 4 + handshake 8 + login 10, cut to what a person waits for
IDENTIFY_S = 8.0
SLOW_START_S = 3.0  # a session that takes longer is told as such


class Attempt:
    """pending_key: the key a person must decide about, when it failed for that. logged_in: whether the
    device accepted the login, whatever came after; fingerprint: of its key then. refused: why a login must
    not be tried; then only the way up to it is taken."""

    def __init__(
        self,
        settings: Settings,
        host_keys: HostKeys,
        refusals: Refusals,
        *,
        tell: Tell,
        ask: AskPerson = nobody,
        refused: errors.V3Error | None = None,
    ) -> None:
        self._settings = settings
        self._where = settings.target.where
        self._host_keys = host_keys
        self._refusals = refusals
        self._tell, self._ask = tell, ask
        self._refused = refused
        self.pending_key: HostKey | None = None
        self.logged_in = False
        self.fingerprint = ""
        self._transport: Transport | None = None
        self._logged_in_at = 0.0

    @property
    def starting(self) -> bool:
        """The login was accepted a while ago, and the device is still at work for the session."""
        if self._transport is None or self._transport.serving.is_set():
            return False
        return time.monotonic() - self._logged_in_at > SLOW_START_S

    def connect(self, on_lost: Callable[[Connection, str], None]) -> Connection:
        """A connection with its device, or one of our errors."""
        transport, key = self._let_in()
        self.logged_in = True
        self._transport, self._logged_in_at = transport, time.monotonic()
        self.fingerprint = key.fingerprint
        transport.spare = lambda deadline: self._another(key, deadline)
        try:
            connection = Connection(transport, key, on_lost)
        except BaseException:
            discard(transport)
            raise
        try:
            self._identify(connection)
        except BaseException:
            connection.close("refused")
            raise
        return connection

    def _let_in(self) -> tuple[Transport, HostKey]:
        """Logged in. An unknown key is believed only when the server has no key of another known type."""
        known = self._host_keys.key_types(self._where)
        first: errors.V3Error | None = None
        pending = None
        while True:
            try:
                return self._connect(known)
            except (errors.HostKeyUnknown, errors.HostKeyChanged) as exc:
                first, pending = first or exc, pending or self.pending_key
                known = not_seen_yet(known, str(exc.details.get("key_type")))
            except errors.V3Error:
                if first is None or self.pending_key is None:  # its key is known: this is about the login
                    raise
                known = []
            if not known:
                self.pending_key = pending
                raise first

    def _connect(self, key_types: list[str]) -> tuple[Transport, HostKey]:
        login = Login(self._settings, tell=self._tell, ask=self._ask, refused=self._refusals.note)
        try:
            found = connect(
                self._settings,
                self._accept,
                login.run,
                Deadline(CONNECT_BUDGET_S),
                tell=self._tell,
                key_types=key_types,
            )
            self._refusals.forget()
        finally:
            self._refusals.done()
        return found

    def _another(self, key: HostKey, deadline: Deadline) -> Transport:
        """One more login, to this very key and to no other."""

        def only_this(shown: HostKey) -> None:
            if shown != key:
                raise errors.DeviceChanged
            self._refusals.respect()

        login = Login(self._settings, refused=self._refusals.note)
        return connect(self._settings, only_this, login.run, deadline, key_types=[key.key_type])[0]

    def _accept(self, key: HostKey) -> None:
        """Return when a login with this host may be tried."""
        known = self._host_keys.describe(key)
        self.pending_key = key
        self._host_keys.check(key, self._where, self._settings.ssh_host_keys)
        self.pending_key = None
        self._tell("host-key", known)
        if self._refused is not None:
            raise copy.copy(self._refused)
        self._refusals.begin()

    def _identify(self, connection: Connection) -> None:
        request = Request("identity", timeout=SESSION_S + IDENTIFY_S, effect="read")
        connection.transport.when_serving.append(lambda: request.allow(IDENTIFY_S))
        try:
            facts = identity.parse(connection.who(request))
        except errors.CommandTimeout as exc:
            raise errors.ShellUnusable(str(exc), hint=exc.hint, **exc.details) from exc
        self._tell("shell", connection.mode)
        try:
            self._host_keys.check_serial(connection.key, self._where, facts.get("serial", ""))
            connection.device = self._host_keys.seen(connection.key, self._where, facts)
        except (errors.HostKeyUnknown, errors.HostKeyChanged):
            self.pending_key = connection.key
            raise
        self._tell("identity", connection.device.label)
