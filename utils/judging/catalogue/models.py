"""Shapes of the catalogue's TOML: Diagnostic, Check, Condition, Limit. Validation only; no I/O.

A diagnostic is a command, the parser of its output, and checks on the reading. A check takes one value (or
one value of `each` item of a list) through its conditions, worst first. The first that holds gives the
verdict, otherwise `otherwise`. What is absent never passes.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from utils.errors import Cause
from utils.judging.catalogue.pattern import found, problem
from utils.model.results import Verdict


class Category(StrEnum):
    """Where a diagnostic stands on the page, in this order."""

    SYSTEM = "system"
    POWER = "power"
    THERMAL = "thermal"
    STORAGE = "storage"
    MEMORY = "memory"
    NETWORK = "network"
    SERVICES = "services"
    LOGS = "logs"
    BUSES = "buses"
    CAMERAS = "cameras"
    MODEM = "modem"


class Effect(StrEnum):
    """What running a command twice would mean: may it be repeated after a lost link?"""

    READ = "read"
    IDEMPOTENT = "idempotent"
    UNSAFE = "unsafe"


SHIPPED = "shipped"
"""The context of a validation of what ships with the product: it was looked at before."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)  # all are parts of one


def _is_template(value: str, info: ValidationInfo) -> str:
    if info.context == SHIPPED:
        return value
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(value) if field is not None]
    except ValueError as exc:
        raise ValueError(f"the braces do not fit: {exc}") from exc
    if any(not field or "{" in field for field in fields):
        raise ValueError("a field in braces needs a name")
    return value


def _wrong(expression: str, info: ValidationInfo) -> str:
    """What is wrong with a regular expression."""
    return "" if info.context == SHIPPED else problem(expression)


Template = Annotated[str, AfterValidator(_is_template)]
"""A sentence with {fields} of the reading; a part in [brackets] goes where a {field} in it is missing."""


class Limit(Strict):
    """A limit that the board itself may state. `board` leads to it in the item, then in the reading.

    offset is added to the board's number; default serves where the board says nothing.
    """

    board: str
    offset: float = 0
    default: float | None = None


Number = float | Limit


class Condition(Strict):
    """All stated comparisons must hold. `value` overrides the check's value. `all` adds conditions.

    lacks: the value is a list without this item. reason, next_step and source, where given, replace the
    check's own when this condition holds. cause: of an `unknown`, why it could not be judged.
    """

    value: str = ""
    below: Number | None = None
    at_most: Number | None = None
    above: Number | None = None
    at_least: Number | None = None
    equals: str | float | bool | None = None
    not_equals: str | float | bool | None = None
    one_of: tuple[str | float, ...] = ()
    not_one_of: tuple[str | float, ...] = ()
    matches: str = ""
    not_matches: str = ""
    lacks: str = ""
    present: bool | None = None
    all: tuple[Condition, ...] = ()
    reason: Template = ""
    next_step: Template = ""
    source: str = ""
    cause: Cause = Cause.NOT_SAID

    @model_validator(mode="after")
    def _states_something(self, info: ValidationInfo) -> Self:
        if not self.model_fields_set - {"value", "reason", "next_step", "source", "cause"}:
            raise ValueError("the condition compares nothing")
        for name in ("matches", "not_matches"):
            if wrong := _wrong(getattr(self, name), info):
                raise ValueError(f"{name!r} is not a regular expression of RE2: {wrong}")
        return self


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


Conditions = Annotated[
    tuple[Condition, ...],
    BeforeValidator(_listed, json_schema_input_type=Condition | tuple[Condition, ...]),
]
"""One condition or a list of which any may hold."""


class Guide(Strict):
    """Words for one kind of item: why it matters, what to do, which diagnostics may explain it."""

    title: str = ""
    why: str = ""
    next_step: str = ""
    related: tuple[str, ...] = ()


class Check(Strict):
    """One question to the reading.

    each: path of a list in the reading; the check is made for every item (empty list -> `empty`).
    value: path in the item (or in the reading). name: template of an item's label, as "{sensor}".
    absent: verdict when the value is None or missing ("ignore": no finding), and absent_cause why. reason:
    template that replaces the generated sentence; fields are those of the item, of the reading, and {value}.
    guide: words by the item's `guide_by` key. own_words: the item brings its words (title, means,
    next_step, related). source: whose limit it is.
    """

    label: str
    value: str = ""
    each: str = ""
    name: Template = ""
    unit: str = ""
    fail: Conditions = ()
    warn: Conditions = ()
    unknown: Conditions = ()
    info: Conditions = ()
    skip: Conditions = ()
    ignore: Conditions = ()
    otherwise: Verdict = Verdict.PASS
    absent: str = Field(default="unknown", pattern="^(unknown|skip|info|ignore)$")
    absent_reason: str = ""
    absent_cause: Cause = Cause.NOT_SAID
    empty: str = Field(default="skip", pattern="^(unknown|skip|info|pass|warn|fail|ignore)$")
    empty_reason: str = ""
    reason: Template = ""
    evidence: Template = ""
    source: str = ""
    why: str = ""
    next_step: str = ""
    related: tuple[str, ...] = ()
    guide_by: str = ""
    guide: dict[str, Guide] = Field(default_factory=dict)
    own_words: bool = False

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        stated = (*self.fail, *self.warn, *self.unknown, *self.info, *self.skip)
        if not stated and self.otherwise is Verdict.PASS:
            raise ValueError("the check can only pass: state a condition or another 'otherwise'")
        if not self.value and any(not c.value and not c.all for c in (*stated, *self.ignore)):
            raise ValueError("neither the check nor its condition names a value")
        return self


