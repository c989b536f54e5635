"""A file that came from anywhere -> Bundle, or why not. Nothing is unpacked onto the disk.

All of it is refused for one wrong part: NotABundle, BundleNewer, BundleDamaged, BundleTooLarge, BundleUnsafe,
BundleSealed.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from utils.bundle.contents import DOCUMENT
from utils.bundle.document import FORMAT, VERSION, BundleManifest, MemberPath, RunFacts
from utils.bundle.packing import MANIFEST
from utils.bundle.sealing import is_sealed, unseal
from utils.errors import BundleDamaged, BundleNewer, BundleTooLarge, BundleUnsafe, NotABundle

MOST = 128 << 20
"""Bytes of the file, and of all that it unpacks to."""
MOST_FILES = 20_000
"""Parts of the file, and runs that it tells of."""
MOST_VALUES = 5_000_000
"""About how many values bundle.json holds: each takes far more memory than text."""
_HEAD = b"PK\1\2"
"""Each part has one in the zip's directory, which zipfile reads whole."""
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What zipfile unpacks piece by piece. Of others it unpacks all that there is, whatever their stated size."""
_NAME = re.compile(MemberPath.__metadata__[0].pattern)  # type: ignore[attr-defined]
_LINE = re.compile(r"([0-9a-f]{64})  (\S[^\n]*)")
_ZIP = b"PK"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True)
class Bundle:
    """document: what bundle.json says. files: all others, by name."""

    document: BundleManifest
    files: Mapping[str, bytes]

    def text(self, name: str) -> str:
        """A part as text; "" of no part."""
        return self.files.get(name, b"").decode("utf-8", "replace")

    def outputs(self, run: RunFacts) -> tuple[bytes, bytes]:
        """What a run printed: stdout and stderr."""
        return self.files.get(run.stdout, b""), self.files.get(run.stderr, b"")


def read_bundle(data: bytes, passphrase: str = "", *, most: int = MOST) -> Bundle:
    """The bundle in this file."""
    if len(data) > most:
        raise BundleTooLarge
    if is_sealed(data):
        data = unseal(data, passphrase)
    if not data.startswith(_ZIP):
        raise NotABundle
    if data.count(_HEAD) > MOST_FILES:
        raise BundleTooLarge
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _read(archive, most)
    except _BROKEN as exc:
        raise BundleDamaged from exc


def _read(archive: zipfile.ZipFile, most: int) -> Bundle:
    parts = _parts(archive, most)
    if DOCUMENT not in parts:
        raise NotABundle
    stated = _stated(_unpacked(archive, parts[DOCUMENT]))
    for name in parts:
        if not _NAME.fullmatch(name):
            raise BundleUnsafe(file=name[:200])
    files = {name: _unpacked(archive, info) for name, info in parts.items()}
    _check_hashes(files)
    try:
        document = BundleManifest.model_validate(stated)
    except ValidationError as exc:
        raise BundleDamaged(
            f"bundle.json does not say what a bundle says: {_first_fault(exc)}.", file=DOCUMENT
        ) from exc
    _check_named(document, files, most)
    return Bundle(document, files)


def _parts(archive: zipfile.ZipFile, most: int) -> dict[str, zipfile.ZipInfo]:
    """The files by name; all together they unpack to no more than `most`."""
    infos = archive.infolist()
    if sum(info.file_size for info in infos) > most:
        raise BundleTooLarge
    parts: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        mode = info.external_attr >> 16
        odd = stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR) or info.flag_bits & 1
        if odd or info.filename in parts or _leads_out(info.orig_filename):
            raise BundleUnsafe(file=info.filename[:200])
        if not info.is_dir():
            parts[info.filename] = info
    return parts


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A part, and no more of it than its stated size."""
    if info.compress_type not in _PACKED:
        raise BundleDamaged(
            f"{info.filename[:120]} is packed as no part of a bundle is.", file=info.filename[:200]
        )
    with archive.open(info) as part:
        return part.read(info.file_size)  # without a size zipfile unpacks 2 GB at once


def _check_named(document: BundleManifest, files: Mapping[str, bytes], most: int) -> None:
    """A part is read, judged and kept for each that names it: a small file would become a large one."""
    runs = [run for checkup in document.checkups for run in checkup.runs]
    named = [name for run in runs for name in (run.stdout, run.stderr)]
    named += [each.file for each in document.logs] + [each.file for each in document.recordings]
    named += [each.photo for each in document.notes]
    if len(runs) > MOST_FILES or sum(len(files.get(name, b"")) for name in named) > most:
        raise BundleTooLarge


def _leads_out(name: str) -> bool:
    return "\\" in name or "\0" in name or name.startswith("/") or ".." in name.split("/") or ":" in name


def _stated(raw: bytes) -> dict[str, Any]:
    """What bundle.json holds, if it is ours and of a version that is known."""
    if sum(raw.count(each) for each in (b",", b"[", b"{")) > MOST_VALUES:
        raise BundleTooLarge
    try:
        found = json.loads(raw)
    except RecursionError as exc:
        raise BundleDamaged(file=DOCUMENT) from exc
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotABundle
    version = found.get("version")
    if isinstance(version, int) and version > VERSION:
        raise BundleNewer(version=version)
    return found


def _check_hashes(files: Mapping[str, bytes]) -> None:
    stated = dict(_hashes(files.get(MANIFEST, b"").decode("utf-8", "replace")))
    for name in (files.keys() | stated.keys()) - {MANIFEST}:
        if name not in files or stated.get(name) != hashlib.sha256(files[name]).hexdigest():
            raise BundleDamaged(
                f"This bundle is damaged: {name[:120]} is not what its manifest says.", file=name[:200]
            )


def _hashes(text: str) -> list[tuple[str, str]]:
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return [(match[2], match[1]) for match in found if match]


def _first_fault(exc: ValidationError) -> str:
    fault = exc.errors(include_url=False, include_input=False, include_context=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"[:200]
