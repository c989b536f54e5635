"""Boards of many benches that were called together: how far they are, and what was found, as columns.

What was found is in the hub's history once it has arrived. Until then a board's column is running.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from utils.bench.matrix import Column, laid_out
from utils.clock import new_id, utc_text
from utils.lab.presence import OVER, Called
from utils.model.records import RunRecord
from utils.model.results import Verdict, severity_rank, to_json
from utils.store.history import History

MOST_COLUMNS = 100
_UNKNOWN = "outcome-unknown"
_AT_ONCE = 30
"""Check-ups that one look at the matrix reads."""


@dataclass(frozen=True)
class Said:
    """A result as a matrix needs it."""

    diagnostic: str
    verdict: Verdict
    summary: str


@dataclass(frozen=True)
class Found:
    """What a check-up found that the hub has."""

    verdict: Verdict
    told: Mapping[str, Said]


class LabFleet:
    """Of one hub. places: what each place of a bench is called. Thread-safe: its dicts are only replaced."""

    def __init__(self, called: Iterable[Called], places: Mapping[tuple[str, str], str]) -> None:
        self.id, self.started_at = new_id(), utc_text()
        self._calls = {each.call.id: each for each in called}
        self._places = places
        self._found: dict[str, Found] = {}

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

    def matrix(self, history: History, words: Mapping[str, str], titles: Mapping[str, str]) -> dict[str, Any]:
        """Boards by diagnostics, worst first both ways. words: by a call's id, what became of it.
        HistoryTrouble."""
        self._read_some(history)
        columns = [self._column(each, words.get(each.call.id, "")) for each in self._calls.values()]
        running = any(each.state == "running" for each in columns)
        verdicts = [each.verdict or Verdict.UNKNOWN for each in columns]
        told = laid_out(columns, titles)
        return {
            "checkup": self.id,
            "state": "running" if running else "finished",
            "verdict": None if running else to_json(min(verdicts, key=severity_rank, default=None)),
            "started_at": self.started_at,
            **told,
            "bays": told["bays"][:MOST_COLUMNS],
            "left_out": max(0, len(columns) - MOST_COLUMNS),
            "boards": {_bay(each): each.call.device_id for each in self._calls.values()},
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
        found: dict[str, Found] = {}
        for checkup in (each for each in over if each not in self._found):
            whole = history.look().whole(checkup) if len(found) < _AT_ONCE else None
            if whole is not None:
                told = {run.diagnostic: _said(run) for run in whole.runs}
                found[checkup] = Found(whole.record.verdict, told)
        self._found = {**self._found, **found}


def _bay(called: Called) -> str:
    return f"{called.station}:{called.call.bay}"


def _said(run: RunRecord) -> Said:
    return Said(run.diagnostic, run.verdict, str(run.result["summary"]))
