"""A board's results as its page first shows them, so that they are painted with the page. Pure.

What static/checkup draws when it runs (rows.js, board.js), from the same results.
tests/browser/test_smooth.py compares both. All words are in the templates. Nothing here judges.

    drawn_rows(…)  -> DrawnRow by id: its badge, and the result that its sentence is of
    chips(…)       -> how many rows each chip of the filter shows
    own_results(…) -> results of the board at hand, worst first
    attention(…)   -> the cards of what is wrong, and those of why some checks were not made
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from utils.bench.headline import Headline
from utils.bench.runs import Checkup
from utils.clock import local
from utils.judging.diagnosis import Diagnosis
from utils.model.results import Finding, Result, Verdict, severity_rank
from utils.model.words import span
from utils.web.pages.checkup.moment import Moments

ACTING = (Verdict.FAIL, Verdict.WARN)
MOST_CARDS = 8
"""Of one diagnostic; its row has all."""

# Terminal escapes: CSI, strings (OSC, DCS, APC, PM, SOS; to their end or the end of the line), the rest.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_UNIT = re.compile(r"(\d) (?=[%°µA-Za-z]{1,4}(?:/s)?(?![\w-]))", re.ASCII)
_CONTROLS = re.compile(
    "[\0-\b\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


def clean(text: object) -> str:
    """The text as it may be shown: each escape sequence is one "␛", each control character its picture."""
    return _CONTROLS.sub(_picture, _ESCAPES.sub("␛", str(text).replace("\r\n", "\n")))


def sentence(text: object) -> str:
    """The same, and each number stays on the line of its unit."""
    return _UNIT.sub("\\1\u00a0", clean(text))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def local_time(iso: str) -> str:
    """ "25 Nov 2026, 16:04:05", by this computer's clock."""
    then = local(iso)
    return f"{then.day} {then:%b %Y, %H:%M:%S}" if then else ""


def local_clock(iso: str) -> str:
    """ "16:04:05", by this computer's clock."""
    then = local(iso)
    return f"{then:%H:%M:%S}" if then else ""


def duration(value: float) -> str:
    """ "120 ms", "3.2 s", "2 min 5 s", "1 h"."""
    if value < 1:
        return f"{_half_up(value * 1000)} ms"
    return f"{_half_up(value, '.1')} s" if value < 59.95 else span(value)


