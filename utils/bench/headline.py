"""What a check-up says about the board, in one headline. Pure: results in, words out.

    Headline.code    none · running · complete · partial · cancelled · interrupted · not-started

A check-up that was cut off never looks complete: `rest` names what it did not come to. A diagnostic that
was never answered has no result, so an older answer stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from utils.bench.runs import Checkup
from utils.judging.diagnosis import Diagnosis, diagnoses
from utils.model.results import Result, Verdict
from utils.model.words import CAUSES, count_words, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """verdict: the colour, None without any. line: the counts. note: whose results, and which are older.
    rest: ids that the check-up did not come to. diagnoses: what several findings have in common."""

    code: str
    verdict: Verdict | None
    title: str
    line: str = ""
    note: str = ""
    rest: tuple[str, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()


def answered(result: Result) -> bool:
    """Whether the board was asked and answered, or was given all its time: else nothing is known of it."""
    return result.error is None or result.error["code"] not in CAUSES


def headline(
    passive: Sequence[str],
    shown: Mapping[str, Result],
    checkup: Checkup | None,
    *,
    device_id: str = "",
    device: str = "",
) -> Headline:
    """passive: ids of a whole check-up. shown: the newest result of each diagnostic. device_id, device: the
    board at hand, with its label; "" if there is none."""
    own = {name: result for name, result in shown.items() if not _foreign(result, device_id)}
    running = checkup is not None and not checkup.finished
    rest = _rest(checkup, own) if checkup else ()
    if checkup and running:
        own = {name: result for name, result in own.items() if name not in rest}
    note = _note(shown, own, checkup, rest, device_id=device_id, device=device)
    line = _line(own, passive, running=running)
    common = diagnoses(own.values())
    if checkup and not running and rest:
        return replace(_cut_short(checkup, own, rest, line, note), diagnoses=common)
    missing = not own.keys() >= set(passive)
    code = "running" if running else "none" if not own else "partial" if missing else "complete"
    verdict, title = verdict_over(own.values(), code)
    return Headline(code=code, verdict=verdict, title=title, line=line, note=note, diagnoses=common)


def _foreign(result: Result, device_id: str) -> bool:
    return bool(device_id and result.device_id and result.device_id != device_id)


def _rest(checkup: Checkup, own: Mapping[str, Result]) -> tuple[str, ...]:
    """What it did not come to, and nobody ran since."""
    return tuple(
        name
        for name in checkup.runs
        if name not in own or not answered(own[name]) or _older(own[name], checkup)
    )


def _older(result: Result, checkup: Checkup) -> bool:
    return result.run != checkup.runs[result.diagnostic].id and (result.started_at or "") < checkup.started_at


def _line(own: Mapping[str, Result], passive: Collection[str], *, running: bool) -> str:
    counts = Counter(result.verdict.value for result in own.values())
    partly = sum(
        result.verdict is Verdict.PASS and any(each.verdict is Verdict.SKIP for each in result.findings)
        for result in own.values()
    )
    missing = 0 if running or not own else len(set(passive) - own.keys())
    not_run = f"{missing} not run" if missing else ""
    return ", ".join(filter(None, (count_words(counts, partly=partly), not_run)))


def verdict_over(own: Collection[Result], code: str) -> tuple[Verdict | None, str]:
    """The colour and the title over these results. code: as in Headline; "partial": not all were asked."""
    if not own:
        return None, "Checking…" if code == "running" else "No check-up yet"
    ends = {"running": " so far", "partial": f" in the {number(len(own), 'check')} that ran"}
    so_far = ends.get(code, "")
    found = Counter(result.verdict for result in own)
    if faults := found[Verdict.FAIL]:
        return Verdict.FAIL, f"{number(faults, 'fault')}{so_far or ' found'}"
    if warnings := found[Verdict.WARN]:
        return Verdict.WARN, f"{number(warnings, 'warning')}, no fault{so_far}"
    if unknown := found[Verdict.UNKNOWN]:
        return Verdict.UNKNOWN, f"No fault found{so_far}, but {unknown} not checked"
    if not found[Verdict.PASS]:
        return None, "Nothing that could be judged"
    return Verdict.PASS, "This board is OK" if code == "complete" else f"No fault{so_far}"


def _cut_short(
    checkup: Checkup, own: Mapping[str, Result], rest: tuple[str, ...], line: str, note: str
) -> Headline:
    total, fresh = len(checkup.runs), [own[name] for name in checkup.runs if name in own and name not in rest]
    faults = sum(result.verdict is Verdict.FAIL for result in fresh)
    found = f", {number(faults, 'fault')} found" if faults else ""
    checked, cause = f"{len(fresh)} of {total} checked{found}", _cause(checkup)
    verdict = Verdict.FAIL if faults else Verdict.UNKNOWN
    if checkup.cancelled:
        code, title = "cancelled", f"Cancelled: {checked}"
    elif fresh:
        code, title = "interrupted", f"Interrupted: {checked}. {cause[:1].upper()}{cause[1:]}"
    else:
        code, title = "not-started", f"Not checked: {cause}"
    return Headline(code=code, verdict=verdict, title=title, line=line, note=note, rest=rest)


def _cause(checkup: Checkup) -> str:
    """Of the first diagnostic that was not answered."""
    errors = (run.result.error for run in checkup.runs.values() if run.result and not answered(run.result))
    error: Mapping[str, Any] = next((each for each in errors if each), {"code": "link-lost"})
    return CAUSES[error["code"]]


def _note(
    shown: Mapping[str, Result],
    own: Mapping[str, Result],
    checkup: Checkup | None,
    rest: Collection[str],
    *,
    device_id: str,
    device: str,
) -> str:
    """Whose results these are where that is not plain, and which are older than the check-up."""
    whose = next((result.device for result in own.values() if result.device), None)
    before = [result for result in shown.values() if _foreign(result, device_id)]
    older = [name for name in rest if name in own] if checkup and checkup.finished else []
    return " ".join(filter(None, (
        f"{number(len(older), 'result')} from before are kept." if older else "",
        f"These are the results of {whose}." if whose and not device else "",
        f"{number(len(before), 'result')} of the board before, {before[0].device}." if before else "",
    )))  # fmt: skip
