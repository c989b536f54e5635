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
        columns = [self._column(each, history, words.get(each.call.id, "")) for each in self._calls.values()]
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

    def _column(self, called: Called, history: History, words: str) -> Column:
        found = self._finding(called, history)
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

    def _finding(self, called: Called, history: History) -> Found | None:
        """None while the hub has not got it."""
        if called.checkup is None or called.state not in OVER:
            return None
        known = self._found.get(called.checkup)
        if known is None:
            whole = history.look().whole(called.checkup)
            if whole is None:
                return None
            known = Found(whole.record.verdict, {run.diagnostic: _said(run) for run in whole.runs})
            self._found = {**self._found, called.checkup: known}
        return known


def _bay(called: Called) -> str:
    return f"{called.station}:{called.call.bay}"


def _said(run: RunRecord) -> Said:
    return Said(run.diagnostic, run.verdict, str(run.result["summary"]))
