"""Which faults of the bench a swap test can follow, and what a result says about one thing. Asks no board."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from utils.bench.bay import Bay
from utils.bench.bench import Bench
from utils.bench.matrix import place_of
from utils.bench.swap.parts import Part, fitting
from utils.bench.swap.proof import Place, PlaceState
from utils.judging.catalogue.models import Check, Diagnostic
from utils.judging.verdict import items
from utils.model.results import Device, Finding, Result, Verdict, severity_rank

FAULTS = (Verdict.FAIL, Verdict.WARN)
_JUDGED = (*FAULTS, Verdict.PASS, Verdict.INFO)


def faults(bench: Bench) -> list[dict[str, Any]]:
    """Every fault and warning of the boards at hand, faults first, each with what it can be compared with."""
    found = [each for bay in bench for each in _faults_of(bay, bench)]
    return sorted(found, key=lambda each: severity_rank(Verdict(each["verdict"])))


def seen_at(
    diagnostic: Diagnostic, result: Result, item: str, *, silent: bool = False
) -> tuple[PlaceState, str]:
    """What the result says about this item, with its sentence. silent: where it is good, nothing names it.

    A finding says it. The good ones of a long list stand in one line, so the reading is asked once more.
    """
    finding = _named(diagnostic, result, item)
    if finding is None:
        good = silent and result.error is None and result.verdict in _JUDGED
        return (PlaceState.GOOD if good else PlaceState.UNREAD), result.summary
    if finding.verdict in FAULTS:
        return PlaceState.FAULT, finding.reason
    good = finding.verdict in (Verdict.PASS, Verdict.INFO) and result.error is None
    return (PlaceState.GOOD if good else PlaceState.UNREAD), finding.reason


def silent(diagnostic: Diagnostic, result: Result, item: str) -> bool:
    """Whether nothing names this item where it is good: its check lists faults alone."""
    check, _ = _check_of(diagnostic, result, item)
    return check is not None and bool(check.ignore or check.own_words)


def place(bay: Bay, item: str, device: Device, *, one_board: bool) -> Place:
    """A place of a swap test, with the board that is there now."""
    words = f"“{item}”" if one_board else place_of(bay)
    return Place(bay=bay.id, item=item, words=words, board=device.device_id, name=device.label)


def cold(part: Part, diagnostic: Diagnostic) -> bool:
    """Whether the power must be off: for this part, or because what is read was looked for at boot."""
    return part.cold or diagnostic.category.value == "cameras"


def _named(diagnostic: Diagnostic, result: Result, item: str) -> Finding | None:
    told = next((each for each in result.findings if each.label == item), None)
    if told is not None:
        return told
    _, group = _check_of(diagnostic, result, item)
    return next((each for each in group if each.label == item and each.verdict is Verdict.PASS), None)


def _check_of(diagnostic: Diagnostic, result: Result, item: str) -> tuple[Check | None, list[Finding]]:
    """The check that speaks of this item, with all that it found."""
    for check, group in items(diagnostic, result.reading) if result.reading else ():
        if item in {each.label for each in group}:
            return check, group
    return None, []


def _faults_of(bay: Bay, bench: Bench) -> Iterator[dict[str, Any]]:
    device = bay.door.status().device
    if device is None:
        return
    for result in bay.runner.board.shown().values():
        diagnostic = bay.judging(result.diagnostic)
        if result.device_id != device.device_id or diagnostic is None:
            continue
        for finding in result.findings:
            if finding.verdict in FAULTS:
                yield _fault(bay, bench, diagnostic, result, finding)


def _fault(
    bay: Bay, bench: Bench, diagnostic: Diagnostic, result: Result, finding: Finding
) -> dict[str, Any]:
    return {
        "bay": bay.id,
        "place": place_of(bay),
        "board": result.device,
        "diagnostic": diagnostic.id,
        "title": diagnostic.title,
        "item": finding.label,
        "verdict": finding.verdict.value,
        "reason": finding.reason,
        "others": [*_beside(bay, diagnostic, result, finding.label), *_elsewhere(bay, bench, finding.label)],
    }


def _beside(bay: Bay, diagnostic: Diagnostic, result: Result, item: str) -> list[dict[str, Any]]:
    """Other things of the same list on the same board that are good: camera 1 where camera 2 is missing."""
    _, found = _check_of(diagnostic, result, item)
    good = dict.fromkeys(each.label for each in found if each.verdict in (Verdict.PASS, Verdict.INFO))
    return [_other(bay.id, label, label, one_board=True) for label in good]


def _elsewhere(bay: Bay, bench: Bench, item: str) -> list[dict[str, Any]]:
    """The same thing of the other boards that are connected."""
    return [
        _other(each.id, item, f"{place_of(each)} ({device.label})", one_board=False)
        for each in bench
        if each is not bay and (device := each.door.status().device) is not None
    ]


def _other(bay: str, item: str, words: str, *, one_board: bool) -> dict[str, Any]:
    parts = [{"id": part.id, "word": part.word} for part in fitting(one_board=one_board)]
    return {"bay": bay, "item": item, "words": words, "parts": parts}
