"""Who is plugged in: the known devices, and what to do about a host key (docs/design.md has the table).

Devices are known by key and serial number, never by address: every one of them sits at the same
address. The file is ours alone (known_devices.json in the data folder, 0600, replaced atomically,
locked between processes); the user's known_hosts is never read or written.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from utils.errors import BadRequest, ConfigError, HostKeyChanged, HostKeyUnknown
from utils.result import Device
from utils.settings import HostKeyPolicy


@dataclass(frozen=True)
class HostKey:
    """The key a server proved to hold. fingerprint: "SHA256:…"."""

    fingerprint: str
    key_type: str
    base64: str


AcceptHostKey = Callable[[HostKey], None]
"""Returns if the key is trusted, raises HostKeyUnknown or HostKeyChanged if not."""


@dataclass(frozen=True)
class Known:
    """A trusted key and what was last seen behind it. shared_serial: another board has its number too."""

    fingerprint: str
    key_type: str
    key: str
    address: str = ""
    serial: str = ""
    model: str = ""
    hostname: str = ""
    release: str = ""
    first_seen: str = ""
    last_seen: str = ""
    shared_serial: bool = False


class HostKeys:
    """The store and the policy."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "known_devices.json"

    # -- the policy ---------------------------------------------------------------------------

    def check(self, key: HostKey, address: str, policy: HostKeyPolicy) -> None:
        """Returns when the key may be logged in to; HostKeyUnknown or HostKeyChanged otherwise."""
        known = self.all()
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

    def describe(self, key: HostKey) -> str:
        """The key in words, and whose it is if it is known."""
        text = f"{key.key_type} {key.fingerprint}"
        mine = next((k for k in self.all() if k.fingerprint == key.fingerprint), None)
        if mine is None:
            return f"new: {text}"
        name = " · ".join(part for part in (mine.hostname or mine.model, mine.serial[-8:]) if part)
        return f"known{f' as {name}' if name else ''}: {text}"

    def check_serial(self, key: HostKey, address: str, serial: str) -> None:
        """HostKeyChanged when this serial number is known under another key."""
        if not plausible_serial(serial):
            return
        known = {each.fingerprint: each for each in self.all()}
        mine = known.get(key.fingerprint)
        if mine is not None and mine.shared_serial:
            return
        others = [k for k in known.values() if k.serial == serial and k.fingerprint != key.fingerprint]
        if others:
            raise _changed(key, address, _latest(others), serial=serial)

    # -- the store ----------------------------------------------------------------------------

    def all(self) -> list[Known]:
        """Every known device, from disk each time: another process may have added one."""
        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))["devices"]
            return [_well_formed(Known(**row)) for row in rows]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
            raise BadRequest(
                f"The list of known devices cannot be read: {self._path}",
                hint="Move the file away; each device is then asked about once more.",
            ) from exc

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
            )
            for k in sorted(self.all(), key=lambda each: each.last_seen, reverse=True)
        ]

    def trust(self, key: HostKey, address: str, *, serial: str = "", replaces: str = "") -> None:
        """Remembers the key. replaces: the fingerprint a reflashed device had before, now forgotten.

        With a serial number and nothing replaced, it is a second device of that serial number.
        """
        now = _now()
        with self._changing() as known:
            known[:] = [k for k in known if k.fingerprint not in (key.fingerprint, replaces)]
            known.append(
                Known(
                    key.fingerprint,
                    key.key_type,
                    key.base64,
                    address,
                    first_seen=now,
                    last_seen=now,
                    serial=serial,
                    shared_serial=bool(serial and not replaces),
                )
            )

    def seen(self, key: HostKey, address: str, facts: dict[str, str]) -> Device:
        """Notes what is behind a trusted key now, and returns it as a device."""
        now = _now()
        with self._changing() as known:
            old = next((k for k in known if k.fingerprint == key.fingerprint), None)
            if old is None:
                old = Known(key.fingerprint, key.key_type, key.base64, first_seen=now)
                known.append(old)
            serial = facts.get("serial", "")
            new = replace(
                old, address=address, last_seen=now, serial=serial or old.serial,
                model=facts.get("model") or old.model, hostname=facts.get("hostname") or old.hostname,
                release=facts.get("release") or old.release,
            )  # fmt: skip
            known[known.index(old)] = new
        return Device(
            key.fingerprint, key.key_type, serial, new.model, new.hostname, facts.get("boot_id", ""),
            new.release, new.first_seen, old.last_seen or now,
        )  # fmt: skip

    def key_types(self, address: str) -> list[str]:
        """Types of the known keys, best first: last seen at this address, then last seen anywhere."""
        rows = sorted(self.all(), key=lambda k: (k.address == address, k.last_seen), reverse=True)
        return list(dict.fromkeys(row.key_type for row in rows))

    def known_hosts(self, alias: str, only: str | None = None) -> str:
        """Trusted keys in OpenSSH's known_hosts form, under one alias; only: this fingerprint alone."""
        rows = [k for k in self.all() if only is None or k.fingerprint == only]
        return "".join(f"{alias} {row.key_type} {row.key}\n" for row in rows)

    @contextlib.contextmanager
    def _changing(self) -> Iterator[list[Known]]:
        with _writable(self._path), _locked(self._path.with_suffix(".lock")):
            known = self.all()
            yield known
            for draft in self._path.parent.glob(f"{self._path.name}*.new"):
                draft.unlink(missing_ok=True)  # of a program that was killed: nobody else writes now
            write_atomically(
                self._path, json.dumps({"version": 1, "devices": [asdict(k) for k in known]}, indent=1)
            )


