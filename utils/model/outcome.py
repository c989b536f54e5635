"""How a check-up ended: what was answered and what was not, the counts, the verdict, one sentence. Pure.

Page, report, JUnit, JSON, CSV, history and command line take it from here, of one board and of all. A check
that was never answered counts as "not checked", as one that did not decide does. A check-up that was cut off
is never better than "not checked", and a fault that it found stays one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from utils.model.results import Result, Verdict, worst
from utils.model.words import CAUSES, EXIT_STATUS, PROGRAM_ENDED, VERDICTS, count_words, number

ABOUT_AS_MANY = 0.8
"""A check-up of less than this share of another's checks is no measure for it."""
RUNNING, COMPLETE = "running", "complete"
CANCELLED, INTERRUPTED, NOT_STARTED = "cancelled", "interrupted", "not-started"
_HOW = {
    RUNNING: "Still running", CANCELLED: "Cancelled", INTERRUPTED: "Interrupted", NOT_STARTED: "Not checked",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """One check's: error is the code of what kept the board's answer away, "" where there is one. partly: it
    is OK, but some of it could not be made."""

    verdict: Verdict
    error: str = ""
    partly: bool = False

    @property
    def given(self) -> bool:
        """Whether the board was asked and answered, or was given all its time: else nothing is known."""
        return self.error not in CAUSES

    @classmethod
    def of(cls, result: Result) -> Answer:
        """That of a result."""
        skipped = any(each.verdict is Verdict.SKIP for each in result.findings)
        return cls(result.verdict, (result.error or {}).get("code", ""), skipped)

    @classmethod
    def told(cls, result: Mapping[str, Any]) -> Answer:
        """That of a result as JSON has it."""
        skipped = any(each["verdict"] == Verdict.SKIP for each in result["findings"])
        return cls(Verdict(result["verdict"]), (result["error"] or {}).get("code", ""), skipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """code: running, complete, cancelled, interrupted or not-started. title: the sentence, without its full
    stop. line: the counts in words. rest: ids that were never answered; in counts they are unknown."""

    code: str
    verdict: Verdict
    title: str
    line: str
    counts: Mapping[str, int]
    rest: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        """That of the verdict, in the convention of Nagios plugins."""
        return EXIT_STATUS[self.verdict]

    @property
    def cut_short(self) -> bool:
        """Whether it is over without having come to its end."""
        return self.code in (CANCELLED, INTERRUPTED, NOT_STARTED)

    @property
    def sentence(self) -> str:
        """The last line: how far it came, where it was cut off; the counts."""
        line = self.line or "nothing was checked"
        return f"{self.title}.{f' {self.line}.' if self.line else ''}" if self.cut_short else line

    def facts(self) -> dict[str, Any]:
        """As check-ups carry it, JSON-ready."""
        told = {"code": self.code, "verdict": self.verdict.value, "title": self.title, "line": self.line}
        return {**told, "rest": list(self.rest), "exit_status": self.exit_status}


def outcome(
    asked: Sequence[str],
    answers: Mapping[str, Answer],
    *,
    running: bool = False,
    cancelled: bool = False,
    whole: bool = True,
) -> Outcome:
    """That of one board's check-up. asked: ids. answers: those that are there. whole: it asked for all that a
    check-up asks for, so it may speak of the board."""
    rest = tuple(name for name in asked if name not in answers or not answers[name].given)
    given = [answers[name] for name in asked if name not in rest]
    found, line = counted(given, len(rest))
    code = RUNNING if running else _code(rest, cancelled=cancelled, begun=bool(given))
    if code != COMPLETE:
        return replace(cut_off(code, found, rest, cause=_cause(rest, answers)), line=line)
    title = said(found, "" if whole else checks_that_ran(len(given)))
    return Outcome(code=code, verdict=_worst(found), title=title, line=line, counts=found)


def cut_off(code: str, counts: Mapping[str, int], rest: Sequence[str], *, cause: str = "") -> Outcome:
    """That of a check-up which has not come to its end. cause: of CAUSES, "" where it is not known."""
    if code == NOT_STARTED:
        title = f"{_HOW[code]}: {cause or 'no check was answered'}"
    else:
        why = f". {cause[:1].upper()}{cause[1:]}" if cause and code == INTERRUPTED else ""
        title = f"{_HOW[code]}: {_checked(counts)}{why}"
    return Outcome(
        code=code, verdict=_cut_short(counts), title=title, line=count_words(counts), counts=counts,
        rest=tuple(rest),
    )  # fmt: skip


def not_started(error: str, asked: Sequence[str] = ()) -> Outcome:
    """That of a check-up which an error kept from its begin. error: its code."""
    found, _ = counted((), len(asked))
    return cut_off(NOT_STARTED, found, asked, cause=CAUSES.get(error, ""))


def together(boards: Sequence[Outcome]) -> Outcome:
    """That of a check-up of several boards, of which each has its own."""
    found: Counter[str] = Counter()
    for each in boards:
        found.update(each.counts)
    counts = {verdict.value: found[verdict] for verdict in Verdict}
    cut = {each.code for each in boards if each.code != COMPLETE}
    code = next((each for each in (RUNNING, CANCELLED, INTERRUPTED) if each in cut), NOT_STARTED)
    if not cut:
        code = COMPLETE
        title = said(counts, board="This board is" if len(boards) == 1 else f"All {len(boards)} boards are")
    else:
        whole = sum(each.code == COMPLETE for each in boards)
        how = "Not complete" if whole else _HOW[code]
        title = f"{how}: {whole} of {number(len(boards), 'board')} checked{_faults(counts)}"
    verdict = _cut_short(counts) if cut else worst(each.verdict for each in boards)
    return Outcome(code=code, verdict=verdict, title=title, line=count_words(counts), counts=counts)


def counted(answers: Iterable[Answer], never: int = 0) -> tuple[dict[str, int], str]:
    """(how many of each verdict, that in words). never: how many more were never answered."""
    given = list(answers)
    found = Counter(each.verdict for each in given)
    counts = {verdict.value: found[verdict] for verdict in Verdict}
    counts[Verdict.UNKNOWN.value] += never
    partly = sum(each.partly and each.verdict is Verdict.PASS for each in given)
    return counts, count_words(counts, partly=partly)


def checks_that_ran(count: int) -> str:
    """The end of a sentence over less than a whole check-up."""
    return f" in the {number(count, 'check')} that ran"


def said(counts: Mapping[str, int], end: str = "", *, never: int = 0, board: str = "This board is") -> str:
    """What these counts say, as a title. end: what they speak of, "" for all of the board. never: how many
    more are known to be not checked."""
    if counts["fail"]:
        return f"{number(counts['fail'], 'fault')}{end or ' found'}"
    if counts["warn"]:
        return f"{number(counts['warn'], 'warning')}, no fault{end}"
    if counts["unknown"]:
        return f"No fault found{end}, but {counts['unknown'] + never} {VERDICTS[Verdict.UNKNOWN].one}"
    if not counts["pass"]:
        return "Nothing that could be judged"
    return f"No fault{end}" if end else f"{board} OK"


def _code(rest: Collection[str], *, cancelled: bool, begun: bool) -> str:
    if not rest:
        return COMPLETE
    return CANCELLED if cancelled else INTERRUPTED if begun else NOT_STARTED


def _cause(rest: Iterable[str], answers: Mapping[str, Answer]) -> str:
    """Of the first that was not answered. Without any answer, the program ended."""
    errors = [answers[name].error for name in rest if name in answers]
    return CAUSES[errors[0]] if errors else PROGRAM_ENDED


def _checked(counts: Mapping[str, int]) -> str:
    """ "31 of 87 checked, 1 fault found"."""
    total = sum(counts.values())
    return f"{total - counts['unknown']} of {total} checked{_faults(counts)}"


def _faults(counts: Mapping[str, int]) -> str:
    return f", {number(counts['fail'], 'fault')} found" if counts["fail"] else ""


def _worst(counts: Mapping[str, int]) -> Verdict:
    return worst(verdict for verdict in Verdict if counts[verdict.value])


def _cut_short(counts: Mapping[str, int]) -> Verdict:
    return Verdict.FAIL if counts["fail"] else Verdict.UNKNOWN
