"""What the terminal's request bodies may hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from utils.web.bodies import Body, Text

Cells = Annotated[int, Field(ge=2, le=500)]
Keys = Annotated[str, Field(min_length=1, max_length=16384)]
MOST = 10**15


class SizeBody(Body):
    """In characters."""

    cols: Cells = 80
    rows: Cells = 24


class ReopenBody(SizeBody):
    """device: the one named by a device-changed problem (`found`), once a person said that it is meant."""

    device: Text | None = None


class InputBody(Body):
    """data: keys as a terminal sends them. shell: which of the tab's. writer: whose numbers `seq` are,
    from 1 on; a number that came before is not typed again."""

    data: Keys
    shell: int = Field(ge=1, le=MOST)
    writer: str = Field(pattern="^[A-Za-z0-9-]{1,64}$")
    seq: int = Field(ge=1, le=MOST)


class DrawnBody(Body):
    """offset: everything before it is on the screen."""

    offset: int = Field(ge=0, le=MOST)
