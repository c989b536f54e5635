"""Which failures the next path may answer, which block a path, and which of two failures is told. Pure.

The rule of the original, with its bounds. What raised before the command was sent is tried by the system's
ssh. What may have run is asked again only if it is a read. docs/reliability.md has the table.
"""

from __future__ import annotations

from utils import errors
from utils.link.lanes.opening import IN_THE_WAY
from utils.link.request import Request

# What a person must decide or correct blocks a path: no further attempt until then.
LOGIN = (errors.AuthenticationFailed, errors.NoCredentials, errors.PasswordExpired, errors.LoginQuestion)
BLOCKING = (
    errors.HostKeyUnknown, errors.HostKeyChanged, *LOGIN, errors.Incompatible, errors.TargetAmbiguous,
)  # fmt: skip

# These are answers about the device or the caller's own wish: another path must not ask again.
NEVER = (
    errors.HostKeyUnknown, errors.HostKeyChanged, errors.DeviceChanged, errors.AuthenticationFailed,
    errors.PasswordExpired, errors.NoCredentials, errors.LoginTimeout, errors.NotSsh, errors.Cancelled,
    errors.CommandTimeout, errors.BadCommand, errors.BadRequest, errors.ConfigError, errors.SessionStarting,
    errors.SilentAfterGreeting,
    errors.LoginQuestion, errors.Booting,
)  # fmt: skip

# These say nothing about the path that met them: the caller's own wish, the laptop's own settings, another
# board, or what a person has to decide or correct before any path can go on.
NOT_THE_PATH = tuple({*NEVER} - {errors.LoginTimeout, errors.NotSsh})


def speaks_of_path(exc: Exception) -> bool:
    """Whether this failure is one of the path itself: only these mark a path as broken."""
    return not isinstance(exc, NOT_THE_PATH)


def may_fall_back(exc: Exception, request: Request) -> bool:
    """Whether the second path may be tried after this failure of the first one."""
    if isinstance(exc, NEVER):
        return False
    if isinstance(exc, errors.ShellUnusable) and exc.details.get("cause") in IN_THE_WAY:
        return False
    return not request.sent or request.effect == "read"


def says_more(exc: errors.V3Error, cause: errors.V3Error) -> bool:
    """Whether what the second path met (exc) must be told rather than what the first one met (cause)."""
    if isinstance(cause, errors.ShellUnusable) and isinstance(exc, errors.CommandTimeout):
        return False  # a login file that hangs keeps the second path waiting too
    if isinstance(cause, errors.Incompatible):  # then the second path is the only one to this device
        offers_sha1 = isinstance(exc, errors.Incompatible) and bool(exc.details.get("sha1"))
        return not offers_sha1 and not isinstance(exc, errors.LinkInternal)
    return isinstance(exc, (*NEVER, errors.OutcomeUnknown))
