"""bundle.json: what a bundle says of itself. docs/schema/bundle.schema.json is made of these shapes.

A field that this version does not know is left alone: only VERSION says that a bundle cannot be read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from utils.model.results import Verdict

FORMAT = "v3-bundle"
VERSION = 1

MemberPath = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]{0,119}/){0,3}[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$")]  # fmt: skip  # noqa: E501
"""A part's name: no way out of the bundle, no hidden file."""
FileName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,119}$")]
Sentence = Annotated[str, Field(max_length=1000)]


class _Open(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, defer_build=True)


class BoardFacts(_Open):
    """The board, as its replaced names tell it."""

    device_id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    fingerprint: Sentence = ""
    key_type: Sentence = ""
    serial: Sentence = ""
    model: Sentence = ""
    hostname: Sentence = ""
    release: Sentence = ""
    first_seen: Sentence = ""
    last_seen: Sentence = ""


class RunFacts(_Open):
    """One diagnostic's run. result: as GET /api/v1/runs/<id> has it, without stdout and stderr. stdout,
    stderr: the parts that hold them; "" where nothing was printed."""

    id: FileName
    diagnostic: FileName
    started_at: Sentence
    result: dict[str, Any]
    stdout: MemberPath | Literal[""] = ""
    stderr: MemberPath | Literal[""] = ""


class CheckupFacts(_Open):
    """A check-up. catalogue: a hash of the rules that judged it. pending: what it did not come to."""

    id: FileName
    started_at: Sentence
    duration_s: float = 0.0
    verdict: Verdict
    counts: dict[str, int] = Field(default_factory=dict)
    cancelled: bool = False
    bay: Sentence = ""
    program: Sentence = ""
    catalogue: Sentence = ""
    profile: Sentence = ""
    clock_offset_s: float | None = None
    pending: tuple[FileName, ...] = Field(default=(), max_length=2000)
    runs: tuple[RunFacts, ...] = Field(default=(), max_length=2000)


class LogFacts(_Open):
    """A slice of a log. title: as the page calls it. note: what is missing from it."""

    file: MemberPath
    title: Sentence
    lines: int = 0
    note: Sentence = ""


class RecordingFacts(_Open):
    """A recording of values over time, as JSON lines."""

    id: FileName
    file: MemberPath


class HappeningFacts(_Open):
    """What else happened to the board."""

    kind: Sentence
    at: Sentence
    facts: dict[str, Any] = Field(default_factory=dict)


class CaseFacts(_Open):
    """A work order. before, after: the board's newest check-ups as it was opened and closed."""

    id: FileName
    work_order: Sentence = ""
    technician: Sentence = ""
    opened_at: Sentence = ""
    closed_at: Sentence | None = None
    before: Sentence | None = None
    after: Sentence | None = None


class NoteFacts(_Open):
    """What somebody wrote or photographed. case: of which work order. photo: the part that holds it; "" where
    there is none, or where it was left out."""

    id: FileName
    at: Sentence
    text: Annotated[str, Field(max_length=20_000)] = ""
    case: FileName | Literal[""] = ""
    photo: MemberPath | Literal[""] = ""


class Replaced(_Open):
    """One replacement: where it stands, which rule found it, what stands there now."""

    file: Sentence
    line: int
    rule: Sentence
    token: Sentence


class LeftOut(_Open):
    """What is not in the bundle, or not whole, and why."""

    what: Sentence
    why: Sentence


class BundleManifest(_Open):
    """All of bundle.json."""

    format: Literal["v3-bundle"] = "v3-bundle"
    version: int = Field(default=VERSION, ge=1)
    made_at: Sentence
    program: Sentence
    catalogue: Sentence = ""
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