class Delta(Strict):
    """How far a number may move: by so much ("25%" of what it was), and which way is worse."""

    delta: Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?%$")] | float
    worse: Literal["up", "down"] = "up"

    def allowed(self, before: float) -> float:
        """How far it may move from there."""
        if isinstance(self.delta, str):
            return abs(before) * float(self.delta[:-1]) / 100
        return self.delta


Rule = Literal["same", "not-less", "not-more"] | Delta


class Compare(Strict):
    """How two readings of it are compared; names are paths, as "devices.speed_mbps".

    key: what pairs the rows of a list. ignore: what is noise, a path or a pattern for whole paths; what is
    within it is ignored too. rule: for a number; one without is not compared. Words are to be the same.
    """

    key: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rule: Mapping[str, Rule] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _patterns(self, info: ValidationInfo) -> Self:
        for expression in self.ignore:
            if wrong := _wrong(expression, info):
                raise ValueError(f"'ignore': {expression!r} is not a regular expression of RE2: {wrong}")
        return self

    def ignores(self, path: str) -> bool:
        """Whether the value at this path is noise."""
        return path in self.ignore or any(found(f"^(?:{each})$", path) for each in self.ignore)


class Track(Strict):
    """A value that wears or drifts, kept with each check-up.

    value: its path in the reading; of a list the highest or the lowest one counts (`of`). worse: which way.
    """

    label: str = Field(min_length=1)
    value: str = Field(min_length=1)
    of: Literal["highest", "lowest"] = "highest"
    unit: str = ""
    worse: Literal["up", "down"] = "up"


class PartRule(Strict):
    """Which rows of a reading are parts of the board, for a manifest.

    each: path of the list; "" where the reading itself is the part. key: what tells its rows apart, for good.
    name: how a technician calls one. same: words that stay as they were. least: numbers that may not become
    less, but for a share `slack`. inner: USB ports; what hangs on a part that is gone is not named again.
    left_out: rows whose name matches are parts of another diagnostic, so that nothing is named twice.
    absent_elsewhere: of those whose name matches another diagnostic names the absence, this one the values.
    """

    each: str = ""
    key: str = ""
    name: Template
    same: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    slack: float = Field(default=0, ge=0, lt=1)
    inner: bool = False
    left_out: str = ""
    absent_elsewhere: str = ""

    @model_validator(mode="after")
    def _patterns(self, info: ValidationInfo) -> Self:
        for name in ("left_out", "absent_elsewhere"):
            if wrong := _wrong(getattr(self, name), info):
                raise ValueError(f"{name!r} is not a regular expression of RE2: {wrong}")
        return self


class Diagnostic(Strict):
    """A button. timeout in seconds. root: needs sudo. slow: gets a lane of its own.

    laptop_clock: the laptop's time is judged with the answer.
    active: disturbs something; never part of a check-up. summary: template over the reading, shown
    when nothing is wrong. commands run under LC_ALL=C with the sbin folders in PATH. expected: who says
    that the thing is there; then "not applicable" is a fault. expected_parts: what of it. compare: how two
    readings are compared. track: values that are kept with each check-up. part: what of it belongs to a
    manifest. origin: "built-in" or "yours".
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
    title: str = Field(min_length=1)
    category: Category
    command: str = Field(min_length=1)
    parser: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    why: str = Field(min_length=1)
    next_step: str = Field(min_length=1)
    summary: Template = ""
    timeout: float = Field(default=10, gt=0, le=600)
    effect: Effect = Effect.READ
    root: bool = False
    slow: bool = False
    active: bool = False
    laptop_clock: bool = False
    related: tuple[str, ...] = ()
    check: tuple[Check, ...] = ()
    expected: str = ""
    expected_parts: tuple[str, ...] = ()
    compare: Compare | None = None
    track: tuple[Track, ...] = ()
    part: PartRule | None = None
    origin: str = "built-in"

    @model_validator(mode="after")
    def _sendable(self) -> Self:
        if "\0" in self.command or "\r" in self.command:
            raise ValueError("the command holds a NUL or a carriage return")
        return self
