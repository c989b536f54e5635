"""Passwords of people: argon2id by argon2-cffi, with its own costs. Two at once, for their memory."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from utils.errors import BadRequest

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FEWEST, MOST = 10, 256
_AT_ONCE = threading.BoundedSemaphore(2)


def hashed(password: str) -> str:
    """Its hash, with the costs in it. BadRequest for one that is too short."""
    if not FEWEST <= len(password) <= MOST:
        raise BadRequest(
            f"A password has {FEWEST} to {MOST} characters.", hint="Take a longer one: some words together."
        )
    with _AT_ONCE:
        return _hasher().hash(password)


def right(digest: str, password: str) -> bool:
    """Whether it is this one. Without a digest it takes as long, and is not."""
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > MOST:
        return False
    try:
        with _AT_ONCE:
            return _hasher().verify(digest or _nobodys(), password) and bool(digest)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobodys() -> str:
    return _hasher().hash("nobody has this password")
