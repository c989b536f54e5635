"""Who is plugged in: the known devices, and what to do about a host key (docs/design.md has the table).

Devices are known by key and serial number, never by address: every one of them sits at the same
address. The file is ours alone (known_devices.py); the user's known_hosts is never read or written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from utils.errors import HostKeyChanged, HostKeyUnknown, UnknownDevice
from utils.link.trust.known_devices import KnownDevice, KnownDevices, current_id, identified
from utils.model.device_id import plausible_serial
from utils.model.results import Device
from utils.settings import HostKeyPolicy


@dataclass(frozen=True)
class HostKey:
    """The key a server proved to hold. fingerprint: "SHA256:…"."""

    fingerprint: str
    key_type: str
    base64: str


AcceptHostKey = Callable[[HostKey], None]
"""Returns if the key is trusted, raises HostKeyUnknown or HostKeyChanged if not."""


class HostKeys:
    """The store and the policy.

    usb_serial: the serial number that the board at our USB port shows now. It says which key to expect, more
    surely than the address: that is the same for all boards.
    """

    def __init__(self, data_dir: Path, usb_serial: Callable[[], str] = lambda: "") -> None:
        self._store = KnownDevices(data_dir)
        self._usb_serial = usb_serial

    # -- the policy ---------------------------------------------------------------------------

    def check(self, key: HostKey, address: str, policy: HostKeyPolicy) -> None:
        """Return when the key may be logged in to; HostKeyUnknown or HostKeyChanged otherwise."""
        known, on_usb = self.all(), self._usb_serial()
        if plausible_serial(on_usb):
            self._check_by_usb(key, address, policy, on_usb)
            return
        here = [each for each in known if _is_at(each, address, key)]
        if policy is HostKeyPolicy.STRICT:
            if any(each.fingerprint == key.fingerprint for each in here):
                return
            if here:
                raise _changed(key, address, _latest(here))
            raise _unknown(key, address, None, strict=True)
        if any(each.fingerprint == key.fingerprint for each in known):
            return
        if policy is HostKeyPolicy.TRUST_NEW:
            self.trust(key, address)
            return
        raise _unknown(key, address, _latest(here))

    def _check_by_usb(self, key: HostKey, address: str, policy: HostKeyPolicy, on_usb: str) -> None:
        """The same where the USB serial number tells which board it is: what else was here says nothing."""
        known = self.all()
        expected = [each for each in known if each.shown_on_usb == on_usb]
        if any(each.fingerprint == key.fingerprint for each in expected):
            return
        if expected:
            raise _changed(key, address, _latest(expected), serial=on_usb)
        if any(each.fingerprint == key.fingerprint for each in known):  # a clone, or its serial is new to us
            return
        if policy is not HostKeyPolicy.TRUST_NEW:
            raise _unknown(key, address, None, strict=policy is HostKeyPolicy.STRICT)
        self.trust(key, address)

    def describe(self, key: HostKey) -> str:
        """The key in words, and whose it is if it is known."""
        text = f"{key.key_type} {key.fingerprint}"
        mine = next((k for k in self.all() if k.fingerprint == key.fingerprint), None)
        if mine is None:
            return f"new: {text}"
        called = mine.nickname or mine.hostname or mine.model
        name = " · ".join(part for part in (called, mine.serial[-8:]) if part)
        return f"known{f' as {name}' if name else ''}: {text}"

    def board(self, key: HostKey) -> str:
        """What tells a board from another before its login: its key, and the serial number that USB shows."""
        return f"{key.fingerprint} {self._usb_serial()}".strip()

    def check_serial(self, key: HostKey, address: str, serial: str) -> None:
        """Raise HostKeyChanged when this serial number is known under another key.

        Raises HostKeyUnknown when USB shows another number and nobody has agreed to that.
        """
        if not plausible_serial(serial):
            return
        known, on_usb = self.all(), self._usb_serial()
        if plausible_serial(on_usb) and on_usb != serial:
            mine = (each for each in known if each.fingerprint == key.fingerprint)
            if not any(each.usb_serial == on_usb for each in mine):
                raise _mismatch(key, address, serial, on_usb)
        if any(each.fingerprint == key.fingerprint and each.shared_serial for each in known):
            return
        others = [k for k in known if k.serial == serial and k.fingerprint != key.fingerprint]
        if others:
            raise _changed(key, address, _latest(others), serial=serial)

    # -- the store ----------------------------------------------------------------------------

    def all(self) -> list[KnownDevice]:
        """Every known device, from disk each time: another program may have added one. BadRequest."""
        return self._store.all()

    def current_id(self, some_id: str) -> str:
        """The present identity of the board that has or had this one."""
        return current_id(self.all(), some_id)

    def ids(self, some_id: str) -> tuple[str, ...]:
        """All identities of the board that has or had this one, its present one first; itself alone where
        nobody has."""
        known = self.all()
        present = current_id(known, some_id)
        taken = {row.id for row in known}  # of boards that share a key: one's earlier identity, one's present
        before = (alias for row in known if row.id == present for alias in row.aliases)
        return tuple(dict.fromkeys((present, *(alias for alias in before if alias not in taken))))

    def devices(self) -> list[Device]:
        """Every device that was ever trusted, newest first."""
        return [
            Device(
                k.fingerprint,
                k.key_type,
                k.serial,
                k.model,
                k.hostname,
                "",
                k.release,
                k.first_seen,
                k.last_seen,
                k.id,
                k.nickname,
            )
            for k in sorted(self.all(), key=lambda each: each.last_seen, reverse=True)
        ]

    def trust(self, key: HostKey, address: str, *, serial: str = "", replaces: str = "") -> None:
        """Remember the key. replaces: the fingerprint a reflashed device had before, now forgotten.

        With a serial number and nothing replaced, it is a second device of that serial number. A known key is
        trusted at this address too. Other boards of either key stay as they are.
        """
        now, on_usb = _now(), self._usb_serial() if plausible_serial(self._usb_serial()) else ""
        with self._store.changing() as known:
            mine = [k for k in known if k.fingerprint == key.fingerprint and not _another(k, key, on_usb)]
            if mine and not serial and not replaces:
                here = [replace(k, address=address, usb_serial=on_usb or k.usb_serial) for k in mine]
                known[:] = [*(k for k in known if k not in mine), *here]
                return
            before = _reflashed(known, replaces, serial or on_usb)
            gone = [k for k in mine if k.serial == serial or not plausible_serial(k.serial)]
            known[:] = [k for k in known if k is not before and k not in gone]
            known.append(
                KnownDevice(
                    key.fingerprint,
                    key.key_type,
                    key.base64,
                    address,
                    first_seen=before.first_seen if before else now,
                    last_seen=now,
                    serial=serial or (before.serial if before else ""),
                    model=before.model if before else "",
                    shared_serial=bool(serial and not replaces),
                    id=before.id if before else "",
                    aliases=before.aliases if before else (),
                    usb_serial=on_usb,
                    nickname=before.nickname if before else "",
                )
            )

    def name(self, some_id: str, nickname: str) -> str:
        """Give a trusted board a nickname, "" for none. Its present identity; UnknownDevice."""
        present = self._known(some_id)
        with self._store.changing() as known:
            known[:] = [replace(row, nickname=nickname) if row.id == present else row for row in known]
        return present

    def forget(self, some_id: str) -> str:
        """Trust this board no longer. Another board of the same key stays. Its identity; UnknownDevice."""
        present = self._known(some_id)
        with self._store.changing() as known:
            known[:] = [row for row in known if row.id != present]
        return present

    def _known(self, some_id: str) -> str:
        known = self.all()
        present = current_id(known, some_id)
        if not any(row.id == present for row in known):
            raise UnknownDevice(
                "This laptop does not trust this board (any more).",
                hint="Plug it in and trust it; then it can have a nickname.",
            )
        return present

    def seen(self, key: HostKey, address: str, facts: dict[str, str]) -> Device:
        """Note what is behind a trusted key now, and return it as a device.

        HostKeyUnknown: a person forgot the board since its key was looked at.
        """
        now, serial = _now(), facts.get("serial", "")
        with self._store.changing() as known:
            if not any(row.fingerprint == key.fingerprint for row in known):
                raise _unknown(key, address, None)
            old = _behind(key, serial, known)
            if old is None:
                old = KnownDevice(key.fingerprint, key.key_type, key.base64, first_seen=now)
                known.append(old)
            on_usb = self._usb_serial()
            new = replace(
                old, address=address, last_seen=now, serial=serial or old.serial,
                usb_serial=on_usb if plausible_serial(on_usb) else old.usb_serial,
                model=facts.get("model") or old.model, hostname=facts.get("hostname") or old.hostname,
                release=facts.get("release") or old.release,
            )  # fmt: skip
            place = known.index(old)
            known[place] = new
            new = identified(known)[place]
        return Device(
            key.fingerprint, key.key_type, serial, new.model, new.hostname, facts.get("boot_id", ""),
            new.release, new.first_seen, old.last_seen or now, new.id, new.nickname,
        )  # fmt: skip

    def key_types(self, address: str) -> list[str]:
        """Types of the known keys, best first: last seen at this address, then last seen anywhere."""
        rows = sorted(self.all(), key=lambda k: (k.address == address, k.last_seen), reverse=True)
        return list(dict.fromkeys(row.key_type for row in rows))

    def known_hosts(self, alias: str, only: str | None = None) -> str:
        """Trusted keys in OpenSSH's known_hosts form, under one alias; only: this fingerprint alone."""
        rows = [k for k in self.all() if only is None or k.fingerprint == only]
        lines = dict.fromkeys(f"{alias} {row.key_type} {row.key}\n" for row in rows)  # boards may share a key
        return "".join(lines)


