"""Checks + reading -> findings, verdict, summary. Pure and total: whatever the reading holds, it answers.

What is absent never passes. Limits come from the catalogue; a board's own limit beats the default.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

from utils.errors import Cause
from utils.judging.catalogue.models import Check, Condition, Diagnostic, Guide, Limit
from utils.judging.catalogue.pattern import found
from utils.judging.causes import WAY
from utils.judging.templates import MISSING, filled, lookup, plain
from utils.model.results import Finding, Reading, Verdict, severity_rank, worst
from utils.model.words import value_label, with_unit

_ORDER = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.INFO, Verdict.SKIP)
_OPPOSITE = {"below": "at least", "at_most": "above", "above": "at most", "at_least": "below"}
_MERGE_FROM = 4  # so many passing items of one check become one line
_MOST_ALIKE = 60  # findings of one verdict: thousands would hide what matters and stop the page
_OWN_WORDS = {"title": "title", "why": "means", "next_step": "next_step"}


def evaluate(diagnostic: Diagnostic, reading: Reading) -> tuple[tuple[Finding, ...], Verdict, str]:
    """(findings worst first, the worst verdict, one-sentence summary) of a reading."""
    findings: list[Finding] = []
    for check, mine in items(diagnostic, reading):
        findings.extend(_merged(check, mine))
    if not diagnostic.check:
        text = filled(diagnostic.summary, reading) or "The output does not say it."
        findings.append(Finding(diagnostic.title, Verdict.INFO, text, why=diagnostic.why))
    if not findings:
        findings.append(
            Finding(
                diagnostic.title,
                Verdict.UNKNOWN,
                "Nothing in the output could be judged.",
                next_step=WAY[Cause.NOT_SAID],
                why=diagnostic.why,
            )
        )
    findings.sort(key=lambda finding: severity_rank(finding.verdict))
    verdict = worst(finding.verdict for finding in findings)
    return _shortened(diagnostic, findings), verdict, _summary(diagnostic, reading, findings, verdict)


def _shortened(diagnostic: Diagnostic, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Keep of each verdict what a person can read, and say how many more there are. Sorted, as given."""
    kept: list[Finding] = []
    for _, same in groupby(findings, key=lambda finding: finding.verdict):
        first, rest = (every := list(same))[:_MOST_ALIKE], len(every) - _MOST_ALIKE
        kept.extend(first)
        if rest > 0:
            said = f"{rest} more are not listed; the output has all."
            kept.append(replace(first[-1], label=diagnostic.title, reason=said, limit="", evidence=""))
    return tuple(kept)


def items(diagnostic: Diagnostic, reading: Reading) -> list[tuple[Check, list[Finding]]]:
    """Each check with what it finds in a reading, every item by itself."""
    return [(check, _check_findings(diagnostic, check, reading)) for check in diagnostic.check]


def _summary(diagnostic: Diagnostic, reading: Reading, findings: Sequence[Finding], verdict: Verdict) -> str:
    """The diagnostic's own sentence where it is earned and complete, else the first of the worst findings."""
    own = filled(diagnostic.summary, reading) if _earned(diagnostic, verdict) else ""
    if own:
        return own
    same = [finding for finding in findings if finding.verdict is verdict]
    more = f" (and {len(same) - 1} more)" if len(same) > 1 and verdict is not Verdict.PASS else ""
    return f"{same[0].reason}{more}"


def _earned(diagnostic: Diagnostic, verdict: Verdict) -> bool:
    """Information is no success: where a check could have passed, the sentence belongs to the pass."""
    can_pass = any(check.otherwise is Verdict.PASS for check in diagnostic.check)
    return bool(diagnostic.summary) and (
        verdict is Verdict.PASS or (verdict is Verdict.INFO and not can_pass)
    )


def _check_findings(diagnostic: Diagnostic, check: Check, reading: Reading) -> list[Finding]:
    if not check.each:
        return _one(diagnostic, check, {}, reading)
    listed = lookup(reading, check.each)
    if not isinstance(listed, list):
        return _absent(diagnostic, check, check.label, f"{check.label}: the output has no such value.")
    if not listed:
        return (
            []
            if check.empty == "ignore"
            else [
                _finding(
                    diagnostic, check, check.label, Verdict(check.empty), check.empty_reason or "None found."
                )
            ]
        )
    return [finding for item in listed for finding in _one(diagnostic, check, _as_mapping(item), reading)]


def _stated(check: Check) -> tuple[tuple[Condition, ...], ...]:
    """Its conditions, in the order of _ORDER."""
    return check.fail, check.warn, check.unknown, check.info, check.skip


def _as_mapping(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, dict) or isinstance(item, Mapping) else {"item": item}  # noqa: SIM101


