"""What the request bodies of campaigns may hold."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from utils.web.bodies import Body, Text


class CampaignStepBody(Body):
    """kind: what is done. diagnostics: which ones, of that kind. minutes: of a recording or a wait."""

    kind: Literal["checkup", "diagnostics", "recording", "wait"]
    diagnostics: list[Text] | None = Field(default=None, min_length=1, max_length=500)
    minutes: float | None = Field(default=None, ge=1, le=10080)


class CampaignBody(Body):
    """devices: the boards, in the order of the waves. steps: what is done on each of them. limit: the share
    of boards with a fault, in percent, at which it stops. at_unknown: whether it stops at the first unknown.
    away: whether boards that are away are waited for until the end, or left out. hours: until the end."""

    name: str = Field(default="", max_length=80)
    devices: list[Text] = Field(min_length=1, max_length=1000)
    steps: list[CampaignStepBody] = Field(min_length=1, max_length=20)
    limit: float = Field(default=20, ge=1, le=100)
    at_unknown: bool = True
    away: Literal["wait", "leave-out"] = "wait"
    hours: float = Field(default=24, gt=0, le=720)
