"""Two check-ups -> what changed from one to the other. Pure: reads the catalogue's [diagnostic.compare].

A value that changed is named once. A verdict that changed is named only where no value explains it. What was
not looked at is neither good nor gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from utils.judging.catalogue.models import Compare
from utils.judging.parsers._text import sudo_refused, tool_missing
from utils.model.results import Verdict, severity_rank
from utils.model.words import value_label, with_unit

Judged = Mapping[str, Any]
"""A result, JSON-ready."""

PERSONAL = (
    "serial",
    "mac",
    "uuid",
    "hostname",
    "address",
    "addresses",
    "iccid_end",
    "ssid",
    "bssid",
    "boot_id",
)
"""Values that differ between any two boards, by the last part of their path."""
_NO_RULES = Compare()
_MOST_NAMED = 3


class Change(StrEnum):
    """What became of it, worst first."""

    WORSE = "worse"
    GONE = "gone"
    NEW = "new"
    NOT_LOOKED_AT = "not-looked-at"
    CHANGED = "changed"
    BETTER = "better"


class Because(StrEnum):
    """What changed: the board, the limit it is judged by, the program that judges, or nobody looked."""

    DEVICE = "device"
    LIMIT = "limit"
    RULE = "rule"
    NOT_LOOKED_AT = "not-looked-at"


@dataclass(frozen=True, slots=True)
class Difference:
    """what: the thing, in words. before, after: as words; "" where there is none."""

    diagnostic: str
    what: str
    change: Change
    before: str
    after: str
    because: Because

    @property
    def short(self) -> str:
        """For the sentence on top."""
        if self.change in (Change.GONE, Change.NEW):
            return f"{self.what} {self.change.value}"
        if self.change is Change.NOT_LOOKED_AT:
            return self.what
        said = f"{self.before} → {self.after}"
        return f"{self.what} {said}" if len(said) <= 40 else self.what


@dataclass(frozen=True, slots=True)
class Comparison:
    """differences: worst first. compared: how many diagnostics both have. ignored: what was left out because
    two boards always differ there."""

    summary: str
    differences: tuple[Difference, ...]
    compared: int
    ignored: tuple[str, ...] = ()


def compare(
    before: Sequence[Judged],
    after: Sequence[Judged],
    rules: Callable[[str], Compare | None],
    *,
    again: Callable[[Judged], Judged] | None = None,
    same_board: bool = True,
) -> Comparison:
    """What changed from one check-up to the other.

    rules: of a diagnostic's id. again: an earlier result, judged as the later ones were; given where those
    were judged by other limits or rules.
    """
    earlier = {each["diagnostic"]: each for each in before}
    pairs = [(earlier[each["diagnostic"]], each) for each in after if each["diagnostic"] in earlier]
    ignored: set[str] = set()
    found: list[Difference] = []
    for one, other in pairs:
        told = rules(one["diagnostic"]) or _NO_RULES
        if again is not None and not not_looked_at(one):
            judged, one = one, again(one)
            found += _of_judging(judged, one)
        found += _of_board(one, other, told, None if same_board else ignored)
    found.sort(key=lambda each: list(Change).index(each.change))
    return Comparison(_sentence(found), tuple(found), len(pairs), tuple(sorted(ignored)))


def _of_judging(before: Judged, again: Judged) -> list[Difference]:
    """The same output, judged then and now."""
    trend = _trend(before, again)
    return [_of_verdicts(before, again, trend, _limit_or_rule(before, again))] if trend else []


def _of_board(before: Judged, after: Judged, rules: Compare, ignored: set[str] | None) -> list[Difference]:
    """Two outputs, judged alike."""
    unseen = tuple(not_looked_at(each) for each in (before, after))
    if any(unseen):
        change, because = Change.NOT_LOOKED_AT, Because.NOT_LOOKED_AT
        return [] if all(unseen) else [_of_verdicts(before, after, change, because)]
    cause = _limit_or_rule(before, after) if _same_output(before, after) else Because.DEVICE
    if (before["reading"] is None) != (after["reading"] is None):  # the thing was there, or is now
        change = Change.NEW if before["reading"] is None else Change.GONE
        return [_of_verdicts(before, after, change, cause)]
    values = list(_values(before["reading"] or {}, after["reading"] or {}, rules))
    if ignored is not None:
        personal = {value.path for value in values if value.path.rpartition(".")[2] in PERSONAL}
        ignored |= {f"{before['diagnostic']}: {path}" for path in personal}
        values = [value for value in values if value.path not in personal]
    trend = _trend(before, after)
    if values:
        return [_of_value(before, value, trend, cause) for value in values]
    return [_of_verdicts(before, after, trend, cause)] if trend else []


def not_looked_at(result: Judged) -> bool:
    """Whether nobody could look: no answer, no permission, no tool, an output that says nothing."""
    if result["error"] is not None:
        return True
    if result["reading"] is not None:
        return False
    refused = result["verdict"] == Verdict.SKIP and sudo_refused(result["stdout"], result["stderr"])
    missing = tool_missing(result["stdout"], result["stderr"], result["exit_status"])
    return bool(refused or missing) or result["verdict"] == Verdict.UNKNOWN


def _trend(before: Judged, after: Judged) -> Change | None:
    one, other = (severity_rank(Verdict(each["verdict"])) for each in (before, after))
    if one == other:
        return None
    if Verdict.FAIL in (before["verdict"], after["verdict"]) or min(one, other) <= severity_rank(
        Verdict.UNKNOWN
    ):
        return Change.WORSE if other < one else Change.BETTER
    return Change.CHANGED  # among pass, info and skip none is worse


def _limit_or_rule(before: Judged, after: Judged) -> Because:
    """What judged the same output otherwise."""
    limits = {each["label"]: each["limit"] for each in before["findings"]}
    changed = any(limits.get(each["label"], each["limit"]) != each["limit"] for each in after["findings"])
    return Because.LIMIT if changed else Because.RULE


def _same_output(before: Judged, after: Judged) -> bool:
    return all(before[name] == after[name] for name in ("stdout", "stderr", "exit_status"))


def _of_verdicts(before: Judged, after: Judged, change: Change, because: Because) -> Difference:
    return Difference(
        after["diagnostic"], after["title"], change, before["summary"], after["summary"], because
    )


def _of_value(result: Judged, value: ValueChange, trend: Change | None, because: Because) -> Difference:
    change = value.change
    if change is Change.CHANGED and trend in (Change.WORSE, Change.BETTER):
        change = trend
    what = f"{result['title']}: {value.what}"
    return Difference(result["diagnostic"], what, change, value.before, value.after, because)


# --- readings


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A value that is another one, or a row that is gone or new. path: as in the catalogue."""

    path: str
    what: str
    change: Change
    before: str = ""
    after: str = ""