def _is_at(known: Known, address: str, key: HostKey) -> bool:
    """Whether an entry counts at this address: "host%interface:port", or "host:port" without an interface.

    Where one of both names no interface (entries of before), the key itself decides: every board has the
    same address, so it says nothing about another board's key.
    """
    if known.address == address:
        return True
    one_without = ("%" in known.address) != ("%" in address)
    same_place = _without_interface(known.address) == _without_interface(address)
    return one_without and same_place and known.fingerprint == key.fingerprint


def _without_interface(address: str) -> str:
    return re.sub(r"%[^:]*(?=:\d+$)", "", address)


def _well_formed(known: Known) -> Known:
    """ValueError when a field is of another type, or would not stay on its line of a known_hosts file."""
    values = asdict(known)
    if type(values.pop("shared_serial")) is not bool or not all(isinstance(v, str) for v in values.values()):
        raise ValueError("a field has a wrong type")
    if not re.fullmatch(r"[A-Za-z0-9@.-]+ [A-Za-z0-9+/=]+", f"{known.key_type} {known.key}"):
        raise ValueError("the key is none")
    return known


def plausible_serial(serial: str) -> bool:
    """A serial number that can tell boards apart; boards without one say 0 or nothing."""
    return len(serial) >= 4 and serial.strip("0") != "" and "no-serial" not in serial.lower()


def write_atomically(path: Path, text: str) -> None:
    """The whole new text or the whole old one, also after a crash; readable by the owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


@contextlib.contextmanager
def _writable(path: Path) -> Iterator[None]:
    """Makes the folder; ConfigError when something in it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        yield
    except OSError as exc:
        raise ConfigError(
            f"The list of known devices cannot be written: {path}: {exc.strerror}.",
            hint="Make V3_DATA_DIR a folder that can be written, with room on its disk.",
        ) from exc


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a+b") as file:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _latest(known: list[Known]) -> Known | None:
    return max(known, key=lambda each: each.last_seen, default=None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _unknown(key: HostKey, address: str, previous: Known | None, *, strict: bool = False) -> HostKeyUnknown:
    hint = "SSH_HOST_KEYS=strict refuses it; trust it by its fingerprint first." if strict else ""
    return HostKeyUnknown(
        f"A device that was not seen before is at {address}. Its key is {key.fingerprint}. "
        "No password was sent.",
        hint=hint,
        fingerprint=key.fingerprint,
        key_type=key.key_type,
        address=address,
        previous=previous.fingerprint if previous else "",
        previous_name=previous.hostname if previous else "",
    )


def _changed(key: HostKey, address: str, expected: Known | None, serial: str = "") -> HostKeyChanged:
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
