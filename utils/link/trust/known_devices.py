"""The file of known devices: which keys are trusted, and what was seen behind each. Policy: host_keys.py.

known_devices.json in the data folder, 0600, replaced atomically, locked between programs. Version 2 adds each
board's identity and its earlier ones. A file of version 1 is read as it is, and kept as `.bak` at the first
change. Fields that this version does not know stay. A newer version's file is never written.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from utils.errors import BadRequest, ConfigError
from utils.folders import locked, make_private, write_atomically
from utils.model.device_id import device_id, plausible_serial

VERSION = 2


@dataclass(frozen=True)
class KnownDevice:
    """A trusted key and the board last seen behind it. Boards of one image share a key: a row each.

    id: its identity; aliases: the ones that it had before. shared_serial: a person said that another board
    has its serial number too. usb_serial: what its USB gadget shows, where it was met at a USB port.
    nickname: what people here call it. more: fields that this version does not know.
    """

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
    id: str = ""
    aliases: tuple[str, ...] = ()
    usb_serial: str = ""
    nickname: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def shown_on_usb(self) -> str:
        """The serial number to expect on USB: NVIDIA's gadget shows the board's own."""
        return self.usb_serial or self.serial


_FIELDS = {each.name for each in fields(KnownDevice)} - {"more"}
_READ: dict[Path, tuple[object, list[KnownDevice]]] = {}
"""Each file's rows as they were read last: the links of a bench share them."""


class KnownDevices:
    """Reads and changes the file."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "known_devices.json"

    def all(self) -> list[KnownDevice]:
        """Every row, as the file is now: another program may have added one. BadRequest.

        Each result of each board asks. So a file is read once for all links, until it is another one.
        """
        now = self._which()
        which, known = _READ.get(self._path, (None, []))
        if now is None or which != now:
            known = identified(self._read()[0])
            _READ[self._path] = (now, known)
        return list(known)

    def _which(self) -> object:
        """What tells the file from any other that stood there; None where there is none."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_ctime_ns, found.st_size

    @contextlib.contextmanager
    def changing(self) -> Iterator[list[KnownDevice]]:
        """The rows, to be changed in place; written when the block ends. BadRequest, ConfigError."""
        with self._writable(), locked(self._path.with_suffix(".lock")):
            known, rest = self._read()
            known = identified(known)
            yield known
            for draft in self._path.parent.glob(f"{self._path.name}*.new"):
                draft.unlink(missing_ok=True)  # of a program that was killed: nobody else writes now
            if rest["version"] < VERSION and self._path.exists():
                shutil.copy2(self._path, self._path.with_suffix(".json.bak"))
            rows = [_as_row(each) for each in identified(known)]
            write_atomically(self._path, json.dumps({**rest, "version": VERSION, "devices": rows}, indent=1))

    def _read(self) -> tuple[list[KnownDevice], dict[str, Any]]:
        """The rows, and the file's other fields with its version."""
        try:
            whole = json.loads(self._path.read_text(encoding="utf-8"))
            version = whole.get("version", 1)
            if not isinstance(version, int):
                raise ValueError("the version is no number")
            if version > VERSION:
                raise BadRequest(
                    f"A newer version of this program wrote {self._path}.",
                    hint="Start that version, or move the file away; each device is then asked about again.",
                )
            return [_row(row) for row in whole.pop("devices")], {**whole, "version": version}
        except FileNotFoundError:
            return [], {"version": VERSION}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise BadRequest(
                f"The list of known devices cannot be read: {self._path}",
                hint="Move the file away; each device is then asked about once more.",
            ) from exc

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        """Make the folder; ConfigError when something in it cannot be written or is locked for too long."""
        try:
            make_private(self._path.parent)
            yield
        except TimeoutError as exc:
            raise ConfigError(
                f"Another program keeps the list of known devices locked: {self._path}.",
                hint="End the other program that uses this data folder, or set another V3_DATA_DIR.",
            ) from exc
        except OSError as exc:
            raise ConfigError(
                f"The list of known devices cannot be written: {self._path}: {exc.strerror}.",
                hint="Make V3_DATA_DIR a folder that can be written, with room on its disk.",
            ) from exc


def identified(known: list[KnownDevice]) -> list[KnownDevice]:
    """The rows with their identities; one that a later serial number replaced becomes an alias."""
    return [_identified(each, known) for each in known]


def _identified(row: KnownDevice, known: list[KnownDevice]) -> KnownDevice:
    if not plausible_serial(row.serial):
        return row if row.id else replace(row, id=device_id("", "", row.fingerprint))
    others = (each for each in known if each.fingerprint != row.fingerprint)
    shared = row.shared_serial or any(each.serial == row.serial for each in others)
    found = device_id(row.model, row.serial, row.fingerprint, shared=shared)
    if row.id in ("", found):
        return replace(row, id=found)
    return replace(row, id=found, aliases=(*(each for each in row.aliases if each != found), row.id))


def current_id(known: list[KnownDevice], some_id: str) -> str:
    """The present identity of the board that has or had this one; itself where nobody has."""
    if any(row.id == some_id for row in known):
        return some_id
    return next((row.id for row in known if some_id in row.aliases), some_id)


def _row(values: dict[str, Any]) -> KnownDevice:
    """ValueError when a field has another type, or would not stay on its line of a known_hosts file."""
    known = KnownDevice(**{name: value for name, value in values.items() if name in _FIELDS})
    known = replace(known, more={name: value for name, value in values.items() if name not in _FIELDS})
    texts = (getattr(known, name) for name in _FIELDS - {"shared_serial", "aliases"})
    if type(known.shared_serial) is not bool or not all(isinstance(text, str) for text in texts):
        raise ValueError("a field has a wrong type")
    aliases = known.aliases
    if not isinstance(aliases, list | tuple) or not all(isinstance(each, str) for each in aliases):
        raise ValueError("the aliases are no list of names")
    if not re.fullmatch(r"[A-Za-z0-9@.-]+ [A-Za-z0-9+/=]+", f"{known.key_type} {known.key}"):
        raise ValueError("not a public key")
    return replace(known, aliases=tuple(aliases))


def _as_row(known: KnownDevice) -> dict[str, Any]:
    values = asdict(known)
    return {**values.pop("more"), **values}
