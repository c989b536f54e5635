"""What the live page's request bodies may hold."""

from __future__ import annotations

from pydantic import Field

from utils.web.bodies import Body, Text


class IntervalBody(Body):
    """interval_s: seconds between two samples, 0.2 to 60."""

    interval_s: float = Field(ge=0.2, le=60)


class MarkerBody(Body):
    """note: what a person noted, as "moved the cable"."""

    note: Text = Field(min_length=1, max_length=200)