def _behind(key: HostKey, serial: str, known: list[KnownDevice]) -> KnownDevice | None:
    """The row of the board behind this key: one key with two serial numbers is two boards."""
    mine = [row for row in known if row.fingerprint == key.fingerprint]
    told = plausible_serial(serial)
    for row in mine:
        if row.serial == serial if told else not plausible_serial(row.serial):
            return row
    if told:
        return next((row for row in mine if not plausible_serial(row.serial)), None)
    return mine[0] if len(mine) == 1 else None


def _reflashed(known: list[KnownDevice], replaces: str, serial: str) -> KnownDevice | None:
    """The board that had this fingerprint. Boards of one image share it: then its serial number tells. None
    where nothing tells; once the login shows the serial number, a person is asked again.
    """
    fits = [
        row
        for row in known
        if replaces
        and row.fingerprint == replaces
        and (not serial or serial in (row.serial, row.shown_on_usb))
    ]
    return fits[0] if len(fits) == 1 else None


def _another(known: KnownDevice, key: HostKey, on_usb: str) -> bool:
    """Whether this row is another board of the same key: USB shows another serial number now."""
    other = on_usb and known.shown_on_usb not in ("", on_usb)
    return bool(other) and known.fingerprint == key.fingerprint


def _is_at(known: KnownDevice, address: str, key: HostKey) -> bool:
    """Whether an entry counts at this address: "host%interface:port", or "host:port" without an interface.

    Where one of both names no interface (entries of before), the key itself decides. Every board has the same
    address, so the address says nothing about another board's key.
    """
    if known.address == address:
        return True
    one_without = ("%" in known.address) != ("%" in address)
    same_place = _without_interface(known.address) == _without_interface(address)
    return one_without and same_place and known.fingerprint == key.fingerprint


