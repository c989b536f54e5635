""" "Did you mean …?" for a name that is not there. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near(name: str, names: Iterable[str]) -> str:
    """The known name that is nearest to this one; "" where none is near."""
    by_lower = {each.lower(): each for each in names}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else ""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """As a sentence behind another one: " Did you mean memory?", or ""."""
    found = near(name, names)
    return f" Did you mean {found}?" if found else ""