def _one(diagnostic: Diagnostic, check: Check, item: Mapping[str, Any], reading: Reading) -> list[Finding]:
    fields = {**reading, **item}
    guide = _guide(check, item, fields)
    label = guide.title or filled(check.name, fields) or check.label
    if any(_holds(condition, check, fields) for condition in check.ignore):
        return []
    value = lookup(fields, check.value) if check.value else MISSING
    for verdict, conditions in zip(_ORDER, _stated(check), strict=True):
        for condition in conditions:
            if _holds(condition, check, fields):
                return [_judged(diagnostic, check, guide, label, verdict, condition, fields)]
    if check.value and (value is MISSING or value is None):
        return _absent(diagnostic, check, label, f"{label}: the output has no such value.")
    if not check.value and not _all_present(check, fields):
        return _absent(diagnostic, check, label, f"{label}: the output lacks a value that this needs.")
    return [_judged(diagnostic, check, guide, label, check.otherwise, None, fields)]


def _guide(check: Check, item: Mapping[str, Any], fields: Mapping[str, Any]) -> Guide:
    """The words for this item: its own, or those of the catalogue for its kind."""
    if check.own_words:
        words = {key: str(item.get(name) or "") for key, name in _OWN_WORDS.items()}
        return Guide(**words, related=tuple(map(str, item.get("related") or ())))
    return check.guide.get(str(lookup(fields, check.guide_by)), Guide()) if check.guide_by else Guide()


def _all_present(check: Check, fields: Mapping[str, Any]) -> bool:
    paths = {c.value for conditions in _stated(check) for cond in conditions for c in (cond, *cond.all)}
    return all(lookup(fields, path) not in (MISSING, None) for path in paths if path)


def _absent(diagnostic: Diagnostic, check: Check, label: str, reason: str) -> list[Finding]:
    if check.absent == "ignore":
        return []
    verdict, said = Verdict(check.absent), check.absent_reason or reason
    return [_finding(diagnostic, check, label, verdict, said, cause=check.absent_cause)]


def _judged(
    diagnostic: Diagnostic,
    check: Check,
    guide: Guide,
    label: str,
    verdict: Verdict,
    condition: Condition | None,
    fields: Mapping[str, Any],
) -> Finding:
    value = lookup(fields, (condition.value if condition and condition.value else check.value))
    limit, source = _limit_words(check, condition, fields)
    shown = {
        **fields,
        "value": plain(value),
        "measured": _measured(check.unit, value),
        "label": label,
        "limit": limit,
    }
    template = (condition.reason if condition else "") or check.reason
    reason = filled(template, shown) or _sentence(check, label, value, limit)
    return _finding(
        diagnostic,
        check,
        label,
        verdict,
        reason,
        limit=limit,
        source=source,
        guide=guide,
        next_step=filled(condition.next_step, shown) if condition else "",
        cause=condition.cause if condition else Cause.NOT_SAID,
        evidence=filled(check.evidence, shown) or _evidence(check, value),
    )


def _finding(
    diagnostic: Diagnostic,
    check: Check,
    label: str,
    verdict: Verdict,
    reason: str,
    *,
    limit: str = "",
    source: str = "",
    guide: Guide | None = None,
    next_step: str = "",
    evidence: str = "",
    cause: Cause = Cause.NOT_SAID,
) -> Finding:
    guide = guide or Guide()
    act = verdict in (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)
    step = next_step or _next_step(diagnostic, check, guide, verdict, cause)
    return Finding(
        label=label,
        verdict=verdict,
        reason=reason,
        next_step=step if act else "",
        evidence=evidence,
        limit=limit,
        limit_source=source or (check.source if limit or verdict in (Verdict.FAIL, Verdict.WARN) else ""),
        why=guide.why or check.why or diagnostic.why,
        related=(guide.related or check.related or diagnostic.related) if act else (),
    )


def _next_step(diagnostic: Diagnostic, check: Check, guide: Guide, verdict: Verdict, cause: Cause) -> str:
    """The repair for a fault; for what could not be judged the way to look, or the check's own way."""
    if verdict is Verdict.UNKNOWN:
        own = "" if check.fail or check.warn else guide.next_step or check.next_step
        return own or WAY[cause]
    return guide.next_step or check.next_step or diagnostic.next_step


def _sentence(check: Check, label: str, value: Any, limit: str) -> str:
    if value is None:
        return f"{label}: the output has no such value."
    if value is MISSING:
        return f"{label}: nothing found against it." if not limit else f"{label}: {limit}."
    shown = f"{label} is {_measured(check.unit, value)}"
    return f"{shown}; limit: {limit}." if limit else f"{shown}."


