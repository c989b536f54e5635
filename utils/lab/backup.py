"""The hub in one file, and back: its folder with all keys, its history, its audit log.

    made = back_up(data, where, Path("hub.v3backup"))             # ConfigError; beside a hub that runs
    done = restore(data, where, Path("hub.v3backup"))             # ConfigError: nothing was changed

data: the data folder. where: the history (a file, or PostgreSQL's address). The file is a zip of mode 0600:
backup.json, with a SHA-256 for each other member; hub/…; history.db or history.dump; audit.jsonl. Whoever has
it can be this hub.
Nothing that was there is deleted: a restore moves it aside.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from utils.clock import utc_text
from utils.errors import ConfigError, HistoryTrouble
from utils.folders import locked, make_private, open_private
from utils.lab.joining import HUB_FOLDER
from utils.lab.register import Register
from utils.lab.restored import after_restore
from utils.laptop import child
from utils.store import snapshot
from utils.store.schema import HEAD
from utils.version import VERSION

FORM = 1
CONTENTS = "backup.json"
FILE, DUMP = "history.db", "history.dump"
_AUDIT = ("audit.jsonl", "audit.jsonl.1")
_OF_THE_RUN = re.compile(r".*\.lock|.*\.pid|.*\.ports|nats\.json|nats\.log.*|.*\.new")
"""What a hub makes anew at each start."""
_NAME = re.compile(
    rf"({HUB_FOLDER}(/[A-Za-z0-9][\w.-]{{0,99}}){{1,3}}|{FILE}|{DUMP}|audit\.jsonl(\.1)?)", re.ASCII
)
_CHUNK = 1 << 20


@dataclass(frozen=True)
class BackUp:
    """What a back-up says of itself. schema: the version of the history's tables. reach: how far it goes.
    files: the SHA-256 of each member."""

    made_at: str
    program: str
    schema: str
    reach: dict[str, int]
    files: dict[str, str]
    form: int = FORM

    @property
    def history(self) -> str:
        """The member with the history; "" where there was none yet."""
        return next((name for name in (FILE, DUMP) if name in self.files), "")


@dataclass(frozen=True)
class Restored:
    """back_up: what came back. aside: where the former hub is; None where there was none. benches: those that
    may join. stay_out: those that were revoked since, and stay so. unsure: how much was open then; nothing of
    it is begun again."""

    back_up: BackUp
    aside: Path | None
    benches: tuple[str, ...] = ()
    stay_out: tuple[str, ...] = ()
    unsure: int = 0


def back_up(data: Path, where: str | Path, to: Path) -> BackUp:
    """Write all of the hub into a new file. ConfigError, HistoryTrouble."""
    if not (data / HUB_FOLDER / "hub.seed").exists():
        raise ConfigError(
            f"There is no hub in {data}.", hint="Set V3_DATA_DIR to the hub's, and run this as its user."
        )
    if to.exists():
        raise ConfigError(f"{to} is there already.", hint="Name a new file.")
    try:
        with tempfile.TemporaryDirectory(dir=to.absolute().parent, prefix=".v3backup-") as folder:
            part = Path(folder) / "part"
            made = _packed(data, where, part, Path(folder))
            os.replace(part, to)
    except OSError as exc:
        raise ConfigError(
            f"{to} cannot be written: {exc.strerror or exc}.", hint="Name another file."
        ) from exc
    return made


def _packed(data: Path, where: str | Path, part: Path, folder: Path) -> BackUp:
    member = FILE if isinstance(where, Path) else DUMP
    reach, schema = snapshot.save(where, folder / member, child.environment())
    members = {member: folder / member} if reach else {}
    members |= _files(data)
    with open(part, "xb", opener=open_private) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            hashes = {name: _put(packed, name, path) for name, path in members.items()}
            made = BackUp(utc_text(), VERSION, schema, dict(reach), hashes)
            packed.writestr(CONTENTS, json.dumps(asdict(made), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return made


def _files(data: Path) -> dict[str, Path]:
    """Each file of the hub's folder that a hub does not make anew, and the audit log."""
    hub = data / HUB_FOLDER
    found = {f"{HUB_FOLDER}/{path.relative_to(hub).as_posix()}": path for path in sorted(hub.rglob("*"))}
    kept = {name: path for name, path in found.items() if not _OF_THE_RUN.fullmatch(path.name)}
    kept |= {name: data / name for name in _AUDIT}
    return {name: path for name, path in kept.items() if path.is_file() and not path.is_symlink()}


