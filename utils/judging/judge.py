"""judge(id, stdout, stderr, exit_status) -> Result: parse and verdict of saved text, no device needed.

The one place where a parser's word becomes a verdict: NotApplicable -> skip, Undecided -> unknown,
a parser that fails -> unknown. Nothing here raises for device text, and nothing passes without data.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import cast

from utils.errors import Cause, NotApplicable, ParseError, Undecided
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue
from utils.judging.catalogue.models import Diagnostic
from utils.judging.causes import WAY
from utils.judging.guard import TABLE, Bounds, bounded
from utils.judging.parsers._text import part_unread, sudo_refused, tool_missing
from utils.judging.plausible import impossible
from utils.judging.verdict import evaluate
from utils.model.results import Finding, Reading, Result, Verdict, severity_rank, worst


def judge(
    diagnostic_id: str,
    stdout: str,
    stderr: str = "",
    exit_status: int | None = 0,
    *,
    catalogue: Catalogue | None = None,
) -> Result:
    """The Result of what a diagnostic's command printed. UnknownDiagnostic for an unknown id."""
    return judge_diagnostic(
        (catalogue or builtin_catalogue()).get(diagnostic_id), stdout, stderr, exit_status
    )


def judge_diagnostic(
    diagnostic: Diagnostic,
    stdout: str,
    stderr: str,
    exit_status: int | None,
    normal: frozenset[str] = frozenset(),
) -> Result:
    """As judge(), for a diagnostic at hand. Text beyond all bounds is cut first, and never passes.

    normal: shapes of kernel messages that a person called normal for the board.
    """
    bounds: Bounds = getattr(_parser(diagnostic), "BOUNDS", TABLE)
    (out, out_damage), (err, err_damage) = bounded(stdout, bounds), bounded(stderr, bounds)
    judged = _judged(diagnostic, out, err, exit_status, normal)
    looks_at_each = judged.reading is not None and getattr(_parser(diagnostic), "LOOKS_AT_EACH", False)
    if looks_at_each and (unread := part_unread(err)):
        judged = in_doubt(judged, diagnostic, f"Not all of it could be read: {unread[:200]}", Cause.GARBAGE)
    if damage := out_damage or err_damage:
        judged = in_doubt(judged, diagnostic, damage, Cause.DAMAGED)
        judged = replace(judged, stdout=stdout, stderr=stderr)
    return judged


def in_doubt(result: Result, diagnostic: Diagnostic, reason: str, cause: Cause) -> Result:
    """The Result of a text of which a part is missing: a fault stays true, anything else is unknown."""
    doubt = Finding(
        label=diagnostic.title,
        verdict=Verdict.UNKNOWN,
        reason=reason,
        next_step=WAY[cause],
        why=diagnostic.why,
    )
    findings = sorted((doubt, *result.findings), key=lambda finding: severity_rank(finding.verdict))
    verdict = worst((doubt.verdict, result.verdict))
    summary = reason if verdict is Verdict.UNKNOWN else result.summary
    return replace(result, verdict=verdict, summary=summary, findings=tuple(findings))


def _judged(
    diagnostic: Diagnostic, stdout: str, stderr: str, exit_status: int | None, normal: frozenset[str]
) -> Result:
    said = (stderr.strip() or stdout.strip())[:2000]
    reading: Reading | None = None
    try:
        reading = _parse(diagnostic, stdout, stderr, exit_status)
    except ParseError as exc:
        judged = _without_reading(diagnostic, *_word(diagnostic, exc, stdout, stderr, exit_status), said)
    except Exception as exc:  # a parser's bug must never look like a healthy device
        reason = f"The output could not be read ({type(exc).__name__})."
        judged = _without_reading(diagnostic, Verdict.UNKNOWN, Cause.GARBAGE, reason, said)
    else:
        if normal and (for_board := getattr(_parser(diagnostic), "for_board", None)):
            reading = cast(Reading, for_board(reading, normal))
        judged = evaluate(diagnostic, reading)
    findings, verdict, summary = judged
    return Result(
        diagnostic=diagnostic.id,
        title=diagnostic.title,
        category=diagnostic.category.value,
        verdict=verdict,
        summary=summary,
        findings=findings,
        reading=reading,
        command=diagnostic.command,
        stdout=stdout,
        stderr=stderr,
        exit_status=exit_status,
    )


def _word(
    diagnostic: Diagnostic, exc: ParseError, stdout: str, stderr: str, exit_status: int | None
) -> tuple[Verdict, Cause, str]:
    """The verdict of a text without a reading, why there is none, and that as a sentence.

    Not applicable is a fault where somebody says that the thing is there; without the tool, who knows.
    """
    reason = str(exc)
    if not isinstance(exc, NotApplicable):
        refused = sudo_refused(stdout, stderr) if diagnostic.root else ""
        if refused:
            return Verdict.SKIP, Cause.NEEDS_ROOT, f"This check needs root: {refused}"
        return Verdict.UNKNOWN, exc.cause, reason
    if tool_missing(stdout, stderr, exit_status):
        return Verdict.UNKNOWN if diagnostic.expected else Verdict.SKIP, Cause.TOOL_MISSING, reason
    if not diagnostic.expected:
        return Verdict.SKIP, Cause.NOT_THERE, reason
    missing = ", ".join(diagnostic.expected_parts)
    return Verdict.FAIL, Cause.NOT_THERE, f"{reason} Expected: {missing}." if missing else reason


def _parser(diagnostic: Diagnostic) -> ModuleType:
    return _module(diagnostic.parser)


@cache
def _module(name: str) -> ModuleType:
    return importlib.import_module(f"utils.judging.parsers.{name}")


def _parse(diagnostic: Diagnostic, stdout: str, stderr: str, exit_status: int | None) -> Reading:
    parser = _parser(diagnostic)
    reading = cast(Reading, parser.parse(stdout, stderr, exit_status))
    if wrong := impossible(reading, getattr(parser, "NEVER_ZERO", "")):
        raise Undecided(wrong, Cause.IMPLAUSIBLE)
    return reading


def _without_reading(
    diagnostic: Diagnostic, verdict: Verdict, cause: Cause, reason: str, said: str
) -> tuple[tuple[Finding, ...], Verdict, str]:
    finding = Finding(
        label=diagnostic.title,
        verdict=verdict,
        reason=reason,
        why=diagnostic.why,
        next_step=diagnostic.next_step if verdict is Verdict.FAIL else WAY[cause],
        limit_source=diagnostic.expected if verdict is Verdict.FAIL else "",
        evidence=said,
    )
    return (finding,), verdict, reason
