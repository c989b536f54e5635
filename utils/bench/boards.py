"""The boards that are known: trusted by a person, in the history, or both. Each once, newest first."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utils.bench.bay import Bay
from utils.errors import HistoryTrouble, UnknownDevice
from utils.model.doors import Decisions
from utils.model.records import RememberedBoard
from utils.model.results import Device, device_json
from utils.store.history import History

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KnownBoard:
    """ids: its identity and the ones it had before. trusted: whether its key is. verdict, checkup: of its
    newest check-up that speaks for it (store/ledger.py), None where there was none."""

    device: Device
    label: str
    ids: tuple[str, ...]
    trusted: bool
    verdict: str | None = None
    checkup: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As GET /api/v1/devices lists it."""
        more = {"trusted": self.trusted, "verdict": self.verdict, "checkup": self.checkup}
        return {**device_json(self.device), "label": self.label, **more}

    def told(self, written: Mapping[str, str]) -> str:
        """What a search looks through. written: work orders and notes, by identity."""
        return " ".join([self.words, *(written[each] for each in self.ids if each in written)])

    @property
    def words(self) -> str:
        """What a search looks through, in small letters."""
        device = self.device
        said = (device.nickname, device.hostname, device.model, device.serial, *self.ids, self.label)
        return " ".join(dict.fromkeys(each.casefold() for each in said if each))


@dataclass(frozen=True)
class KnownBoards:
    """trouble: why the history could not be asked; then these are the trusted ones alone."""

    boards: tuple[KnownBoard, ...]
    trouble: HistoryTrouble | None = None

    def matching(self, wanted: str, history: History) -> tuple[KnownBoard, ...]:
        """Those that have each of these words in a name, number or note; all where none is wanted."""
        parts = wanted.casefold().split()
        if not parts:
            return self.boards
        written = _written(history)
        return tuple(each for each in self.boards if all(part in each.told(written) for part in parts))

    def find(self, device_id: str) -> KnownBoard:
        """The board that has this identity or had it before; UnknownDevice."""
        for board in self.boards:
            if device_id in board.ids:
                return board
        raise self.trouble or UnknownDevice()


def _written(history: History) -> Mapping[str, str]:
    try:
        return history.look().written_words()
    except HistoryTrouble:  # the list says so already
        return {}


def name_board(bench: Iterable[Bay], device_id: str, nickname: str) -> None:
    """Call a trusted board so in all bays, "" for its own name; UnknownDevice."""
    for bay in bench:
        bay.door.name_board(device_id, nickname)


def forget_board(bench: Iterable[Bay], device_id: str) -> None:
    """Trust a board no longer and end the link to it: only its history stays. UnknownDevice."""
    first, *others = bench
    first.door.forget_board(device_id)
    for bay in others:
        bay.door.let_go(device_id)


def known_boards(door: Decisions, history: History) -> KnownBoards:
    """All of them. door: which devices are trusted, and which identities a board had."""
    trouble, kept = None, list[RememberedBoard]()
    try:
        kept = history.look().boards()
    except HistoryTrouble as exc:
        log.error("The list of boards lacks those of the history: %s", exc)
        trouble = exc
    found: dict[str, KnownBoard] = {}
    by_id = {each.device.device_id: each for each in kept}
    for device in door.known_devices():
        ids = door.ids_of(device.device_id)
        found.setdefault(
            device.device_id, _trusted(device, ids, [by_id[each] for each in ids if each in by_id])
        )
    known = {each for board in found.values() for each in board.ids}
    for each in kept:
        if each.device.device_id not in known:
            found[each.device.device_id] = _forgotten(each)
    ordered = sorted(found.values(), key=lambda board: board.device.last_seen, reverse=True)
    return KnownBoards(tuple(ordered), trouble)


def _trusted(device: Device, ids: tuple[str, ...], kept: Sequence[RememberedBoard]) -> KnownBoard:
    checked = next((each for each in kept if each.checkup), None)
    verdict, checkup = (checked.verdict, checked.checkup) if checked else (None, None)
    return KnownBoard(device, device.label, ids, trusted=True, verdict=verdict, checkup=checkup)


def _forgotten(board: RememberedBoard) -> KnownBoard:
    ids = (board.device.device_id,)
    return KnownBoard(
        board.device, board.label, ids, trusted=False, verdict=board.verdict, checkup=board.checkup
    )
