"""What the settings offer to log in with. Sends nothing; transport.py tries each method once."""

from __future__ import annotations

from collections.abc import Callable

import paramiko
from paramiko.ssh_exception import PasswordRequiredException

from utils import errors
from utils.settings import Settings

LoginMethod = tuple[str, Callable[[paramiko.Transport], list[str]]]
"""Its name for people, and what tries it: the further methods the device then wants."""


def login_methods(settings: Settings) -> list[LoginMethod]:
    """Key file, then agent if asked for, then password: each once, in this order."""
    user = settings.ssh_user
    methods: list[LoginMethod] = []
    if settings.ssh_key_file is not None:
        key = load_key(settings)
        methods.append(("key", lambda transport: transport.auth_publickey(user, key)))
    if settings.ssh_use_agent:
        for agent_key in paramiko.Agent().get_keys():
            methods.append(("agent key", lambda t, k=agent_key: t.auth_publickey(user, k)))  # type: ignore[misc]
    if settings.ssh_password is not None:
        secret = settings.ssh_password.get_secret_value()
        methods.append(("password", lambda transport: transport.auth_password(user, secret)))
    return methods


def load_key(settings: Settings) -> paramiko.PKey:
    """The private key of SSH_KEY_FILE; NoCredentials when it cannot be used."""
    path = settings.ssh_key_file
    assert path is not None
    secret = settings.ssh_password.get_secret_value() if settings.ssh_password else None
    try:
        try:
            return paramiko.PKey.from_path(path.expanduser())
        except PasswordRequiredException:
            return paramiko.PKey.from_path(path.expanduser(), secret.encode() if secret else None)  # type: ignore[arg-type]
    except OSError as exc:
        raise errors.NoCredentials(f"The key file {path} cannot be read: {exc.strerror}.") from exc
    except Exception as exc:
        raise errors.NoCredentials(
            f"The key file {path} cannot be used ({type(exc).__name__}).",
            hint="It must be a private key; its passphrase, if it has one, goes into SSH_PASSWORD.",
        ) from exc
