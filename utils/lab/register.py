"""Which benches were invited to this hub, and with which keys: a file of the hub's folder.

    Register(folder).invite("bench-3", address)      # the Invitation; writes the server's configuration too
    Register(folder).revoke("bench-3")

The command line and the hub's program both use it; a lock keeps them apart.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from utils.clock import utc_text
from utils.errors import BadRequest, ConfigError, UnknownStation
from utils.folders import locked, make_private, write_atomically
from utils.lab.certificate import certificate_of
from utils.lab.invitation import Invitation, new_key
from utils.lab.subjects import STATION
from utils.model.near import did_you_mean

FORM = 1


@dataclass(frozen=True)
class Invited:
    """A bench. key: the public half of its NKey. revoked_at: "" while it may join."""

    id: str
    key: str
    invited_at: str
    revoked_at: str = ""


class Register:
    """Of a hub's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "stations.json"

    def all(self) -> tuple[Invited, ...]:
        """Every bench that was ever invited, in the order of invitation. ConfigError for a file of others."""
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            if told["form"] > FORM:
                raise ConfigError(
                    f"A newer version of this program wrote {self._path}.", hint="Start that version."
                )
            return tuple(Invited(**{name: each[name] for name in _FIELDS}) for each in told["stations"])
        except FileNotFoundError:
            return ()
        except (ValueError, KeyError, TypeError, OSError) as exc:
            raise ConfigError(
                f"The list of invited benches, {self._path}, cannot be read.",
                hint="Restore it from a back-up. Without it no bench can join.",
            ) from exc

    def invite(self, station: str, address: str) -> Invitation:
        """A new key for this bench; BadRequest while it has one."""
        if not STATION.fullmatch(station):
            raise BadRequest(
                f"{station!r} is no name for a bench.",
                hint="Use small letters, digits and “-”, at most 32 of them: bench-3.",
            )
        with self._changing():
            known = self.all()
            if any(each.id == station and not each.revoked_at for each in known):
                raise BadRequest(
                    f"{station} was invited already.", hint=f"For a new file: v3 hub revoke {station} first."
                )
            seed, public = new_key()
            others = [each for each in known if each.id != station]
            self._write([*others, Invited(station, public, utc_text())])
            certificate = certificate_of(self.folder)[0].read_text(encoding="ascii")
            return Invitation(station=station, address=address, certificate=certificate, seed=seed)

    def revoke(self, station: str) -> None:
        """Its file is worth nothing from now on. UnknownStation."""
        with self._changing():
            known = self.all()
            if all(each.id != station or each.revoked_at for each in known):
                names = [each.id for each in known if not each.revoked_at]
                raise UnknownStation(f"No bench {station!r} was invited.{did_you_mean(station, names)}")
            now = utc_text()
            self._write([replace(each, revoked_at=now) if each.id == station else each for each in known])

    def keep_out(self, keys: Collection[str]) -> tuple[str, ...]:
        """Revoke who has one of these keys. Which benches that were."""
        with self._changing():
            known, now = self.all(), utc_text()
            out = tuple(each.id for each in known if each.key in keys and not each.revoked_at)
            if out:
                self._write([replace(each, revoked_at=now) if each.id in out else each for each in known])
            return out

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            make_private(self.folder)
            with locked(self.folder / "stations.lock"):
                yield
        except OSError as exc:
            raise ConfigError(
                f"The hub's folder {self.folder} cannot be written: {exc.strerror or exc}.",
                hint="Run this as the user of the hub, with the same V3_DATA_DIR.",
            ) from exc

    def _write(self, stations: list[Invited]) -> None:
        told = {"form": FORM, "stations": [asdict(each) for each in stations]}
        write_atomically(self._path, json.dumps(told, indent=2) + "\n")


_FIELDS = tuple(Invited.__dataclass_fields__)
