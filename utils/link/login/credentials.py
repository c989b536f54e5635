"""What the settings offer to log in with, the same for both paths. Sends nothing.

A passphrase opens the key file on this laptop and never goes to a device. SSH_PASSWORD that opens an
encrypted key file is that file's passphrase, and is then no password any more.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from utils import errors
from utils.link.login.key_file import KeyFile, Locked, load
from utils.settings import Settings


@dataclass(frozen=True)
class Credentials:
    """password: what may go to the device; None when there is none, or when it opened the key file."""

    key_file: KeyFile | None
    use_agent: bool
    password: str | None


def credentials(settings: Settings) -> Credentials:
    """What may be offered. NoCredentials, with the file's name, when the key file cannot be used."""
    password = _plain(settings.ssh_password)
    if settings.ssh_key_file is None:
        return Credentials(None, settings.ssh_use_agent, password)
    given = _plain(settings.ssh_key_passphrase)
    try:
        key_file = load(settings.ssh_key_file, given or password)
    except Locked:
        raise _locked(settings) from None
    if key_file.passphrase is not None and given is None:
        password = None
    return Credentials(key_file, settings.ssh_use_agent, password)


def _locked(settings: Settings) -> errors.NoCredentials:
    if settings.ssh_key_passphrase is not None:
        return errors.NoCredentials(
            f"The passphrase does not open the key file {settings.ssh_key_file}. Nothing was sent.",
            hint="Correct SSH_KEY_PASSPHRASE, or type the passphrase on the page.",
            needs="passphrase",
        )
    return errors.NoCredentials(
        f"The key file {settings.ssh_key_file} has a passphrase, which is not set. Nothing was sent.",
        hint="Put it into SSH_KEY_PASSPHRASE, or type it on the page. It goes to no device.",
        needs="passphrase",
    )


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None
