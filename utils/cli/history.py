"""`v3 history`: the boards that are known, and what is kept of one. Connects to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from utils.applog import escaped
from utils.bench.boards import KnownBoard, KnownBoards
from utils.bench.result_text import Paint
from utils.cli.formats import Document
from utils.clock import local_minute
from utils.errors import BadRequest, UnknownDevice
from utils.model.near import did_you_mean
from utils.model.records import CheckupRecord
from utils.model.results import Verdict, error_facts
from utils.model.words import VERDICTS, with_unit


class BoardsDocument(Document):
    """The boards that are known, newest first."""

    def __init__(self, found: KnownBoards) -> None:
        self._found = found

    def lines(self, paint: Paint) -> Iterable[str]:
        for each in self._found.boards:
            day, verdict = _day(each.device.last_seen), each.verdict
            word = VERDICTS[Verdict(verdict)].word if verdict else "-"
            yield escaped(f"{each.device.device_id}  {day}  {word:<14} {each.label}")
        if not self._found.boards and not self._found.trouble:
            yield "No board is known yet."

    def data(self) -> Any:
        trouble = error_facts(self._found.trouble) if self._found.trouble else None
        return {"devices": [each.as_json() for each in self._found.boards], "trouble": trouble}

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [
            {"device_id": each.device.device_id, "board": each.label, "model": each.device.model,
             "serial": each.device.serial, "last_seen": each.device.last_seen, "verdict": each.verdict}
            for each in self._found.boards
        ]  # fmt: skip


class BoardDocument(Document):
    """One board's check-ups, newest first."""

    def __init__(self, board: KnownBoard, checkups: Sequence[CheckupRecord]) -> None:
        self._board, self._checkups = board, checkups

    def lines(self, paint: Paint) -> Iterable[str]:
        yield escaped(f"{self._board.label}  {self._board.device.model}  {self._board.device.device_id}")
        for each in self._checkups:
            ended, day = each.outcome, _day(each.started_at)
            word = VERDICTS[ended.verdict].word
            took = with_unit(round(each.duration_s, 1), "s")
            yield f"{each.id}  {day}  {word:<14} {ended.sentence}  ({took})"

    def data(self) -> Any:
        return {"checkups": [each.facts() for each in self._checkups]}

    def rows(self) -> Iterable[Mapping[str, object]]:
        return [
            {"checkup": each.id, "board": self._board.label, "started_at": each.started_at,
             "duration_s": each.duration_s, "verdict": each.verdict.value, "cancelled": each.cancelled,
             **each.counts}
            for each in self._checkups
        ]  # fmt: skip


def chosen(found: KnownBoards, wanted: str) -> KnownBoard:
    """The board of this id, serial number or name. UnknownDevice, which names the nearest; BadRequest where
    several have it."""
    fits = [each for each in found.boards if wanted in _names(each)]
    if len(fits) > 1:
        ids = ", ".join(each.device.device_id for each in fits)
        raise BadRequest(f"{len(fits)} boards are called {wanted}.", hint=f"Name one by its id: {ids}.")
    if fits:
        return fits[0]
    try:
        return found.find(wanted)
    except UnknownDevice as exc:
        names = [name for each in found.boards for name in (*_names(each), *each.ids) if name]
        raise UnknownDevice(f"There is no board {wanted!r}.{did_you_mean(wanted, names)}") from exc


def _names(board: KnownBoard) -> tuple[str, ...]:
    return board.device.serial, board.device.hostname, board.device.nickname


def _day(moment: str) -> str:
    return f"{local_minute(moment) or '-':<18}"
