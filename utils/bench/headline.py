"""What a check-up says about the board, in one headline. Pure: results in, words out.

    Headline.code    none · running · complete · partial · cancelled · interrupted · not-started

A check-up that was cut off never looks complete: `rest` names what it did not come to. A diagnostic that
was never answered has no result, so an older answer stays.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from utils.bench.runs import Checkup
from utils.judging.diagnosis import Diagnosis, diagnoses
from utils.model.outcome import (
    ABOUT_AS_MANY,
    Answer,
    Outcome,
    checks_that_ran,
    counted,
    not_started,
    outcome,
    said,
)
from utils.model.records import CheckupRecord
from utils.model.results import Result, Verdict, worst
from utils.model.words import number


@dataclass(frozen=True, slots=True)
class LastCheckup:
    """The newest check-up that is kept of a board which nobody has checked since the program was started.
    line: its counts."""

    checkup: str
    started_at: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """verdict: the colour, None without any. line: the counts. note: whose results, and which are older.
    rest: ids that the check-up did not come to. unchecked: ids without a result that `line` counts as not
    checked. diagnoses: what several findings have in common. last: with `none` alone."""

    code: str
    verdict: Verdict | None
    title: str
    line: str = ""
    note: str = ""
    rest: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    last: LastCheckup | None = None


def headline(
    passive: Sequence[str],
    shown: Mapping[str, Result],
    checkup: Checkup | None,
    *,
    device_id: str = "",
    device: str = "",
    answers: Mapping[str, Answer] | None = None,
    before: CheckupRecord | None = None,
) -> Headline:
    """passive: ids of a whole check-up. shown: the newest result of each diagnostic. device_id, device: the
    board at hand, with its label; "" if there is none. answers: those of `shown`, where they are at hand.
    before: the newest check-up that is kept of that board, told where there is nothing newer."""
    own = {name: each for name, each in shown.items() if not (device_id and _foreign(each, device_id))}
    answers = answers or {name: Answer.of(result) for name, result in own.items()}
    running = checkup is not None and not checkup.finished
    rest = _rest(checkup, own, answers) if checkup else ()
    if checkup and running:
        own = {name: result for name, result in own.items() if name not in rest}
    given = [answers[name] for name in own]
    ended = _ended(checkup, own, rest) if checkup and rest and not running else None
    missing = () if running or not (own or ended) else tuple(name for name in passive if name not in own)
    counts, line = counted(given, len(missing))
    code, verdict, title = (
        (ended.code, ended.verdict, ended.title) if ended else _over(given, counts, missing, running)
    )
    note = _note(shown, own, checkup, rest, device_id=device_id, device=device)
    if code == "none" and before is not None:
        return _as_it_was(before, note, len(passive))
    return Headline(
        code=code,
        verdict=verdict,
        title=title,
        line=line,
        note=note,
        rest=rest if ended else (),
        unchecked=missing,
        diagnoses=diagnoses(own.values()),
    )


def _as_it_was(before: CheckupRecord, note: str, whole: int) -> Headline:
    """What was found then has no colour now. whole: how many checks a whole check-up has; one of far fewer
    says so."""
    ended, ran = before.outcome, sum(before.outcome.counts.values())
    end = "" if ran >= ABOUT_AS_MANY * whole else checks_that_ran(ran)
    title = ended.title if ended.cut_short else said(ended.counts, end, board="This board was")
    return Headline(
        code="none",
        verdict=None,
        title=f"Last check-up: {title[:1].lower()}{title[1:]}",
        note=note,
        last=LastCheckup(before.id, before.started_at, ended.line),
    )


def _over(
    own: Sequence[Answer], counts: Mapping[str, int], missing: Collection[str], running: bool
) -> tuple[str, Verdict | None, str]:
    """Code, colour and title where no check-up was cut off. own: of the results. counts: with the missing."""
    if not own:
        return ("running", None, "Checking…") if running else ("none", None, "No check-up yet")
    code = "running" if running else "partial" if missing else "complete"
    ran = sum(each.given for each in own)
    if not ran and not running:
        return code, Verdict.UNKNOWN, not_started(own[0].error).title
    end = {"running": " so far", "partial": checks_that_ran(ran)}.get(code, "")
    never = len(missing)
    found = {**counts, "unknown": counts["unknown"] - never}
    return code, worst(verdict for verdict in Verdict if found[verdict]), said(found, end, never=never)


def headline_of(ended: Outcome, results: Collection[Result]) -> Headline:
    """The headline over one check-up alone, whatever was there before it."""
    return Headline(
        code=ended.code, verdict=ended.verdict, title=ended.title, line=ended.line, rest=ended.rest,
        unchecked=ended.rest, diagnoses=diagnoses(results),
    )  # fmt: skip


def _foreign(result: Result, device_id: str) -> bool:
    return result.device_id != device_id and bool(result.device_id)


def _rest(checkup: Checkup, own: Mapping[str, Result], answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """What it did not come to, and nobody ran since."""
    began = checkup.started_at
    return tuple(
        name
        for name, run in checkup.runs.items()
        if (result := own.get(name)) is None
        or not answers[name].given
        or (result.run != run.id and (result.started_at or "") < began)
    )


def _ended(checkup: Checkup, own: Mapping[str, Result], rest: Collection[str]) -> Outcome:
    """How it ended for the board at hand: what was run since is answered, what another board said is not."""
    told = {name: Answer.of(own[name]) for name in checkup.runs if name not in rest}
    results = {name: checkup.runs[name].result for name in rest}
    kept_away = {name: _kept_away(result) for name, result in results.items() if result}
    return outcome(list(checkup.runs), told | kept_away, cancelled=checkup.cancelled)


def _kept_away(result: Result) -> Answer:
    found = Answer.of(result)
    return Answer(Verdict.UNKNOWN, "device-changed") if found.given else found


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
    before = [result for result in shown.values() if device_id and _foreign(result, device_id)]
    older = [name for name in rest if name in own] if checkup and checkup.finished else []
    return " ".join(filter(None, (
        f"The counts include {number(len(older), 'result')} from before." if older else "",
        f"These are the results of {whose}." if whose and not device else "",
        f"{number(len(before), 'result')} of the board before, {before[0].device}." if before else "",
    )))  # fmt: skip
