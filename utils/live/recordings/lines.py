"""The lines of a recording's file, checked as they are read. A line that does not fit is left out.

A file may be torn, edited, or from another version: fields beyond these are kept, wrong ones are not trusted.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

Milliseconds = Annotated[int, Field(ge=0, le=1 << 53)]  # ms since 1970
RecordedNumber = Annotated[int | float, Field(ge=-1e15, le=1e15)]
_OPEN = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


@with_config(_OPEN)
class RecordedLimit(TypedDict):
    value: RecordedNumber
    verdict: str


@with_config(_OPEN)
class RecordedSeries(TypedDict):
    key: str
    label: str
    limits: list[RecordedLimit]


@with_config(_OPEN)
class RecordedChart(TypedDict):
    id: str
    title: str
    unit: str
    decimals: Annotated[int, Field(ge=0, le=6)]
    most: RecordedNumber | None
    series: list[RecordedSeries]
    left_out: NotRequired[int]


@with_config(_OPEN)
class RecordedCounter(TypedDict):
    key: str
    label: str
    gauge: bool
    alarm: bool


@with_config(_OPEN)
class RecordedDevice(TypedDict):
    label: str
    boot_id: str


@with_config(_OPEN)
class HeadLine(TypedDict):
    kind: Literal["head"]
    started_at: str
    planned_s: RecordedNumber


@with_config(_OPEN)
class SampleLine(TypedDict):
    kind: Literal["sample"]
    seq: int
    at: Milliseconds
    values: dict[str, RecordedNumber]
    counts: dict[str, RecordedNumber]
    gap: NotRequired[str]


@with_config(_OPEN)
class MarkerLine(TypedDict):
    kind: Literal["marker"]
    at: Milliseconds
    note: str


@with_config(_OPEN)
class LiveLine(TypedDict):
    kind: Literal["live"]
    device: RecordedDevice | None
    charts: list[RecordedChart]
    counters: list[RecordedCounter]


@with_config(_OPEN)
class EndLine(TypedDict):
    kind: Literal["end"]
    why: str
    at: NotRequired[Milliseconds | None]


RecordedLine = Annotated[HeadLine | SampleLine | MarkerLine | LiveLine | EndLine, Field(discriminator="kind")]


@cache
def _line() -> TypeAdapter[Any]:
    """Made at first use: that takes longer than to load this file."""
    return TypeAdapter(RecordedLine)


def read_line(text: str) -> dict[str, Any] | None:
    """The line's fields with its kind, or None where it is no line of a recording."""
    try:
        return dict(_line().validate_json(text))
    except (ValidationError, RecursionError):
        return None
