"""The environment that a child process of ours gets: the laptop's, without a single setting of ours.

A setting may be a password or the token. /proc and `ps e` show a child's environment to its user for as long
as it runs. Every process that this program starts for the link gets this and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

_kept_back: set[str] = set()
_ASKPASS = "SSH_ASKPASS"


def keep_back(names: Iterable[str]) -> None:
    """Never pass the variables of these names on; their case does not count (Windows)."""
    _kept_back.update(name.upper() for name in names)


def environment() -> dict[str, str]:
    """The environment for a child: no setting of ours, no askpass program of somebody else's."""
    kept = {
        name: value for name, value in os.environ.items()
        if name.upper() not in _kept_back and not name.upper().startswith(_ASKPASS)
    }  # fmt: skip
    if os.name != "nt":
        kept["SHELL"] = "/bin/sh"  # ssh starts its ProxyCommand by it: a service's user has /bin/false there
    return kept
