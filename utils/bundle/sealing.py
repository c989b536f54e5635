"""A bundle under a passphrase: the age format (age-encryption.org), which other programs open, too."""

from __future__ import annotations

from utils.errors import BundleSealed

HEAD = b"age-encryption.org/v1\n"


def seal(data: bytes, passphrase: str) -> bytes:
    """The zip, sealed."""
    import pyrage  # loaded by who seals

    return bytes(pyrage.passphrase.encrypt(data, passphrase))


def is_sealed(data: bytes) -> bool:
    """Whether this is a sealed file."""
    return data.startswith(HEAD)


def unseal(data: bytes, passphrase: str) -> bytes:
    """What was sealed; BundleSealed without the passphrase, or with another one."""
    if not passphrase:
        raise BundleSealed
    import pyrage

    try:
        return bytes(pyrage.passphrase.decrypt(data, passphrase))
    except pyrage.DecryptError as exc:
        raise BundleSealed("The passphrase does not open this bundle.", hint="Type it once more.") from exc