def _half_up(value: float, to: str = "1") -> Decimal:
    """As a browser rounds: half goes up."""
    return Decimal(value).quantize(Decimal(to), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """shows: a verdict, "other" (the board before) or "cancelled". result: None of what is not checked."""

    shows: str
    result: Result | None

    @property
    def verdict(self) -> str:
        """What colours the row; "none" without a result of the board at hand."""
        return "none" if self.result is None or self.shows == "other" else self.result.verdict.value

    @property
    def partly(self) -> int:
        """How many of its checks could not be made, where it is OK all the same."""
        skipped = sum(each.verdict is Verdict.SKIP for each in self.result.findings) if self.result else 0
        return skipped if self.shows == Verdict.PASS else 0


def drawn_rows(
    shown: Mapping[str, Result], unchecked: Collection[str], device_id: str
) -> dict[str, DrawnRow]:
    """By id, of what has a result or counts as not checked."""
    rows = {name: DrawnRow(_shows(result, device_id), result) for name, result in shown.items()}
    return {name: DrawnRow(Verdict.UNKNOWN.value, None) for name in unchecked if name not in shown} | rows


def _shows(result: Result, device_id: str) -> str:
    if _of_other(result, device_id):
        return "other"
    return "cancelled" if (result.error or {}).get("code") == "cancelled" else result.verdict.value


def _of_other(result: Result, device_id: str) -> bool:
    return bool(device_id and result.device_id and result.device_id != device_id)


def chips(drawn: Mapping[str, DrawnRow], ids: Iterable[str]) -> dict[str, int]:
    """How many rows each of the filter's chips shows, by verdict. ids: of all rows."""
    of_rows = Counter(_chip(drawn.get(each)) for each in ids)
    return {name: of_rows[name] for name in (*(verdict.value for verdict in Verdict), "none")}


def _chip(row: DrawnRow | None) -> str:
    return "none" if row is None else row.verdict if row.result else row.shows


def own_results(
    shown: Mapping[str, Result], checkup: Checkup | None, device_id: str, order: Sequence[str]
) -> list[Result]:
    """Those that speak for the board at hand, worst first, then in the page's order. While a check-up runs,
    what it has yet to come to does not count."""
    runs = checkup.runs if checkup and not checkup.finished else {}
    awaited = {name for name, run in runs.items() if not run.finished}
    place = {name: at for at, name in enumerate(order)}
    own = [each for name, each in shown.items() if name not in awaited and not _of_other(each, device_id)]
    return sorted(own, key=lambda each: (severity_rank(each.verdict), place.get(each.diagnostic, -1)))


@dataclass(frozen=True, slots=True)
class Card:
    """One finding, or one diagnosis with the findings that it has seen. origin: the diagnostic's id and
    title; related: the same of those that may explain it. moments: (page, address). errors: how many runs
    ended so, of a card about those. swap: the address of the page Swap test; "" where it does not help."""

    finding: Finding
    origin: tuple[str, str] | None = None
    related: tuple[tuple[str, str], ...] = ()
    moments: tuple[tuple[str, str], ...] = ()
    seen: tuple[Card, ...] = ()
    id: str = ""
    more: int = 0
    errors: int = 0
    swap: str = ""


@dataclass(frozen=True, slots=True)
class _Item:
    finding: Finding
    result: Result
    more: int = 0


def attention(
    own: Sequence[Result], headline: Headline, titles: Mapping[str, str], moments: Moments | None
) -> tuple[Sequence[Card], Sequence[Card]]:
    """What is wrong, worst first; why some checks were not made. own: own_results(…). titles: of each
    diagnostic on the page. moments: None where a finding leads to none."""

    def card(item: _Item) -> Card:
        name = item.result.diagnostic
        return Card(
            finding=item.finding,
            origin=(name, titles.get(name, item.result.title)),
            related=tuple((each, titles[each]) for each in item.finding.related if each in titles),
            moments=moments.of(item.finding, item.result) if moments else (),
            more=item.more,
        )

    items = [_Item(each, result) for result in own if not result.error for each in result.findings]
    acting = [each for each in items if each.finding.verdict in ACTING]
    common = [(each, _signs_of(each, acting)) for each in headline.diagnoses]
    taken = {id(item) for _, items in common for item in items}
    cards = [_together(each, [card(item) for item in items]) for each, items in common if items]
    cards += map(card, _shortened([item for item in acting if id(item) not in taken]))
    unknown = _shortened([each for each in items if each.finding.verdict is Verdict.UNKNOWN])
    cards.sort(key=lambda each: severity_rank(each.finding.verdict))
    return cards, [*_failed(own, titles), *map(card, unknown)]


def _signs_of(diagnosis: Diagnosis, acting: Iterable[_Item]) -> list[_Item]:
    signs = {(sign.diagnostic, sign.label) for sign in diagnosis.signs}
    return [each for each in acting if (each.result.diagnostic, each.finding.label) in signs]


def _together(diagnosis: Diagnosis, seen: Sequence[Card]) -> Card:
    finding = Finding(
        label=diagnosis.title,
        verdict=diagnosis.verdict,
        reason=diagnosis.line,
        next_step=diagnosis.next_step,
    )
    first = next((each.moments for each in seen if each.moments), ())
    return Card(finding, moments=first, seen=tuple(seen), id=diagnosis.id)


def _shortened(items: Sequence[_Item]) -> Iterator[_Item]:
    """Of one diagnostic the first ones, and how many there are more."""
    all_of = Counter(each.result.diagnostic for each in items)
    seen: Counter[str] = Counter()
    for item in items:
        name = item.result.diagnostic
        seen[name] += 1
        if seen[name] <= MOST_CARDS:
            yield item
        elif seen[name] == MOST_CARDS + 1:
            yield replace(item, finding=Finding("", item.finding.verdict, ""), more=all_of[name] - MOST_CARDS)


def _failed(own: Iterable[Result], titles: Mapping[str, str]) -> Iterator[Card]:
    """Runs that ended with the same error are one card."""
    groups: dict[str, list[Result]] = {}
    for result in own:
        if result.error and result.error["code"] != "cancelled":
            groups.setdefault(result.error["code"], []).append(result)
    for first, *others in groups.values():
        error = first.error or {}
        label = titles.get(first.diagnostic, first.title)
        finding = Finding(label, Verdict.UNKNOWN, error["message"], next_step=error["hint"])
        yield Card(finding, errors=1 + len(others))
