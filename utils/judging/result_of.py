"""What the door answered -> Result: judged as the device printed it, then redacted. Pure but for the time.

Trouble instead of an answer is verdict unknown, with the error in `error`; never anything better.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from utils.clock import utc_text
from utils.errors import Cause, V3Error
from utils.judging.catalogue import known
from utils.judging.catalogue.models import Diagnostic
from utils.judging.causes import way
from utils.judging.judge import in_doubt, judge_diagnostic
from utils.model.results import CommandResult, Device, Finding, Result, Verdict, error_facts
from utils.redact import redact

_SHORT = 8 << 10  # characters; a longer output is a log, which is seldom the same
_CUT_OFF = "The device printed more than is kept; only the first part of it could be judged."


def result_of(
    diagnostic: Diagnostic, answer: CommandResult | V3Error, normal: frozenset[str] = frozenset()
) -> Result:
    """The diagnostic's Result of what its command printed, or of why there is no answer.

    It is the board's that answered, and nobody's where that is not proven. normal: shapes of kernel messages
    that are normal for that board.
    """
    if isinstance(answer, V3Error):
        return replace(_without_answer(diagnostic, answer), **_whose(answer.device))
    text = _judged_text(diagnostic, answer)
    judged = _judged(diagnostic, text, answer, normal)
    if answer.truncated:
        judged = in_doubt(judged, diagnostic, _CUT_OFF, Cause.DAMAGED)
    return replace(
        _redacted(judged),
        command=diagnostic.command,
        duration_s=round(answer.duration_s, 4),
        path=answer.path,
        truncated=answer.truncated,
        started_at=answer.recorded_at or utc_text(answer.duration_s),
        **_whose(answer.device),
    )


def _judged(diagnostic: Diagnostic, text: str, answer: CommandResult, normal: frozenset[str]) -> Result:
    """Boards print much that is alike, and print it again: the same short text is judged once."""
    stderr, status = answer.stderr, answer.exit_status
    if normal or len(text) + len(stderr) > _SHORT:
        return judge_diagnostic(diagnostic, text, stderr, status, normal)
    return _once(_Same(diagnostic), text, stderr, status, known.revision())


class _Same:
    """A diagnostic as itself alone: one with other limits is another one."""

    __slots__ = ("diagnostic",)

    def __init__(self, diagnostic: Diagnostic) -> None:
        self.diagnostic = diagnostic

    def __hash__(self) -> int:
        return id(self.diagnostic)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.diagnostic is self.diagnostic


@lru_cache(maxsize=512)  # a check-up of a bench full of boards
def _once(whose: _Same, stdout: str, stderr: str, exit_status: int | None, _messages: int) -> Result:
    """_messages: the known kernel messages in force. Who gets the result changes nothing in its reading."""
    return judge_diagnostic(whose.diagnostic, stdout, stderr, exit_status)


def _whose(device: Device | None) -> dict[str, Any]:
    return {} if device is None else {"device": device.label, "device_id": device.device_id}


def _judged_text(diagnostic: Diagnostic, answer: CommandResult) -> str:
    """The output; for a comparison of clocks with the laptop's own as the last line, which a replay has."""
    if not diagnostic.laptop_clock or answer.recorded_at or not answer.stdout.strip():
        return answer.stdout
    return f"{answer.stdout}\nlaptop {time.time():.3f}\n"


def _without_answer(diagnostic: Diagnostic, error: V3Error) -> Result:
    facts = cast(dict[str, Any], redact.within(error_facts(error)))
    finding = Finding(
        label=diagnostic.title,
        verdict=Verdict.UNKNOWN,
        reason=facts["message"],
        next_step=way(facts["code"], facts["hint"]),
        why=diagnostic.why,
    )
    return Result(
        diagnostic=diagnostic.id,
        title=diagnostic.title,
        category=diagnostic.category.value,
        verdict=Verdict.UNKNOWN,
        summary=facts["message"],
        findings=(finding,),
        command=diagnostic.command,
        started_at=utc_text(),
        error=facts,
    )


def _redacted(result: Result) -> Result:
    said = [text for each in result.findings for text in (each.label, each.reason, each.evidence)]
    if not redact.may_be_in([result.summary, said, result.reading], result.stdout, result.stderr):
        return result
    findings = tuple(
        replace(
            item,
            label=redact(item.label),
            reason=redact(item.reason),
            evidence=redact(item.evidence),
        )
        for item in result.findings
    )
    return replace(
        result,
        summary=redact(result.summary),
        findings=findings,
        reading=redact.within(result.reading),
        stdout=redact(result.stdout),
        stderr=redact(result.stderr),
    )
