"""Who answered the system's ssh, for as long as that login stands. Sends nothing.

Each channel of the second path says first what device it is on (identity.py), before anything of a command
leaves. The first answer settles it; the shared connection's socket, which ssh removes with the connection,
says how long it holds. Some servers (tinyssh) end a connection with its only channel. Then connections are
not shared, and an answer holds for UNSHARED_S.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from utils import errors
from utils.link import identity
from utils.link.request import Request
from utils.link.trust.host_keys import HostKey, HostKeys
from utils.link.watcher import WATCHER
from utils.model.results import Device, called

HOLD_S = 60  # ControlPersist: so long a connection outlives its last use
UNSHARED_S = 30
FRESH_S = 8.0
_NEARLY_S = HOLD_S - 3.0
_AT_ONCE_S = 2.0
_SETTLE_S = 5.0
_GRACE_S = 0.6


@dataclass(frozen=True)
class Standing:
    """A device behind a key, from one login on. since: ISO 8601 UTC."""

    key: HostKey
    device: Device
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def device_key(self) -> str:
        """What tells this device from another, as Connection.device_key says it."""
        return device_key(self.key, self.device.serial)

    def called(self, device_id: str, nickname: str) -> Standing:
        """The same, with the nickname if the device has this identity."""
        return replace(self, device=called(self.device, device_id, nickname))


def device_key(key: HostKey, serial: str) -> str:
    """Host key and serial number: boards made from one image share the first."""
    return f"{key.fingerprint} {serial}".strip()


class Standings:
    """The one that stands now, if any. Thread-safe.

    holds: whether the shared connection is there; None where there is none to look at.
    cable_out: whether the way to the device has lost its carrier. on_end: called when it ends, from any
    thread: it was lost (take_loss), or nobody used it for HOLD_S.
    """

    def __init__(
        self,
        host_keys: HostKeys,
        address: str,
        *,
        holds: Callable[[], bool | None],
        cable_out: Callable[[], bool],
    ) -> None:
        self._host_keys, self._address = host_keys, address
        self._holds, self._cable_out = holds, cable_out
        self._lock = threading.Lock()
        self._now: Standing | None = None
        self._in_use = 0
        self._used_at = 0.0
        self.logins = 0
        self.rested: Standing | None = None
        self.last: Standing | None = None
        self.shared = True
        self._doubted = self._lost = False
        self._held_at = 0.0  # when the shared connection was last seen
        self._gone_at = 0.0  # since when it is not
        self.look_again: Callable[[], bool] = lambda: False
        self.on_end: Callable[[], None] = lambda: None

    @property
    def now(self) -> Standing | None:
        """Who answers, until the watcher has found out that nobody does."""
        return self._now

    def take_loss(self) -> bool:
        """Whether it was lost. Told once: who comes first deals with it."""
        with self._lock:
            lost, self._lost = self._lost, False
        return lost

    @property
    def fresh(self) -> bool:
        """Whether the device answered over it so lately that nobody has to ask."""
        fresh_s = FRESH_S if self.shared else UNSHARED_S / 2
        return self.now is not None and time.monotonic() - self._used_at < fresh_s

    def settle(self, request: Request, key: HostKey, who: str) -> Standing:
        """Check an answer behind this key.

        DeviceChanged: the request is meant for another device. HostKeyChanged: the answer's serial number is
        known under another key. An unbound request is bound to it.
        """
        facts = identity.parse(who)
        found = device_key(key, facts["serial"])
        if request.device not in (None, found):
            self.forget()
            raise errors.DeviceChanged(expected=request.device, found=found)
        with self._lock:
            before = self._now
            same = before is not None and (before.device_key, before.device.boot_id) == (
                found, facts["boot_id"],
            )  # fmt: skip
            if before is None or not same:
                self._host_keys.check_serial(key, self._address, facts["serial"])
                self._now = Standing(key, self._host_keys.seen(key, self._address, facts))
                self.logins += 1
            now = self.last = self._now
            assert now is not None
            self.rested, self._lost = None, False
            self._used_at, self._gone_at = time.monotonic(), 0.0
        request.device = found
        if before is None:
            WATCHER.add(self)
        return now

    def renamed(self, device_id: str, nickname: str) -> None:
        """People call this board so from now on."""
        with self._lock:
            self._now = self._now and self._now.called(device_id, nickname)
            self.last = self.last and self.last.called(device_id, nickname)

    def use(self) -> None:
        """A call goes over it, until done()."""
        with self._lock:
            self._in_use += 1

    def done(self) -> None:
        with self._lock:
            self._in_use -= 1
            self._used_at = time.monotonic()

    def forget(self) -> None:
        """It is another device, or a person wants to begin again."""
        with self._lock:
            self._now = self.rested = None
            self.shared, self._lost = True, False

    def gone_for(self, device_key: str) -> None:
        """Another key answered in its place: this device does not stand here any more."""
        standing = self._now
        if standing is not None and standing.device_key == device_key:
            self.forget()

    def after_fork(self) -> None:
        """The parent's connection is not ours: nobody stands yet."""
        self._lock, self._now, self._in_use = threading.Lock(), None, 0
        self._doubted = False  # whoever looked again is in the parent

    def failed(self) -> None:
        """A call lost its connection: where none is shared, that is all there is to tell of it."""
        if not self.shared and self._now is not None:
            self._end(lost=True)

    def look(self) -> bool:
        """For the watcher: whether to go on looking. It may come late, also by much."""
        if self._now is None:
            return False
        cut = self._cable_out()
        if self._up() and not cut:
            return True
        rested = self._idle_s >= (_NEARLY_S if self.shared else UNSHARED_S - 3.0)
        if self.shared and not (rested or cut or self._outlived_its_channels):
            self._doubted = True
            threading.Thread(target=self._doubt, name="v3-ssh-look", daemon=True).start()
            return True
        self._end(lost=not rested)
        return False

    def _doubt(self) -> None:
        """It ended with its last channel: lost just then, or by a server that ends each so? The next one
        tells."""
        before = self._now
        lost = not self.look_again() and self._now is before
        outlives = None if lost else self._outlives_its_channels()
        if self._now is not None:
            if lost or outlives:
                self._end(lost=True)
            elif outlives is False:
                self.shared = False
        self._doubted = False

    def _outlives_its_channels(self) -> bool | None:
        """Whether the shared connection is still there a moment after its last channel. None: somebody goes
        on using it."""
        until = time.monotonic() + _SETTLE_S
        while (holds := self._sees()) and not self._outlived_its_channels and time.monotonic() < until:
            time.sleep(0.05)
        return (self._outlived_its_channels or None) if holds else False

    @property
    def _outlived_its_channels(self) -> bool:
        """Whether the shared connection was seen without any channel: then its server does not end it so."""
        return self._in_use == 0 and self._held_at - self._used_at > _AT_ONCE_S

    @property
    def _idle_s(self) -> float:
        return time.monotonic() - self._used_at if self._in_use == 0 else 0.0

    def _end(self, *, lost: bool) -> None:
        with self._lock:
            self.rested, self._now, self._lost = (None if lost else self._now), None, lost
        threading.Thread(target=self.on_end, name="v3-ssh-end", daemon=True).start()

    def _up(self) -> bool:
        holds = self._doubted or self._sees()
        if holds is None:
            return self._idle_s < UNSHARED_S
        if holds:
            self._gone_at = 0.0
            return True
        self._gone_at = self._gone_at or time.monotonic()
        return time.monotonic() - self._gone_at < _GRACE_S  # a call that comes now may make it again

    def _sees(self) -> bool | None:
        """Whether the shared connection is there, and noted when it was."""
        now, holds = time.monotonic(), self._holds()
        if holds:
            self._held_at = now
        return holds
