"""What the recorder's request bodies may hold."""

from __future__ import annotations

from pydantic import Field

from utils.web.bodies import Body


class RecordingBody(Body):
    """minutes: how long, 1 to 120."""

    minutes: float = Field(ge=1, le=120)