def _put(packed: zipfile.ZipFile, name: str, path: Path) -> str:
    with path.open("rb") as source, packed.open(name, "w", force_zip64=True) as to:
        return _copied(source, to)


def _copied(source: IO[bytes], to: IO[bytes]) -> str:
    found = hashlib.sha256()
    while chunk := source.read(_CHUNK):
        found.update(chunk)
        to.write(chunk)
    return found.hexdigest()


# --- back


def look(packed: Path) -> BackUp:
    """What this back-up says of itself. ConfigError."""
    with _opened(packed) as archive:
        return _contents(archive)


def restore(
    data: Path, where: str | Path, packed: Path, *, replace: bool = False, history_alone: bool = False
) -> Restored:
    """Make the hub what it was. replace: over one that has something newer. history_alone: the hub's folder
    stays as it is. ConfigError, HistoryTrouble: nothing was changed."""
    told = look(packed)
    _fits(told, where)
    try:
        make_private(data / HUB_FOLDER)
        with _nobody_runs(data / HUB_FOLDER, where), _unpacking(data) as folder:
            _unpack(packed, told, folder)
            if history_alone:
                shutil.rmtree(folder / HUB_FOLDER)
            if not replace:
                _refuse_newer(told, data, where, folder)
            return _put_back(told, data, where, folder)
    except OSError as exc:
        raise ConfigError(
            f"The hub in {data} cannot be written: {exc.strerror or exc}.",
            hint="Run this as the hub's user, with room on the disk, and restore again.",
        ) from exc


def _put_back(told: BackUp, data: Path, where: str | Path, folder: Path) -> Restored:
    aside = _Aside(data)
    hub, came = data / HUB_FOLDER, folder / HUB_FOLDER
    revoked = _revoked(hub)
    if told.history:
        aside.history(where)
        snapshot.load(folder / told.history, where, child.environment())
    unsure = 0
    out: tuple[str, ...] = ()
    if came.exists():
        for path in _files(data).values():
            if path.is_relative_to(hub):
                aside.move(path)
        out = Register(came).keep_out(revoked)
        unsure = after_restore(came, told.made_at)
        _move_in(came, hub, told)
    for name in _AUDIT:
        if (folder / name).exists() and not (data / name).exists():
            os.replace(folder / name, data / name)
    may = tuple(each.id for each in Register(hub).all() if not each.revoked_at)
    return Restored(told, aside.used, may, out, unsure)


def _revoked(hub: Path) -> set[str]:
    """The keys that were revoked at the hub that is there, as far as anybody can read it."""
    with contextlib.suppress(ConfigError):
        return {each.key for each in Register(hub).all() if each.revoked_at}
    return set()


def _move_in(came: Path, hub: Path, told: BackUp) -> None:
    made = datetime.fromisoformat(told.made_at).timestamp()
    for path in sorted(came.rglob("*")):
        if path.is_file():
            to = hub / path.relative_to(came)
            make_private(to.parent)
            os.utime(path, (made, made))
            os.replace(path, to)


@dataclass
class _Aside:
    """Where what was there goes: a folder of the data folder, made when it is needed."""

    data: Path
    used: Path | None = None
    _name: str = field(default_factory=lambda: f"before-restore-{utc_text().replace(':', '')}")

    def place(self, path: Path) -> Path:
        self.used = self.data / self._name
        to = (
            self.used / path.relative_to(self.data)
            if path.is_relative_to(self.data)
            else self.used / path.name
        )
        make_private(to.parent)
        return to

    def move(self, path: Path) -> None:
        os.replace(path, self.place(path))

    def history(self, where: str | Path) -> None:
        """Of PostgreSQL a dump; what is there is replaced by the restore itself."""
        if isinstance(where, Path):
            for path in (where, *snapshot.helpers(where)):
                if path.exists():
                    self.move(path)
        elif snapshot.reach(where):
            snapshot.save(where, self.place(self.data / DUMP), child.environment())


