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
    thread; with True when it was lost, with False when nobody used it for HOLD_S.
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
        self._doubted = False
        self._gone_at = 0.0
        self.look_again: Callable[[], bool] = lambda: False
        self.on_end: Callable[[bool], None] = lambda lost: None

    @property
    def now(self) -> Standing | None:
        """Who answers, if the connection to it is there."""
        return self._now if self._now is not None and self._up() else None

    @property
    def standing(self) -> Standing | None:
        """Who answered last, whether the connection is there or not."""
        return self._now

    @property
    def gone(self) -> bool:
        """Whether it has just ended, and the watcher has not told yet."""
        return self._now is not None and not self._up()

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
            self.rested, self._used_at, self._gone_at = None, time.monotonic(), 0.0
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
            self.shared = True

    def gone_for(self, device_key: str) -> None:
        """Another key answered in its place: this device does not stand here any more."""
        standing = self._now
        if standing is not None and standing.device_key == device_key:
            self.forget()

    def after_fork(self) -> None:
        """The parent's connection is not ours: nobody stands yet."""
        self._lock, self._now, self._in_use = threading.Lock(), None, 0

    def failed(self) -> None:
        """A call lost its connection: where none is shared, that is all there is to tell of it."""
        if not self.shared and self._now is not None:
            self._end(lost=True)

    def look(self) -> bool:
        """For the watcher: whether to go on looking."""
        if self._now is None:
            return False
        cut = self._cable_out()
        if self._up() and not cut:
            return True
        idle_s = time.monotonic() - self._used_at if self._in_use == 0 else 0.0
        if self.shared and idle_s < _AT_ONCE_S and not cut:
            self._doubted = True
            threading.Thread(target=self._doubt, name="v3-ssh-look", daemon=True).start()
            return True
        self._end(lost=idle_s < (_NEARLY_S if self.shared else UNSHARED_S - 3.0))
        return False

    def _doubt(self) -> None:
        """It ended with its last channel: lost just then, or by a server that ends each so? The next one
        tells."""
        again = self.look_again() and not self._outlives_its_channels()
        if again:
            self.shared = False
        self._doubted = False
        if not again and self._now is not None:
            self._end(lost=True)

    def _outlives_its_channels(self) -> bool:
        """Whether the shared connection is still there a moment after its last channel."""
        until = time.monotonic() + _SETTLE_S
        while self._now is not None and self._in_use > 0 and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(_AT_ONCE_S / 4)
        return bool(self._holds())

    def _end(self, *, lost: bool) -> None:
        with self._lock:
            self.rested, self._now = (None if lost else self._now), None
        threading.Thread(target=self.on_end, args=(lost,), name="v3-ssh-end", daemon=True).start()

    def _up(self) -> bool:
        holds = self._doubted or self._holds()
        if holds is None:
            return self._in_use > 0 or time.monotonic() - self._used_at < UNSHARED_S
        if holds:
            self._gone_at = 0.0
            return True
        self._gone_at = self._gone_at or time.monotonic()
        return time.monotonic() - self._gone_at < _GRACE_S  # the watcher finds out what it means
