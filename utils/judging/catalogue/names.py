"""Compare the names in a diagnostic with what its parser gives. Reads the parsers' source, imports none.

A parser declares what its readings hold:

    READS = "total_kb devices[name type used_kb]"

A name in brackets is one of each item of that list (or of that part). A misspelt name would never hold a
condition and would leave a gap in a sentence. So it is a fault of the file, found when it is read.
"""

from __future__ import annotations

import ast
import difflib
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from utils.judging.catalogue.lines import TomlPath
from utils.judging.catalogue.models import Check, Condition, Diagnostic, Limit
from utils.judging.catalogue.pattern import found

_PARSERS = Path(__file__).parent.parent / "parsers"
DECLARED = re.compile(r"(?m)^READS = (\"[^\"\n]*\"|\((?:\n +\"[^\"\n]*\")+\n\))$")
_OF_A_SENTENCE = {"value", "measured", "label", "limit"}
_VERDICTS = ("fail", "warn", "unknown", "info", "skip", "ignore")
_SHOWN = 12


@cache
def declared(parser: str) -> frozenset[str]:
    """The paths of a parser's readings, as "devices.name"; empty where it declares none."""
    found = DECLARED.search((_PARSERS / f"{parser}.py").read_text(encoding="utf-8"))
    return frozenset(paths(ast.literal_eval(found[1]))) if found else frozenset()


def paths(reads: str) -> Iterator[str]:
    """The paths that a declaration stands for."""
    above: list[str] = []
    name = ""
    for word in re.findall(r"\w+|[\[\]]", reads):
        if word == "[":
            above.append(name)
        elif word == "]":
            above.pop()
        else:
            name = word
            yield ".".join((*above, word))


def wrong_names(diagnostic: Diagnostic) -> Iterator[tuple[TomlPath, str]]:
    """(where, what is wrong) of each name that the diagnostic's parser does not give."""
    known = declared(diagnostic.parser)
    if not known:
        return
    for place, name in _of_template(("summary",), diagnostic.summary):
        if name not in known:
            yield place, _fault(diagnostic.parser, name, known)
    for place, name in _compared(diagnostic, known):
        yield place, _fault(diagnostic.parser, name, known)
    for number, check in enumerate(diagnostic.check):
        start = ("check", number)
        if check.each and check.each not in known:
            yield (*start, "each"), _fault(diagnostic.parser, check.each, known)
            continue
        within = f"{check.each}."
        own = {path.removeprefix(within) for path in known if check.each and path.startswith(within)}
        item = {"item"} if check.each and not own else set()
        allowed = known | own | item
        for place, name in _names(check):
            if name not in allowed:
                yield (*start, *place), _fault(diagnostic.parser, name, own | item or known)


def _compared(diagnostic: Diagnostic, known: frozenset[str]) -> Iterator[tuple[TomlPath, str]]:
    """(where, name) of what is to be kept, compared or ignored and is no value."""
    for number, track in enumerate(diagnostic.track):
        if track.value not in known:
            yield ("track", number, "value"), track.value
    yield from _of_parts(diagnostic, known)
    told = diagnostic.compare
    if told is None:
        return
    yield from (
        (("compare", "key", number), name) for number, name in enumerate(told.key) if name not in known
    )
    yield from ((("compare", "rule", name), name) for name in told.rule if name not in known)
    for number, pattern in enumerate(told.ignore):
        if pattern not in known and not any(found(f"^(?:{pattern})$", path) for path in known):
            yield ("compare", "ignore", number), pattern


def _of_parts(diagnostic: Diagnostic, known: frozenset[str]) -> Iterator[tuple[TomlPath, str]]:
    rule = diagnostic.part
    if rule is None:
        return
    start = f"{rule.each}." if rule.each else ""
    named = [
        ("key", rule.key),
        *(("same", each) for each in rule.same),
        *(("least", each) for each in rule.least),
    ]
    named += [("name", name) for _, name, _, _ in string.Formatter().parse(rule.name) if name]
    yield from ((("part", field), name) for field, name in named if name and f"{start}{name}" not in known)


def _names(check: Check) -> Iterator[tuple[TomlPath, str]]:
    yield from _stated(("value",), check.value)
    yield from _stated(("guide_by",), check.guide_by)
    for field in ("name", "reason", "evidence"):
        yield from _of_sentence((field,), getattr(check, field))
    for verdict in _VERDICTS:
        for number, condition in enumerate(getattr(check, verdict)):
            yield from _of_condition((verdict, number), condition)


def _of_condition(start: TomlPath, condition: Condition) -> Iterator[tuple[TomlPath, str]]:
    yield from _stated((*start, "value"), condition.value)
    for operator in ("below", "at_most", "above", "at_least"):
        bound: Any = getattr(condition, operator)
        if isinstance(bound, Limit):
            yield from _stated((*start, operator, "board"), bound.board)
    for field in ("reason", "next_step"):
        yield from _of_sentence((*start, field), getattr(condition, field))
    for number, part in enumerate(condition.all):
        yield from _of_condition((*start, "all", number), part)


def _stated(place: TomlPath, name: str) -> Iterator[tuple[TomlPath, str]]:
    if name:
        yield place, name


def _of_sentence(place: TomlPath, template: str) -> Iterator[tuple[TomlPath, str]]:
    return (pair for pair in _of_template(place, template) if pair[1] not in _OF_A_SENTENCE)


def _of_template(place: TomlPath, template: str) -> Iterator[tuple[TomlPath, str]]:
    return ((place, name) for _, name, _, _ in string.Formatter().parse(template) if name)


def _fault(parser: str, name: str, known: frozenset[str] | set[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    guess = f" (did you mean {near[0]!r}?)" if near else ""
    listed = sorted(known)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return f"there is no value {name!r}{guess}; the parser {parser} gives {', '.join(listed[:_SHOWN])}{more}"
