"""What may be asked of a board."""

from __future__ import annotations

from pydantic import Field

from utils.web.bodies import Body, Text


class Values(Body):
    """What [expect] of a profile holds; its rules count (docs/schema)."""

    cameras: int | None = None
    usb_devices: list[Text] = Field(default_factory=list, max_length=100)
    can_interfaces: list[Text] = Field(default_factory=list, max_length=100)
    critical_units: list[Text] = Field(default_factory=list, max_length=100)
    power_mode: Text = ""


class ExpectedBody(Body):
    """save: write it. Without it the answer only shows what would change."""

    expect: Values
    save: bool = False
