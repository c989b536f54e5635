"""What the lab's request bodies may hold."""

from __future__ import annotations

from pydantic import Field

from utils.web.bodies import Body, Text


class LabBoardBody(Body):
    """bench, bay: where the board is. device_id: the board that is meant, as the page showed it."""

    bench: Text = Field(min_length=1)
    bay: Text = Field(min_length=1)
    device_id: Text = Field(min_length=8)


class LabCheckupBody(Body):
    """boards: which ones; left out: every board that is connected at a bench that is here. diagnostics: which
    ones; left out: all that disturb nothing."""

    boards: list[LabBoardBody] | None = Field(default=None, min_length=1, max_length=1000)
    diagnostics: list[Text] | None = Field(default=None, min_length=1, max_length=500)


class LabErrandBody(Body):
    """device_id: the board that is waited for. hours: how long at most. diagnostics: as in a check-up."""

    device_id: Text = Field(min_length=8)
    hours: float = Field(default=24, gt=0, le=168)
    diagnostics: list[Text] | None = Field(default=None, min_length=1, max_length=500)


class LabTagsBody(Body):
    """devices: which boards. add, remove: which tags."""

    devices: list[Text] = Field(min_length=1, max_length=1000)
    add: list[Text] = Field(default_factory=list, max_length=20)
    remove: list[Text] = Field(default_factory=list, max_length=20)
