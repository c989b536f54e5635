"""A fleet run as a matrix, boards by diagnostics, worst first both ways. Pure.

What is wrong on every board is the bench's: it stands once above the matrix, not in each column. Where boards
on one hub share what looks like a weak supply, the hub is suspected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from utils.bench.bay import Bay
from utils.bench.fleet import BayCheckup, FleetRun
from utils.errors import TargetAmbiguous
from utils.model.results import Verdict, severity_rank, to_json
from utils.model.words import SPEAKS_UP

BY_SUPPLY = ("over-current", "over-current-rate", "input-voltage", "reset-reason", "usb-enumerations")
"""What a hub with a weak supply, or a bad cable to it, does to a board."""


class SummarisedResult(Protocol):
    """What a diagnostic said of a board."""

    @property
    def diagnostic(self) -> str: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def summary(self) -> str: ...


@dataclass(frozen=True)
class Column:
    """A board of it. told: by diagnostic; None where nothing is known of its check-up. counts: False for a
    place whose board has another column."""

    bay: str
    place: str
    name: str
    state: str
    verdict: Verdict | None
    told: Mapping[str, SummarisedResult] | None
    cause: str = ""
    hint: str = ""
    port: str = ""
    counts: bool = True

    def as_json(self) -> dict[str, Any]:
        """As the page has it."""
        shown = ("bay", "place", "name", "state", "verdict", "cause", "hint")
        return {name: to_json(getattr(self, name)) for name in shown}


def matrix(run: FleetRun, titles: Mapping[str, str]) -> dict[str, Any]:
    """The run as the page shows it. titles: of each diagnostic, by id."""
    return {
        "checkup": run.id,
        "state": "finished" if run.finished else "running",
        "verdict": to_json(run.verdict),
        "started_at": run.started_at,
        **laid_out([_column(part) for part in run.parts.values()], titles),
    }


def laid_out(
    columns: Iterable[Column], titles: Mapping[str, str], shown: slice = slice(None)
) -> dict[str, Any]:
    """Boards and rows in their order, and what they have in common. shown: which of the boards; the rest
    counts for order and sentences alone."""
    ordered = sorted(columns, key=_worst_first)
    boards = [each for each in ordered if each.counts]
    told: SaidByBay = {each.bay: each.told for each in boards if each.told is not None}
    whole = len(told) == len(boards)
    common = _on_all(told)
    here = ordered[shown]
    rows = [name for name in _spoken(told) if name not in {each[0].diagnostic for each in common}]
    return {
        "bays": [each.as_json() for each in here],
        "common": [_sentence(each, titles, whole=whole) for each in common],
        "suspects": suspects(told, {each.bay: each.port for each in boards}),
        "rows": [
            {
                "diagnostic": name,
                "title": titles.get(name, name),
                "cells": {each.bay: _cell(told[each.bay].get(name)) for each in here if each.bay in told},
            }
            for name in rows
        ],
    }


SaidByBay = Mapping[str, Mapping[str, SummarisedResult]]
"""By bay and diagnostic."""


def suspects(told: SaidByBay, ports: Mapping[str, str]) -> list[str]:
    """What boards on one hub have in common, as sentences. ports: the USB port of each bay, "usb-1-2.3"."""
    weak = {bay for bay, results in told.items() if _looks_weak(results)}
    hub = _hub_of([ports.get(bay, "") for bay in weak])
    if not hub or any(ports.get(bay, "").startswith(f"{hub}.") for bay in told if bay not in weak):
        return []
    return [
        f"{len(weak)} boards on the hub at {hub} show resets or a weak supply, and no other board does. "
        "Suspect the hub, its supply or its cable."
    ]


def _looks_weak(results: Mapping[str, SummarisedResult]) -> bool:
    return any(_verdict(results.get(name)) in SPEAKS_UP[:2] for name in BY_SUPPLY)


def _hub_of(ports: Sequence[str]) -> str:
    """The hub nearest to all of these ports, "usb-1-2"; "" where they are fewer than two or share none."""
    if len(ports) < 2 or not all(port.startswith("usb-") for port in ports):
        return ""
    shared = []
    for steps in zip(*(port.split(".")[:-1] for port in ports), strict=False):
        if len(set(steps)) > 1:
            break
        shared.append(steps[0])
    return ".".join(shared)


def _on_all(told: SaidByBay) -> list[list[SummarisedResult]]:
    """The results of each diagnostic with one verdict on every board; none while one board has no result."""
    if len(told) < 2 or not all(told.values()):
        return []
    every = ([each[name] for each in told.values() if name in each] for name in _spoken(told))
    return [each for each in every if len(each) == len(told) and len({one.verdict for one in each}) == 1]


def _spoken(told: SaidByBay) -> list[str]:
    """The diagnostics that say something on any board: the worst first, then those of the most boards."""
    every: dict[str, list[int]] = {}
    for results in told.values():
        for name, result in results.items():
            if result.verdict in SPEAKS_UP:
                every.setdefault(name, []).append(severity_rank(result.verdict))
    return sorted(every, key=lambda name: (min(every[name]), -len(every[name]), name))


def _worst_first(column: Column) -> tuple[int, int]:
    loud = [each for each in (column.told or {}).values() if each.verdict in SPEAKS_UP]
    return (severity_rank(column.verdict) if column.verdict else len(Verdict), -len(loud))


def _column(part: BayCheckup) -> Column:
    results, cause = part.results(), part.cause
    return Column(
        bay=part.bay.id,
        place=place_of(part.bay),
        name=part.as_json()["device"] or part.bay.title,
        state=part.state,
        verdict=part.verdict,
        told=None if part.state == "not started" else {each.diagnostic: each for each in results},
        cause=str(cause) if cause else "",
        hint=cause.hint if cause else "",
        port=usb_port_of(part.bay),
        counts=not isinstance(cause, TargetAmbiguous),
    )


def _sentence(results: list[SummarisedResult], titles: Mapping[str, str], *, whole: bool) -> dict[str, Any]:
    """ "All 5 boards: no time source is in use." Where boards say different words, the diagnostic's title.
    whole: no board is missing."""
    first = results[0]
    said = {each.summary for each in results}
    what = first.summary if len(said) == 1 else f"{titles.get(first.diagnostic, first.diagnostic)}."
    return {
        "diagnostic": first.diagnostic,
        "verdict": first.verdict.value,
        "text": f"All {len(results)} boards{'' if whole else ' that were checked'}: {what}",
    }


def _cell(result: SummarisedResult | None) -> dict[str, str] | None:
    return {"verdict": result.verdict.value, "summary": result.summary} if result else None


def _verdict(result: SummarisedResult | None) -> Verdict | None:
    return result.verdict if result else None


def usb_port_of(bay: Bay) -> str:
    """Where its board is plugged in, "usb-1-2.3"; "" where that is not by USB port."""
    return bay.id if bay.id.startswith("usb-") else bay.door.settings.target.usb_port


def place_of(bay: Bay) -> str:
    """Where the board is, for people: the bay's title, or its USB port."""
    if bay.title and bay.title != bay.id:
        return bay.title
    port = bay.door.settings.target.usb_port
    return f"USB port {port.removeprefix('usb-')}" if port else bay.id


def titles_of(diagnostics: Iterable[Any]) -> dict[str, str]:
    """The title of each diagnostic, by id."""
    return {each.id: each.title for each in diagnostics}