def _values(before: Any, after: Any, rules: Compare, path: str = "", row: str = "") -> Iterator[ValueChange]:
    """Every value that changed, of what stands at this path (in this row)."""
    if before == after or (path and rules.ignores(path)):  # most of a board is as it was
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*before, *after)):
            within = f"{path}.{name}" if path else name
            yield from _values(before.get(name), after.get(name), rules, within, row)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, rules, path, row)
    elif before is not None and after is not None and not isinstance(before, list | Mapping):
        yield from _of_words(before, after, rules, path, row)


def _of_lists(
    before: list[Any], after: list[Any], rules: Compare, path: str, row: str
) -> Iterator[ValueChange]:
    names = [each.rpartition(".")[2] for each in rules.key if each.rpartition(".")[0] == path]
    one, other = _rows(before, names), _rows(after, names)
    for key in dict.fromkeys((*one, *other)):
        if not key:  # rows that nothing tells apart are not compared
            continue
        label = " ".join(part for part in (row, key) if part)
        if key not in other:
            yield ValueChange(path, label, Change.GONE, before=_words(path, one[key]))
        elif key not in one:
            yield ValueChange(path, label, Change.NEW, after=_words(path, other[key]))
        else:
            own = [f"{path}.{name}" for name in names]
            for value in _values(one[key], other[key], rules, path, label):
                if value.path not in own:
                    yield value


def _rows(items: list[Any], names: Sequence[str]) -> dict[str, Any]:
    """The rows by their key, as words; a second one of a key is "… (2)". Numbers alone are no rows."""
    found: dict[str, Any] = {}
    for item in items:
        if isinstance(item, Mapping):
            said = [item.get(name) for name in names]
            key = " ".join(str(each) for each in said if each not in (None, ""))
            key = key or (f"number {len(found) + 1}" if names else "")  # rows that do not say what they are
        else:
            key = item if isinstance(item, str) else ""
        number, name = 1, key
        while key and name in found:
            number += 1
            name = f"{key} ({number})"
        found[name] = item
    return found


def _of_words(before: Any, after: Any, rules: Compare, path: str, row: str) -> Iterator[ValueChange]:
    """Two that are not the same."""
    rule = rules.rule.get(path)
    if isinstance(before, str | bool) or isinstance(after, str | bool):
        change: Change | None = Change.CHANGED
    else:
        change = _of_numbers(float(before), float(after), rule)
    if change:
        label, _ = value_label(path.rpartition(".")[2])
        what = " ".join(part for part in (row, label.lower() if row else label) if part)
        yield ValueChange(path, what, change, _words(path, before), _words(path, after))


def _of_numbers(before: float, after: float, rule: Any) -> Change | None:
    if rule is None:
        return None
    if rule == "same":
        return Change.CHANGED
    if rule in ("not-less", "not-more"):
        return Change.WORSE if (after < before) == (rule == "not-less") else Change.BETTER
    if abs(after - before) <= rule.allowed(before):
        return None
    return Change.WORSE if (after > before) == (rule.worse == "up") else Change.BETTER


def _words(path: str, value: Any) -> str:
    """A value with its unit, as its name says it; a row as its words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(str(each) for each in value.values() if isinstance(each, str) and each)[:200]
    if isinstance(value, float | int):
        return with_unit(value, value_label(path.rpartition(".")[2])[1])
    return str(value)[:200]


# --- in one sentence


def _sentence(differences: Sequence[Difference]) -> str:
    """ "3 things got worse: …", or what else there is; "Nothing changed." of none."""
    if not differences:
        return "Nothing changed."
    bad = [each for each in differences if each.change in (Change.WORSE, Change.GONE)]
    unseen = [each for each in differences if each.change is Change.NOT_LOOKED_AT]
    rest = [each for each in differences if each not in bad and each not in unseen]
    parts = [
        _part(bad, "thing got worse or is gone", "things got worse or are gone"),
        _part(rest, "thing changed", "things changed"),
        _part(unseen, "was looked at only once", "were looked at only once"),
    ]
    return "; ".join(part for part in parts if part) + "."


def _part(some: Sequence[Difference], one: str, many: str) -> str:
    if not some:
        return ""
    named, more = ", ".join(each.short for each in some[:_MOST_NAMED]), len(some) - _MOST_NAMED
    return f"{len(some)} {one if len(some) == 1 else many}: {named}{f' and {more} more' if more > 0 else ''}"
