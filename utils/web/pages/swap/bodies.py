"""What the swap test's request bodies may hold."""

from __future__ import annotations

from pydantic import Field

from utils.web.bodies import Body, Text


class PlaceBody(Body):
    """bay: where the board is. item: the label of the finding that is read there."""

    bay: Text = Field(min_length=1)
    item: Text = Field(min_length=1)


class SwapTestBody(Body):
    """places: of the fault, then of what is good. part: what changes places."""

    diagnostic: Text = Field(min_length=1)
    part: Text = Field(min_length=1)
    places: list[PlaceBody] = Field(min_length=2, max_length=2)