def _without_interface(address: str) -> str:
    return re.sub(r"%[^:]*(?=:\d+$)", "", address)


def _latest(known: list[KnownDevice]) -> KnownDevice | None:
    return max(known, key=lambda each: each.last_seen, default=None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _unknown(
    key: HostKey, address: str, previous: KnownDevice | None, *, strict: bool = False
) -> HostKeyUnknown:
    hint = "SSH_HOST_KEYS=strict refuses it; trust it by its fingerprint first." if strict else ""
    return HostKeyUnknown(
        f"A device that was not seen before is at {address}. Its key is {key.fingerprint}. "
        "No password was sent.",
        hint=hint,
        fingerprint=key.fingerprint,
        key_type=key.key_type,
        address=address,
        previous=previous.fingerprint if previous else "",
        previous_name=(previous.nickname or previous.hostname) if previous else "",
    )


def _mismatch(key: HostKey, address: str, serial: str, on_usb: str) -> HostKeyUnknown:
    return HostKeyUnknown(
        f"The device at {address} says that its serial number is {serial}, but USB shows {on_usb}. "
        "Nothing was run.",
        hint="Is the board that you mean at this port? Trust it if it shows another number on USB.",
        fingerprint=key.fingerprint, key_type=key.key_type, address=address, previous="", previous_name="",
    )  # fmt: skip


def _changed(key: HostKey, address: str, expected: KnownDevice | None, serial: str = "") -> HostKeyChanged:
    assert expected is not None
    what = f"serial number {serial}" if serial else f"the device at {address}"
    return HostKeyChanged(
        f"{what[0].upper()}{what[1:]} is known by the key {expected.fingerprint}, but now shows "
        f"{key.fingerprint}. Nothing was run.",
        fingerprint=key.fingerprint,
        expected=expected.fingerprint,
        key_type=key.key_type,
        address=address,
        serial=serial,
    )