def _evidence(check: Check, value: Any) -> str:
    if value in (MISSING, None) or not check.value:
        return ""
    name, _ = value_label(check.value.rpartition(".")[2])
    return f"{name}: {_measured(check.unit, value)}"


def _measured(unit: str, value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return with_unit(value, unit)
    return f"{plain(value)} {unit}".rstrip()


def _limit_words(check: Check, condition: Condition | None, fields: Mapping[str, Any]) -> tuple[str, str]:
    """The limit in words as what would be fine, and whose it is."""
    if condition is None:  # passed: show the first limit that was kept
        condition = next((c for c in (*check.warn, *check.fail) if _numeric(c)), None)
        if condition is None:
            return "", ""
    own = condition.value or check.value
    said = [
        words for part in (condition, *condition.all) if (words := _bound_words(check, part, own, fields))
    ]
    source = next((words.source for words in said if words.source), condition.source)
    if not said:
        return "", source
    first, *others = sorted(said, key=lambda words: words.name != "")
    return f"{first.name} {first.words}".strip() + "".join(map(_exception, others)), source


class _Bound(NamedTuple):
    """name: of a value other than the check's own."""

    name: str
    words: str
    source: str


def _exception(bound: _Bound) -> str:
    return f", unless {bound.name} is {bound.words}" if bound.name else f", or {bound.words}"


def _bound_words(check: Check, part: Condition, own: str, fields: Mapping[str, Any]) -> _Bound | None:
    """One comparison's limit."""
    other = part.value if part.value and part.value != own else ""
    label, other_unit = value_label(other.replace(".", "_"))
    name, unit = (label.lower(), other_unit) if other else ("", check.unit)
    for operator, bound in _bounds(part):
        number, source = _resolve(bound, fields)
        if number is None:
            return None
        word = _OPPOSITE[operator]
        words = "" if (word, number) == ("at most", 0) else f"{word} "
        return _Bound(name, f"{words}{_measured(unit, number)}", source)
    return None


def _numeric(condition: Condition) -> bool:
    return not condition.all and bool(_bounds(condition))


def _bounds(c: Condition) -> list[tuple[str, float | Limit]]:
    """The limits that it states, by the operator."""
    stated = (("below", c.below), ("at_most", c.at_most), ("above", c.above), ("at_least", c.at_least))
    return [(operator, bound) for operator, bound in stated if bound is not None]


def _resolve(bound: float | Limit, fields: Mapping[str, Any]) -> tuple[float | None, str]:
    if not isinstance(bound, Limit):
        return bound, ""
    own = lookup(fields, bound.board)
    if isinstance(own, int | float) and not isinstance(own, bool):
        return own + bound.offset, "the board's own limit"
    return bound.default, ""


def _holds(condition: Condition, check: Check, fields: Mapping[str, Any]) -> bool:
    for part in condition.all:
        if not _holds(part, check, fields):
            return False
    value = lookup(fields, condition.value or check.value)
    if condition.present is not None and condition.present != (value not in (MISSING, None)):
        return False
    return _compares(condition, value, fields)


def _compares(condition: Condition, value: Any, fields: Mapping[str, Any]) -> bool:
    for name, bound in _bounds(condition):
        if not _bounded(name, bound, value, fields):
            return False
    present = value is not MISSING and value is not None
    c = condition
    return (
        (c.equals is None or (present and value == c.equals))
        and (c.not_equals is None or (present and value != c.not_equals))
        and (not c.one_of or (present and value in c.one_of))
        and (not c.not_one_of or (present and value not in c.not_one_of))
        and (not c.lacks or (isinstance(value, list) and c.lacks not in value))
        and (not c.matches or (present and found(c.matches, str(value))))
        and (not c.not_matches or (present and not found(c.not_matches, str(value))))
    )


def _bounded(name: str, bound: float | Limit, value: Any, fields: Mapping[str, Any]) -> bool:
    limit, _ = _resolve(bound, fields)
    if limit is None or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if name == "below":
        return value < limit
    if name == "at_most":
        return value <= limit
    return value > limit if name == "above" else value >= limit


def _merged(check: Check, findings: list[Finding]) -> list[Finding]:
    """Many passing items of one check become one line; everything else stays by itself."""
    passed = [finding for finding in findings if finding.verdict is Verdict.PASS]
    if len(passed) < _MERGE_FROM:
        return findings
    others = [finding for finding in findings if finding.verdict is not Verdict.PASS]
    count = Counter(finding.limit for finding in passed).most_common(1)[0][0]
    line = Finding(
        check.label,
        Verdict.PASS,
        f"{len(passed)} of {len(findings)} are OK.",
        limit=count,
        limit_source=passed[0].limit_source,
        why=passed[0].why,
        evidence="\n".join(finding.reason for finding in passed),
    )
    return [*others, line]
