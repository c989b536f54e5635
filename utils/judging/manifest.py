"""Good check-ups of one board -> a profile that says what belongs to it, as TOML. Pure.

A part is kept where every check-up that looked has it. One that was absent now and then is written too, but
commented out, for a person to decide. Words that differ are left out; of numbers the lowest one counts.
Nothing that tells one board from another stands in it: no serial number, no MAC, no address.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from utils.judging.catalogue.loader import Catalogue
from utils.judging.catalogue.models import Diagnostic, PartRule
from utils.judging.catalogue.pattern import found
from utils.judging.compare import not_looked_at
from utils.judging.templates import filled
from utils.model.results import Device

HEAD = "# Learned by V3 Diagnostics"
"""How a learned profile begins; one that does not is a person's, and never rewritten."""

_MAC = re.compile(r"\b[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}\b")
_SEEN_ON_ALL = "seen every time"


@dataclass(frozen=True)
class Learned:
    """A part. seen, looked: in how many check-ups it was, of how many that looked. differs: words that
    changed. ranges: numbers that did, lowest and highest."""

    diagnostic: str
    key: str
    name: str
    same: Mapping[str, str]
    least: Mapping[str, float]
    optional: bool
    seen: int
    looked: int
    differs: tuple[str, ...] = ()
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def flaky(self) -> bool:
        """Whether a check-up that looked did not find it."""
        return self.seen < self.looked

    @property
    def remark(self) -> str:
        """What a person is to know of it."""
        said = [f"absent in {self.looked - self.seen} of {self.looked}: keep?"] if self.flaky else []
        said += [f"{name} differs" for name in self.differs]
        said += [f"{name} {low:g} to {high:g}" for name, (low, high) in self.ranges.items()]
        return "; ".join(said) or _SEEN_ON_ALL


def learn(
    catalogue: Catalogue, checkups: Sequence[Sequence[Mapping[str, Any]]], board: Device
) -> list[Learned]:
    """The parts of a board. checkups: the results of each of its good ones."""
    learned: list[Learned] = []
    for diagnostic in catalogue:
        if diagnostic.part is not None:
            readings = [
                result["reading"] or {}
                for results in checkups
                for result in results
                if result["diagnostic"] == diagnostic.id and _whole(result)
            ]
            learned += _of_diagnostic(diagnostic, diagnostic.part, readings, board)
    return learned


def as_toml(learned: Sequence[Learned], board: Device, *, name: str, day: str, checkups: int) -> str:
    """The profile's file. day: when it was learned."""
    lines = [
        f"{HEAD} from {checkups} good check-up{'s' if checkups != 1 else ''} of one board, {day}.",
        "# A part in comments was absent now and then: keep it by removing the #, or delete it.",
        f"name = {_text(name)}",
        f"note = {_text(f'learned on {day}')}",
        "",
        "[match]",
        f"model = {_text(_exactly(board.model))}",
    ]
    for each in learned:
        lines += ["", f"# {_clean(each.remark, board)}"]
        lines += [f"# {line}" if each.flaky else line for line in _table(each)]
    return "\n".join(lines) + "\n"


def _exactly(model: str) -> str:
    """The expression for this model and no other; RE2 takes no backslash before a blank."""
    plain = "".join(each for each in model if each.isprintable())
    return "^" + "".join(each if each.isalnum() or each == " " else f"\\{each}" for each in plain) + "$"


def _whole(result: Mapping[str, Any]) -> bool:
    """Whether somebody really looked, and saw all of it; also where there was nothing."""
    complete = (result["reading"] or {}).get("complete") is not False
    return complete and not result["truncated"] and not not_looked_at(result)


def _of_diagnostic(
    diagnostic: Diagnostic, rule: PartRule, readings: Sequence[Mapping[str, Any]], board: Device
) -> Iterator[Learned]:
    seen: dict[str, list[Mapping[str, Any]]] = {}
    for reading in readings:
        for row in (reading.get(rule.each) or []) if rule.each else [reading] if reading else []:
            key = str(row.get(rule.key) or "") if rule.key else ""
            if key or not rule.key:
                seen.setdefault(key, []).append(row)
    for key, rows in seen.items():
        name = _clean(_named(rule, rows[-1]), board)
        if rule.left_out and found(rule.left_out, str(rows[-1].get("name") or "")):
            continue
        if not _personal(key, board):
            optional = bool(rule.absent_elsewhere and found(rule.absent_elsewhere, name, ignore_case=True))
            counted = min(len(rows), len(readings))
            yield _learned(diagnostic.id, rule, key, name, rows, optional, counted, len(readings), board)


def _learned(
    diagnostic: str, rule: PartRule, key: str, name: str, rows: Sequence[Mapping[str, Any]], optional: bool,
    seen: int, looked: int, board: Device,
) -> Learned:  # fmt: skip
    words = {each: {row[each] for row in rows if isinstance(row.get(each), str)} for each in rule.same}
    numbers = {each: [float(row[each]) for row in rows if _number(row.get(each))] for each in rule.least}
    same = {each: next(iter(said)) for each, said in words.items() if len(said) == 1}
    return Learned(
        diagnostic,
        key,
        name,
        {each: text for each, text in same.items() if not _personal(text, board)},
        {each: _floor(min(said) * (1 - rule.slack)) for each, said in numbers.items() if said},
        optional,
        seen,
        looked,
        tuple(each for each, said in words.items() if len(said) > 1),
        {each: (min(said), max(said)) for each, said in numbers.items() if said and min(said) != max(said)},
    )


def _named(rule: PartRule, row: Mapping[str, Any]) -> str:
    known = {name for _, name, _, _ in string.Formatter().parse(rule.name) if name}
    said = {name: row.get(name) or "" for name in known}
    return re.sub(r" +", " ", filled(rule.name, said) or rule.name).strip()


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _floor(value: float) -> float:
    """Two digits behind the point, never above the value."""
    return int(value * 100) / 100


def _personal(text: str, board: Device) -> bool:
    return _clean(text, board) != text.strip()


def _clean(text: str, board: Device) -> str:
    """Without what is this one board's: serial number, host name, MAC; and without what no line may hold."""
    for secret in (board.serial, board.hostname, board.nickname):
        if len(secret) >= 4:
            text = text.replace(secret, "")
    plain = "".join(each if each.isprintable() else " " for each in _MAC.sub("", text))
    return re.sub(r" +", " ", plain).strip()


def _table(each: Learned) -> list[str]:
    lines = [f"[[expect.parts.{each.diagnostic}]]"]
    lines += [f"key = {_text(each.key)}"] if each.key else []
    lines.append(f"name = {_text(each.name)}")
    if each.same:
        said = ", ".join(f"{name} = {_text(text)}" for name, text in each.same.items())
        lines.append(f"same = {{ {said} }}")
    if each.least:
        said = ", ".join(f"{name} = {value:.12g}" for name, value in each.least.items())
        lines.append(f"least = {{ {said} }}")
    lines += ["optional = true"] if each.optional else []
    return lines


def _text(text: str) -> str:
    """A TOML string: JSON's is one, but for what is not printable."""
    return json.dumps("".join(each for each in text if each.isprintable()), ensure_ascii=False)
