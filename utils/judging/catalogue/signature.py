"""Shapes of the signature library's TOML: what one kernel message means, or why it is harmless.

    [[signature]]   id kind severity pattern words opens since title said means next_step related source
    [[harmless]]    pattern words why source

A pattern is a regular expression over a message without its time stamp; " ... " in it stands for anything
in between. So that matching never takes long, a pattern repeats nothing without a bound.
Reads files, never a device.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from utils.judging.catalogue.expression import ATOMS, GAP, Expression
from utils.judging.catalogue.lines import TomlLines
from utils.judging.catalogue.loader import read_table, shown, what_is_wrong
from utils.judging.catalogue.ways import ways

FOLDER = Path(__file__).parent / "signatures"
TRUSTED = "trusted"
MOST_REPEATS = 80
"""The largest upper bound that a repeat in a pattern may have."""
_MOST_WAYS = 20_000  # of one part to match from one place; more would take too long on a hostile line

_REPEAT = re.compile(r"\{(\d*)(,?)(\d*)\}")


def _bounded(pattern: str, info: ValidationInfo) -> str:
    """The pattern, if it compiles and each of its repeats has a bound; ValueError in words otherwise.

    Built-in ones are trusted: a test has looked at them, and to compile all takes a tenth of a second.
    """
    if info.context == TRUSTED:
        return pattern
    for part in pattern.split(GAP):
        try:
            re.compile(part)
        except re.error as exc:
            raise ValueError(f"it is no regular expression: {exc}") from exc
        plain = ATOMS.sub("a", part)
        if re.search(r"[*+]", plain.replace("(?:", "(")):
            raise ValueError('"*" and "+" have no bound: write {1,40}, or " ... " for anything in between')
        if re.search(r"\)\{", plain):
            raise ValueError("a group must not be repeated")
        for least, comma, most in _REPEAT.findall(plain):
            if (comma and not most) or int(most or least or 0) > MOST_REPEATS:
                raise ValueError(f"a repeat needs an upper bound of at most {MOST_REPEATS}")
        if ways(part) > _MOST_WAYS:
            raise ValueError("too many repeats or choices follow each other: it would take too long")
    return pattern


def _a_word(value: str) -> str:
    if not re.fullmatch(r"[a-z]{1,40}(?: [a-z]{1,40}){0,5}", value):
        raise ValueError("lower-case letters only, several words of one message with a blank between")
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Patterns = Annotated[
    tuple[Annotated[str, AfterValidator(_bounded)], ...],
    BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]),
]
Words = Annotated[
    tuple[Annotated[str, AfterValidator(_a_word)], ...],
    BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]),
]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]


class _Entry(BaseModel):
    """pattern: any of them fits. words: any of these stands in each such message (all words of one entry
    that has several); without words the pattern is tried on every message, which is slower."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    pattern: Patterns = ()
    words: Words = ()
    source: str = Field(min_length=1)

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """Its patterns, to be tried in this order."""
        return tuple(map(Expression, self.pattern))

    def fits(self, message: str) -> bool:
        """Whether the message is one of these."""
        return any(expression.fits(message) for expression in self.expressions)


class Signature(_Entry):
    """A known message. kind: as events are counted. opens: such a line begins an event; otherwise it only
    counts where no line of its kind begins one. after: kinds ("any" for all) beside which it is only an echo.
    since: the first kernel that prints it so. means and next_step: for the technician. related: diagnostics
    that may explain it. said: what happened; how often comes behind it. Without a pattern the parser
    finds it by counting."""

    id: Name
    kind: Name
    severity: Literal["fail", "warn", "info"]
    opens: bool = True
    after: tuple[str, ...] = ()
    since: str = ""
    title: str = Field(min_length=1)
    said: str = ""
    means: str = Field(min_length=1)
    next_step: str = Field(min_length=1)
    related: tuple[str, ...] = ()


class Harmless(_Entry):
    """A message that healthy boards print, and why nothing follows from it."""

    pattern: Annotated[Patterns, Field(min_length=1)]
    why: str = Field(min_length=1)


_SHAPES: dict[str, type[_Entry]] = {"harmless": Harmless, "signature": Signature}


def read_signatures(folder: Path, faults: list[str], *, trusted: bool = False) -> list[Signature | Harmless]:
    """What the folder's TOML files hold, and what is wrong with them. A wrong entry is left out by itself.

    trusted: the patterns are known to be good.
    """
    found: dict[str, Signature | Harmless] = {}
    for path in sorted(folder.glob("*.toml")):
        for number, (entry, place) in enumerate(_read_file(path, faults, trusted)):
            name = entry.id if isinstance(entry, Signature) else f"{path.name} {number}"
            if name in found:
                faults.append(f"{place()}: id {name!r} is used twice")
            else:
                found[name] = entry
    return list(found.values())


def _read_file(path: Path, faults: list[str], trusted: bool) -> Iterator[tuple[Any, partial[str]]]:
    read = read_table(path, faults)
    if read is None:
        return
    table, lines = read
    for key in sorted(table.keys() - _SHAPES.keys()):
        faults.append(f"{shown(path)}:{lines.at((key,))}: {key}: there is no such field")
    for key, shape in _SHAPES.items():
        entries = table.get(key, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            faults.append(f"{shown(path)}:{lines.at((key,))}: {key}: write [[{key}]]")
            continue
        for index, values in enumerate(entries):
            try:
                entry = shape.model_validate(values, context=TRUSTED if trusted else None)
            except ValidationError as exc:
                faults.extend(_faults(exc, path, lines, (key, index), values))
            else:
                yield entry, partial(_place, path, lines, (key, index))


def _place(path: Path, lines: TomlLines, start: tuple[str | int, ...]) -> str:
    return f"{shown(path)}:{lines.at(start)}"


def _faults(
    error: ValidationError, path: Path, lines: TomlLines, start: tuple[str | int, ...], values: dict[str, Any]
) -> Iterator[str]:
    name = values.get("id", start[0])
    for loc, text in what_is_wrong(error):
        yield f"{_place(path, lines, (*start, *loc))}: {name}: {text}"
