"""What may be written of a board."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from utils.web.bodies import Body

Line = Annotated[str, Field(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]


class CaseBody(Body):
    """work_order, technician: one line each."""

    work_order: Line
    technician: Line = ""


class NoteBody(Body):
    """case: the one that it belongs to; left out: none."""

    text: str = Field(min_length=1, max_length=4000)
    case: str | None = Field(default=None, max_length=64)
