"""Boards of many benches that were called together: how far they are, and what was found, as columns.

What was found is in the hub's history once it has arrived. Until then a board's column is running.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from utils.bench.matrix import Column, laid_out
from utils.clock import new_id, utc_text
from utils.lab.presence import OVER, Called
from utils.model.results import Verdict, severity_rank, to_json
from utils.store.history import History

if TYPE_CHECKING:
    from utils.store.said import CheckupSaid

MOST_COLUMNS = 25
"""Boards that one answer shows: a page of thousands of cells is slow, and nobody reads it."""
_UNKNOWN = "outcome-unknown"
_AT_ONCE = 50
"""Check-ups that one look at the matrix reads."""


class LabFleet:
    """Of one hub. places: what each place of a bench is called. Thread-safe: its dicts are only replaced."""

    def __init__(self, called: Iterable[Called], places: Mapping[tuple[str, str], str]) -> None:
        self.id, self.started_at = new_id(), utc_text()
        self._calls = {each.call.id: each for each in called}
        self._places = places
        self._found: dict[str, CheckupSaid] = {}

    def learn(self, known: Iterable[Called]) -> None:
        """What the hub knows of its calls now."""
        now = {each.call.id: each for each in known if each.call.id in self._calls}
        self._calls = {**self._calls, **now}

    def facts(self) -> dict[str, Any]:
        """How far it is. It changes whenever its matrix may have."""
        states = [each.state for each in self._calls.values()]
        return {
            "checkup": self.id,
            "total": len(states),
            "done": sum(each in OVER for each in states),
            "refused": states.count("refused"),
            "unknown": states.count(_UNKNOWN),
        }

    def matrix(
        self, history: History, words: Mapping[str, str], titles: Mapping[str, str], first: int = 0
    ) -> dict[str, Any]:
        """Boards by diagnostics, worst first both ways, from the column `first` on. words: by a call's id,
        what became of it. HistoryTrouble."""
        self._read_some(history)
        columns = [self._column(each, words.get(each.call.id, "")) for each in self._calls.values()]
        running = any(each.state == "running" for each in columns)
        verdicts = [each.verdict or Verdict.UNKNOWN for each in columns]
        first = max(0, min(first, len(columns) - 1)) // MOST_COLUMNS * MOST_COLUMNS
        return {
            "checkup": self.id,
            "state": "running" if running else "finished",
            "verdict": None if running else to_json(min(verdicts, key=severity_rank, default=None)),
            "started_at": self.started_at,
            **laid_out(columns, titles, slice(first, first + MOST_COLUMNS)),
            "first": first,
            "left_out": max(0, len(columns) - MOST_COLUMNS),
            "boards": {_bay(each): each.call.device_id for each in self._calls.values()},
            "checkups": {_bay(each): each.checkup for each in self._calls.values() if each.checkup},
        }

    def _column(self, called: Called, words: str) -> Column:
        found = self._found.get(called.checkup or "") if called.state in OVER else None
        state = {"refused": "not started", _UNKNOWN: "unknown"}.get(called.state, "running")
        place = self._places.get((called.station, called.call.bay), called.call.bay)
        return Column(
            bay=_bay(called),
            place=f"{called.station}, {place}",
            name=called.board or called.call.device_id,
            state="finished" if found else state,
            verdict=found.verdict if found else Verdict.UNKNOWN if state != "running" else None,
            told=found.told if found else None,
            cause="" if found else words,
        )

    def _read_some(self, history: History) -> None:
        """Read what has come of check-ups that are over; so many at once that nobody waits long."""
        over = [each.checkup for each in self._calls.values() if each.checkup and each.state in OVER]
        wanted = [each for each in over if each not in self._found]
        if wanted:
            self._found = {**self._found, **history.look().found(wanted, _AT_ONCE)}


def _bay(called: Called) -> str:
    return f"{called.station}:{called.call.bay}"
