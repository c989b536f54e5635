"""No algorithm in common: what the device offers, and what that means for the way to it. Pure.

Two different things look the same to a handshake: a device of before 2017 that knows nothing newer than
SHA-1, and a hardened or small one that offers only what this program's SSH library lacks (chacha20, umac,
sntrup, ML-KEM). The system's ssh talks to the second kind as it is, to the first only with SSH_ALLOW_SHA1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from utils import errors

# Key exchange and host key signatures with SHA-1: what SSH_ALLOW_SHA1 lets the system's ssh use.
SHA1 = {
    "diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1",
    "ssh-rsa", "ssh-dss",
}  # fmt: skip
_OUTDATED = re.compile(r".*-cbc(@.*)?|arcfour.*|hmac-(md5|sha1|ripemd160).*|hmac-ripemd160.*")
_NO_ALGORITHM = ("ext-info-", "kex-strict-")  # what a server says of itself in the list of key exchanges

_KINDS = (
    ("key exchange", ("kex_algo_list",)),
    ("host key signatures", ("server_key_algo_list",)),
    ("cipher", ("server_encrypt_algo_list", "client_encrypt_algo_list")),
    ("message authentication", ("server_mac_algo_list", "client_mac_algo_list")),
)
"""In the order in which a handshake agrees on them; the lists by paramiko's names."""

_SSH_WORDS = {
    "key exchange method": "key exchange", "host key type": "host key signatures", "cipher": "cipher",
    "mac": "message authentication",
}  # fmt: skip
_SSH_SAID = re.compile(r"no matching ([\w ]+?) found(?:\. Their offer: (\S+))?", re.IGNORECASE)


def nothing_in_common(
    offered: Mapping[str, Sequence[str]], ours: Mapping[str, Sequence[str]]
) -> errors.Incompatible:
    """Of a handshake that failed: the first kind of algorithm of which both sides know none alike.

    offered: the device's lists by paramiko's names; ours: what we accept, by the kinds above.
    """
    for kind, lists in _KINDS:
        for name in lists:
            offers = _algorithms(offered.get(name, ()))
            if offers and kind in ours and not set(offers) & set(ours[kind]):
                return no_common(kind, offers)
    return errors.Incompatible()


def _algorithms(names: Sequence[str]) -> list[str]:
    return [name for name in names if not name.startswith(_NO_ALGORITHM)]


def no_common(kind: str, offers: Sequence[str]) -> errors.Incompatible:
    """The error for a device that offers these algorithms, and none that we know."""
    names = ", ".join(offers)
    if all(each in SHA1 for each in offers):
        return errors.Incompatible(
            f"The device only offers {kind} with SHA-1: {names}.", hint=SHA1_HINT, sha1=True, offers=[*offers]
        )
    if all(each in SHA1 or _OUTDATED.fullmatch(each) for each in offers):
        return errors.Incompatible(
            f"The device only offers outdated algorithms for {kind}: {names}.",
            hint="Update its SSH server: nothing on this laptop talks to it safely.", offers=[*offers],
        )  # fmt: skip
    return errors.Incompatible(
        f"This program's own SSH connection knows none of the algorithms that the device offers for {kind}: "
        f"{names}.", offers=[*offers],
    )  # fmt: skip


SHA1_HINT = "Update its SSH server, or set SSH_ALLOW_SHA1=true to let the system's ssh talk to it."


def said_by_ssh(text: str) -> errors.Incompatible:
    """The same, of what the system's ssh said."""
    found = _SSH_SAID.search(text)
    if found is None or not found[2]:
        return errors.Incompatible()
    kind = _SSH_WORDS.get(found[1].lower(), found[1])
    error = no_common(kind, _algorithms(found[2].split(",")))
    if error.details.get("sha1"):
        return error
    return errors.Incompatible(
        f"The system's ssh knows none of the algorithms that the device offers for {kind}: "
        f"{', '.join(map(str, _algorithms(found[2].split(','))))}.",
        hint=error.hint, **error.details,
    )  # fmt: skip
