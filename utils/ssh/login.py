"""The login on an encrypted connection whose host key was accepted, or one of our errors."""

from __future__ import annotations

import paramiko
from paramiko.ssh_exception import AuthenticationException, BadAuthenticationType, SSHException

from utils import errors
from utils.settings import Settings
from utils.ssh.credentials import login_methods
from utils.ssh.request import Deadline
from utils.ssh.rungs import Tell

LOGIN_S = 10.0


def log_in(transport: paramiko.Transport, settings: Settings, deadline: Deadline, tell: Tell) -> None:
    """Key file, then agent if asked for, then password: each tried once."""
    attempts = login_methods(settings)
    if not attempts:
        raise errors.NoCredentials
    transport.auth_timeout = max(0.05, deadline.at_most(LOGIN_S))
    last: Exception | None = None
    for name, attempt in attempts:
        try:
            partial = attempt(transport)
        except Exception as exc:
            last = _login_error(exc, transport, name, settings)
            tell("method", f"{name}: {_outcome(exc, last)}")
            if not isinstance(last, errors.AuthenticationFailed):
                raise last from exc
            continue
        if transport.is_authenticated():
            tell("login", f"user {settings.ssh_user}, by {name}")
            return
        tell("method", f"{name}: accepted, but the device wants more")
        last = errors.AuthenticationFailed(f"The device wants more than the {name}: {', '.join(partial)}.")
    assert last is not None
    raise last


def _outcome(exc: Exception, error: errors.LinkError) -> str:
    if isinstance(exc, BadAuthenticationType):
        return f"not offered (the device offers {', '.join(exc.allowed_types)})"
    return "refused" if isinstance(error, errors.AuthenticationFailed) else "no answer"


def _login_error(
    exc: Exception, transport: paramiko.Transport, name: str, settings: Settings
) -> errors.LinkError:
    text = str(exc)
    if isinstance(exc, BadAuthenticationType):
        return errors.AuthenticationFailed(
            f"The device does not accept a {name}; it offers: {', '.join(exc.allowed_types)}."
        )
    inconclusive = "timeout" in text.lower() or "EOF" in text or not transport.is_active()
    if isinstance(exc, AuthenticationException) and not inconclusive:
        return errors.AuthenticationFailed(f"The device refused the {name} of user {settings.ssh_user}.")
    if isinstance(exc, SSHException | EOFError | OSError):
        return errors.LoginTimeout()
    return errors.LinkInternal(f"The login failed: {type(exc).__name__}.")
