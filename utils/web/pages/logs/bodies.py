"""What the logs' request bodies may hold."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from utils.web.bodies import Body, Text


class LogBody(Body):
    """Which log. unit: of the journal. priority, boot: of the journal or the kernel. path: of a file."""

    source: Literal["kernel", "journal", "file"]
    unit: Text = ""
    priority: int | None = Field(default=None, ge=0, le=7)
    boot: int = Field(default=0, ge=-500, le=0)
    path: Text = ""
