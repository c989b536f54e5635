"""bundle.json: what a bundle says of itself. docs/schema/bundle.schema.json is made of these shapes.

A field that this version does not know is left alone: only VERSION says that a bundle cannot be read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from utils.model.results import Verdict

FORMAT = "v3-bundle"
VERSION = 1

Path = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]{0,119}/){0,3}[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$")]  # fmt: skip  # noqa: E501
"""A part's name: no way out of the bundle, no hidden file."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$")]
Said = Annotated[str, Field(max_length=1000)]


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, defer_build=True)


class BoardFacts(_Open):
    """The board, as its replaced names tell it."""

    device_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    fingerprint: Said = ""
    key_type: Said = ""
    serial: Said = ""
    model: Said = ""
    hostname: Said = ""
    release: Said = ""
    first_seen: Said = ""
    last_seen: Said = ""


class RunFacts(_Open):
    """One diagnostic's run. result: as GET /api/v1/runs/<id> has it, without stdout and stderr. stdout,
    stderr: the parts that hold them; "" where nothing was printed."""

    id: Name
    diagnostic: Name
    started_at: Said
    result: dict[str, Any]
    stdout: Path | Literal[""] = ""
    stderr: Path | Literal[""] = ""


class CheckupFacts(_Open):
    """A check-up. catalogue: a hash of the rules that judged it."""

    id: Name
    started_at: Said
    duration_s: float = 0.0
    verdict: Verdict
    counts: dict[str, int] = Field(default_factory=dict)
    cancelled: bool = False
    bay: Said = ""
    program: Said = ""
    catalogue: Said = ""
    profile: Said = ""
    clock_offset_s: float | None = None
    runs: tuple[RunFacts, ...] = Field(default=(), max_length=2000)


class LogFacts(_Open):
    """A slice of a log. title: as the page calls it. note: what is missing from it."""

    file: Path
    title: Said
    lines: int = 0
    note: Said = ""


class RecordingFacts(_Open):
    """A recording of values over time, as JSON lines."""

    id: Name
    file: Path


class HappeningFacts(_Open):
    """What else happened to the board."""

    kind: Said
    at: Said
    facts: dict[str, Any] = Field(default_factory=dict)


class CaseFacts(_Open):
    """A work order. before, after: the board's newest check-ups as it was opened and closed."""

    id: Name
    work_order: Said = ""
    technician: Said = ""
    opened_at: Said = ""
    closed_at: Said | None = None
    before: Said | None = None
    after: Said | None = None


class NoteFacts(_Open):
    """What somebody wrote or photographed. case: of which work order. photo: the part that holds it; "" where
    there is none, or where it was left out."""

    id: Name
    at: Said
    text: Annotated[str, Field(max_length=20_000)] = ""
    case: Name | Literal[""] = ""
    photo: Path | Literal[""] = ""


class Replaced(_Open):
    """One replacement: where it stands, which rule found it, what stands there now."""

    file: Said
    line: int
    rule: Said
    token: Said


class LeftOut(_Open):
    """What is not in the bundle, or not whole, and why."""

    what: Said
    why: Said


class Document(_Open):
    """All of bundle.json."""

    format: Literal["v3-bundle"] = "v3-bundle"
    version: int = Field(default=VERSION, ge=1)
    made_at: Said
    program: Said
    catalogue: Said = ""
    board: BoardFacts
    checkups: tuple[CheckupFacts, ...] = Field(default=(), max_length=1000)
    happenings: tuple[HappeningFacts, ...] = ()
    logs: tuple[LogFacts, ...] = Field(default=(), max_length=1000)
    recordings: tuple[RecordingFacts, ...] = Field(default=(), max_length=1000)
    cases: tuple[CaseFacts, ...] = Field(default=(), max_length=1000)
    notes: tuple[NoteFacts, ...] = Field(default=(), max_length=1000)
    normal: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    replacements: tuple[Replaced, ...] = ()
