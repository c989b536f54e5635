"""A profile's numbers put into a check. Pure: a check goes in, a changed one comes out.

What follows the board's own limit stays so; only the number that serves without one is replaced. A
check with several different numbers for one verdict has no single one to set: that is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator

from utils.judging.catalogue.models import Check, Condition, Limit
from utils.judging.catalogue.profile import LimitPair

_BOUNDS = ("below", "at_most", "above", "at_least")
_REASON = "{label} is {measured}; limit: {limit}."


def with_limits(check: Check, pair: LimitPair, source: str) -> Check:
    """The check with these numbers; ValueError says why it cannot have them."""
    changed = check
    for verdict, number in (("warn", pair.warn), ("fail", pair.fail)):
        if number is not None:
            changed = changed.model_copy(update={verdict: _conditions(check, verdict, number, source)})
    _in_order(changed)
    return changed


def _conditions(check: Check, verdict: str, number: float, source: str) -> tuple[Condition, ...]:
    stated: tuple[Condition, ...] = getattr(check, verdict)
    numbers = {default for condition in stated for _, _, default in _numbers(check, condition)}
    if len(numbers) > 1:
        raise ValueError(f"{verdict}: it has several numbers here, a profile cannot set one")
    if numbers:
        return tuple(_set(check, condition, number, source) for condition in stated)
    other = check.fail if verdict == "warn" else check.warn
    bounds = {bound for condition in other for _, bound, _ in _numbers(check, condition)}
    if len(bounds) != 1:
        raise ValueError(f"{verdict}: it compares no number of its own here")
    extra = Condition.model_validate({bounds.pop(): number, "reason": _REASON, "source": source})
    return (*stated, extra)


def _numbers(check: Check, condition: Condition) -> Iterator[tuple[Condition, str, float]]:
    """(part, bound, number) of each comparison of the check's own value with a number of the catalogue."""
    for part in (condition, *condition.all):
        if part.value not in ("", check.value):
            continue
        for bound in _BOUNDS:
            limit = getattr(part, bound)
            number = limit.default if isinstance(limit, Limit) else limit
            if number is not None:
                yield part, bound, number


def _set(check: Check, condition: Condition, number: float, source: str) -> Condition:
    if not list(_numbers(check, condition)):
        return condition
    parts = tuple(_with_number(check, part, number) for part in condition.all)
    own = _with_number(check, condition, number)
    return own.model_copy(update={"all": parts, "reason": _REASON, "source": source})


def _with_number(check: Check, part: Condition, number: float) -> Condition:
    changes: dict[str, float | Limit] = {}
    for found, bound, _ in _numbers(check, part):
        if found is part:
            limit = getattr(part, bound)
            is_boards = isinstance(limit, Limit)
            changes[bound] = limit.model_copy(update={"default": number}) if is_boards else number
    return part.model_copy(update=changes)


def _in_order(check: Check) -> None:
    """A warning that lies behind the fault would never be seen."""
    warn, fail = ([item for c in cs for item in _numbers(check, c)] for cs in (check.warn, check.fail))
    if len({bound for _, bound, _ in (*warn, *fail)} & {"above", "at_least"}) and warn and fail:
        if max(n for _, _, n in warn) > min(n for _, _, n in fail):
            raise ValueError("warn lies above fail: it would never be seen")
    elif warn and fail and min(n for _, _, n in warn) < max(n for _, _, n in fail):
        raise ValueError("warn lies below fail: it would never be seen")
