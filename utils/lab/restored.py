"""What a restored hub must not begin again: nobody knows what ran between the back-up and the restore."""

from __future__ import annotations

from pathlib import Path

from utils.lab.campaigning import Campaigns
from utils.lab.errands import Errands


def after_restore(hub: Path, made_at: str) -> int:
    """End in this folder what was open in the back-up of that time. How much. ConfigError, NotKept."""
    why = f"This hub was restored from its back-up of {made_at}."
    return Errands(hub / "errands.json").doubt(why) + Campaigns(hub / "campaigns").doubt(why)