def _refuse_newer(told: BackUp, data: Path, where: str | Path, folder: Path) -> None:
    newer = [f"{HUB_FOLDER}/{path.name}" for path in _changed(told, data, folder)]
    try:
        if told.history and snapshot.is_newer(snapshot.reach(where), told.reach):
            newer.append("the history")
    except HistoryTrouble:
        newer.append("the history, which cannot be read")
    if newer:
        raise ConfigError(
            f"The hub that is there has what this back-up of {told.made_at} has not: {', '.join(newer)}.",
            hint="With --replace it is put aside. With --history the hub's folder stays as it is.",
        )


def _changed(told: BackUp, data: Path, folder: Path) -> Iterator[Path]:
    """The files of the hub's folder that were changed after the back-up."""
    made = datetime.fromisoformat(told.made_at).timestamp()
    if not (folder / HUB_FOLDER).exists():
        return
    for name, path in _files(data).items():
        if name.startswith(f"{HUB_FOLDER}/") and path.stat().st_mtime > made:
            with path.open("rb") as found:
                if hashlib.file_digest(found, "sha256").hexdigest() != told.files.get(name):
                    yield path


@contextlib.contextmanager
def _nobody_runs(hub: Path, where: str | Path) -> Iterator[None]:
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(hub / "hub.lock"))
        except TimeoutError as exc:
            raise ConfigError("A hub runs with this data folder.", hint="End it first.") from exc
        if snapshot.in_use(where):
            raise ConfigError("Another program has the history open.", hint="End it first.")
        yield


@contextlib.contextmanager
def _unpacking(data: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=data, prefix=".restoring-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def _opened(packed: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(packed) as archive:
            yield archive
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as exc:
        raise ConfigError(
            f"{packed} cannot be read as a back-up of a hub.", hint="Name another file."
        ) from exc


def _contents(archive: zipfile.ZipFile) -> BackUp:
    try:
        told: dict[str, Any] = json.loads(archive.read(CONTENTS))
        if told["form"] > FORM or told["schema"] > HEAD:
            raise ConfigError(
                f"A newer version of this program ({told['program']}) made this back-up.",
                hint="Use that version.",
            )
        found = BackUp(**{name: told[name] for name in BackUp.__dataclass_fields__})
        if not all(_NAME.fullmatch(name) for name in found.files):
            raise ValueError("a member that is none of a hub's")
    except (KeyError, ValueError, TypeError) as exc:
        raise ConfigError("This is no back-up of a hub.", hint="v3 hub backup FILE makes one.") from exc
    return found


def _fits(told: BackUp, where: str | Path) -> None:
    if told.history == FILE and not isinstance(where, Path):
        raise ConfigError(
            "This back-up has a history in a file.", hint="Unset V3_DATABASE_URL and restore again."
        )
    if told.history == DUMP and isinstance(where, Path):
        raise ConfigError(
            "This back-up has a history in PostgreSQL.",
            hint="Set V3_DATABASE_URL to an empty database of it.",
        )


def _unpack(packed: Path, told: BackUp, folder: Path) -> None:
    """Each member, once its hash is right, for this user alone. ConfigError."""
    make_private(folder / HUB_FOLDER)
    with _opened(packed) as archive:
        there = set(archive.namelist())
        for name, expected in told.files.items():
            to = folder / name
            make_private(to.parent)
            if name not in there or _taken(archive, name, to) != expected:
                raise ConfigError(
                    f"This back-up is damaged: {name} is not what it was.", hint="Use another one."
                )


def _taken(archive: zipfile.ZipFile, name: str, to: Path) -> str:
    with archive.open(name) as source, open(to, "xb", opener=open_private) as file:
        return _copied(source, file)
