"""Host key types in the order in which a server is asked for them: what is known comes first. Pure.

A server with keys of several types shows the first that the client names and it has. Asked in another
order, a known board would show a key that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Sequence

PREFERRED = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "rsa-sha2-512", "rsa-sha2-256",
)  # fmt: skip
_SIGNED_BY = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


def ordered(known: Sequence[str]) -> list[str]:
    """Signature algorithms: those of the known key types first, then the rest; none of no use."""
    first = [name for kind in known for name in signed_by(kind) if name in PREFERRED]
    return list(dict.fromkeys([*first, *PREFERRED]))


def signed_by(kind: str) -> tuple[str, ...]:
    """The signature algorithms of a key type."""
    return _SIGNED_BY.get(kind, (kind,))


def not_seen_yet(known: Sequence[str], shown: str) -> list[str]:
    """The known types that a server which showed this one may have too: those it was asked for after it."""
    return list(known[known.index(shown) + 1 :]) if shown in known else []
