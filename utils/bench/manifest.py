"""A board's manifest: learned from its good check-ups that are kept, written as a profile of the data folder.

    data folder/profiles/rover.toml    loaded like any profile; learned again, it is refined

A file that a person wrote is never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from utils.clock import utc_text
from utils.errors import BadRequest
from utils.folders import make_private
from utils.judging.catalogue.library import OWN_PROFILES
from utils.judging.catalogue.loader import Catalogue
from utils.judging.manifest import HEAD, Learned, as_toml, learn
from utils.model.records import GOOD, WholeCheckup
from utils.model.results import Device

if TYPE_CHECKING:
    from utils.store.archive import Archive

_MOST = 50
"""Good check-ups that it is learned from, the newest ones."""


@dataclass(frozen=True)
class Manifest:
    """name: of the profile. text: its file. checkups: how many it was learned from."""

    name: str
    text: str
    parts: tuple[Learned, ...]
    checkups: int


def learned(archive: Archive, ids: Sequence[str], board: Device, catalogue: Catalogue, name: str) -> Manifest:
    """The manifest of a board. name: of its profile, "" for the board's. BadRequest, HistoryTrouble."""
    good = _good(archive, ids)
    if not good:
        raise BadRequest(
            "This board has no good check-up to learn from.",
            hint="Mark the check-up as golden in which the board is as it should be.",
        )
    results = [[run.result for run in each.runs] for each in good]
    parts = tuple(learn(catalogue, results, board))
    called = name or _slug(board)
    text = as_toml(parts, board, name=called, day=utc_text()[:10], checkups=len(good))
    return Manifest(called, text, parts, len(good))


def written(manifest: Manifest, data_dir: Path) -> Path:
    """Write the profile; where it is. BadRequest where a person's file is in the way."""
    path = data_dir / OWN_PROFILES / f"{_file_name(manifest.name)}.toml"
    make_private(path.parent)
    if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(HEAD):
        raise BadRequest(
            f"The profile {path.name} was written by a person and stays as it is.",
            hint="Choose another name for the manifest.",
        )
    path.write_text(manifest.text, encoding="utf-8", newline="\n")
    return path


def _good(archive: Archive, ids: Sequence[str]) -> list[WholeCheckup]:
    """The newest good check-ups and the golden one."""
    golden = archive.golden(ids)
    listed = archive.checkups(ids, limit=200)
    good = [
        each.id for each in listed if each.verdict in GOOD and not each.cancelled and each.pending is None
    ]
    wanted = dict.fromkeys([*([golden] if golden else []), *good[:_MOST]])
    return [found for each in wanted if (found := archive.whole(each))]


def _slug(board: Device) -> str:
    """A name for a kind of board; its host name without the number at its end."""
    kind = re.sub(r"[-_ ]*[0-9]+$", "", board.nickname or board.hostname) or board.model or "board"
    return re.sub(r"[^A-Za-z0-9._-]+", "-", kind).strip("-._")[:40] or "board"


def _file_name(name: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._") or "board"
