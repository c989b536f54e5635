"""The lines of a recording's file, checked as they are read. A line that does not fit is left out.

A file may be torn, edited, or from another version: fields beyond these are kept, wrong ones are not trusted.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

Moment = Annotated[int, Field(ge=0, le=1 << 53)]  # ms since 1970
Value = Annotated[int | float, Field(ge=-1e15, le=1e15)]
_OPEN = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


@with_config(_OPEN)
class Limit(TypedDict):
    value: Value
    verdict: str


@with_config(_OPEN)
class Series(TypedDict):
    key: str
    label: str
    limits: list[Limit]


@with_config(_OPEN)
class Chart(TypedDict):
    id: str
    title: str
    unit: str
    decimals: Annotated[int, Field(ge=0, le=6)]
    most: Value | None
    series: list[Series]
    left_out: NotRequired[int]


@with_config(_OPEN)
class Counter(TypedDict):
    key: str
    label: str
    gauge: bool
    alarm: bool


@with_config(_OPEN)
class Device(TypedDict):
    label: str
    boot_id: str


@with_config(_OPEN)
class HeadLine(TypedDict):
    kind: Literal["head"]
    started_at: str
    planned_s: Value


@with_config(_OPEN)
class SampleLine(TypedDict):
    kind: Literal["sample"]
    seq: int
    at: Moment
    values: dict[str, Value]
    counts: dict[str, Value]
    gap: NotRequired[str]


@with_config(_OPEN)
class MarkerLine(TypedDict):
    kind: Literal["marker"]
    at: Moment
    note: str


@with_config(_OPEN)
class LiveLine(TypedDict):
    kind: Literal["live"]
    device: Device | None
    charts: list[Chart]
    counters: list[Counter]


@with_config(_OPEN)
class EndLine(TypedDict):
    kind: Literal["end"]
    why: str
    at: NotRequired[Moment | None]


Line = Annotated[HeadLine | SampleLine | MarkerLine | LiveLine | EndLine, Field(discriminator="kind")]


@cache
def _line() -> TypeAdapter[Any]:
    """Made at first use: that takes longer than to load this file."""
    return TypeAdapter(Line)


def read_line(text: str) -> dict[str, Any] | None:
    """The line's fields with its kind, or None where it is no line of a recording."""
    try:
        return dict(_line().validate_json(text))
    except (ValidationError, RecursionError):
        return None
