"""The details of the row that a page's address names, so that they are painted with the page. Pure.

What static/checkup builds when a row is opened (result.js, values.js, output.js), of the same result.
tests/browser/test_smooth.py compares both. All words are in templates/checkup/_details.html.

    details(…)               -> Details of one row
    FILTERS, TESTS -> what its template asks of values
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from utils.model.link_words import PATHS
from utils.model.results import Finding, Result, to_json
from utils.model.words import value_labels, with_unit
from utils.web.pages.checkup.drawn import ACTING, Card, clean
from utils.web.pages.checkup.moment import Moments, query

MOST_CHARACTERS = 20_000
"""Of a stream: more than its box shows at once. The scripts put the rest there."""
_LONG = re.compile(r"-?\d{6,}")
_SHORT = 24


@dataclass(frozen=True, slots=True)
class Details:
    """id: the row's. result: None before any. reading, labels: as the scripts get them. streams: their names
    and texts. cut: whether they go on. unknown: it has messages that may be called normal."""

    id: str
    result: Result | None
    cards: Sequence[Card] = ()
    reading: Mapping[str, Any] | None = None
    labels: Mapping[str, tuple[str, str]] | None = None
    streams: Sequence[tuple[str, str]] = ()
    cut: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """Of a table of records. unit: of its numbers; shared: what its head says instead of them."""

    key: str
    label: str
    unit: str
    shared: str


def details(
    name: str, result: Result | None, titles: Mapping[str, str], moments: Moments | None, swap_at: str
) -> Details:
    """titles: of each diagnostic on the page. moments: None where a finding leads to none. swap_at: the bay
    whose parts may be swapped to find the bad one; "" where nothing can be done."""
    if result is None:
        return Details(name, None)
    reading = to_json(result.reading) or {}
    streams = [(kind, text) for kind, text in (("stdout", result.stdout), ("stderr", result.stderr)) if text]
    return Details(
        id=name,
        result=result,
        cards=()
        if result.error
        else [_card(each, result, titles, moments, swap_at) for each in result.findings],
        reading=reading,
        labels=value_labels(reading),
        streams=[(kind, clean(text[:MOST_CHARACTERS])) for kind, text in streams],
        cut=any(len(text) > MOST_CHARACTERS for _, text in streams),
        unknown=bool(reading.get("unknown_count") and reading.get("unknown")),
    )


def _card(
    finding: Finding, result: Result, titles: Mapping[str, str], moments: Moments | None, swap_at: str
) -> Card:
    swaps = swap_at and finding.verdict in ACTING
    return Card(
        finding,
        related=tuple((each, titles[each]) for each in finding.related if each in titles),
        moments=moments.of(finding, result) if moments else (),
        swap=f"/swap?{query({'bay': swap_at, 'item': finding.label})}" if swaps else "",
    )


def measured(value: float, unit: str) -> tuple[str, str]:
    """The number as a technician says it, and its unit; "" where the number has its own."""
    text = with_unit(value, unit)
    several = unit == "s" and (text.count(" ") > 1 or not text.endswith(" s"))  # "2 h 5 min"
    shown, _, said = (text, "", "") if several else text.partition(" ")
    if "e" in shown:
        shown = f"{Decimal(shown):f}"
    return f"{int(shown):,}".replace(",", "\u202f") if _LONG.fullmatch(shown) else shown, said


def plain(item: object, unit: str) -> str:
    """An item among others on a line."""
    if item is None:
        return "not said"
    if isinstance(item, bool):
        return str(item).lower()
    return "\u00a0".join(filter(None, measured(item, unit))) if isinstance(item, int | float) else str(item)


def tabled(value: object) -> bool:
    """Whether it is shown as a table of its own."""
    if isinstance(value, Mapping):
        return bool(value)
    if not isinstance(value, list) or not value:
        return False
    return records(value) or any(tabled(each) for each in value)


def records(value: Sequence[object]) -> bool:
    """Whether all of these are records: rows of one table."""
    return all(isinstance(each, Mapping) for each in value)


def nested(value: Sequence[object]) -> bool:
    """Whether some of these are more than a word."""
    return any(isinstance(each, Mapping | list) for each in value)


def columns(
    items: Sequence[Mapping[str, Any]], labels: Mapping[str, tuple[str, str]], most: int
) -> list[ValueColumn]:
    """Of these records, of which `most` are shown. A unit that all numbers of a column have stands in its
    head."""
    keys = dict.fromkeys(key for item in items for key in item)
    return [_column(key, items[:most], *labels[key]) for key in keys]


def _column(key: str, items: Sequence[Mapping[str, Any]], label: str, unit: str) -> ValueColumn:
    values = [item.get(key) for item in items]
    numbers = [each for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
    units = {measured(each, unit)[1] for each in numbers}
    return ValueColumn(key, label, unit, units.pop() if len(units) == 1 else "")


def path_words(path: str | None) -> str:
    """By which way its command went."""
    return PATHS.get(path or "", path or "")


def long_text(item: object) -> bool:
    """Whether it has a line to itself."""
    return isinstance(item, str) and len(item) > _SHORT


FILTERS = (measured, plain, columns, path_words)
TESTS = (tabled, records, nested, long_text)
