"""Who may log in on the second path: one caller at a time until a login was accepted, then all.

Many calls at once with a wrong password would each try it and lock the user out. With a right one each would
log in, though the first one's connection serves them all. Who waited gets the outcome of the one that tried.
Sends nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

from utils import errors
from utils.link.request import Request

ACCEPTED_S = 50.0  # the shared connection outlives its last use by 60 s
# What the one that tried met, all would meet; anything else is about its own command.
SHARED = (
    errors.AuthenticationFailed, errors.PasswordExpired, errors.LoginTimeout, errors.DeviceUnreachable,
    errors.NotResponding, errors.NotSsh, errors.Incompatible, errors.LinkLost, errors.LoginQuestion,
)  # fmt: skip


class Turns:
    """The turns of one target's calls."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._trying: Request | None = None
        self._accepted_until = 0.0
        self._round = 0
        self._error: errors.V3Error | None = None

    @property
    def trying(self) -> bool:
        """Whether a call may be logging in now."""
        return self._trying is not None

    @contextlib.contextmanager
    def turn(self, request: Request) -> Iterator[None]:
        """While this call may be logging in. Raises what the call met that was waited for."""
        self._wait(request)
        error: errors.V3Error | None = None
        try:
            yield
        except SHARED as exc:
            error = errors.fresh(exc)
            raise
        finally:
            self._over(request, error)

    def _wait(self, request: Request) -> None:
        with self._changed:
            joined = self._round
            while time.monotonic() >= self._accepted_until:
                if self._trying is None:
                    if self._round > joined and self._error is not None:
                        raise errors.fresh(self._error)
                    self._trying = request
                    return
                request.check()
                self._changed.wait(min(0.1, request.deadline.left))

    def accepted(self) -> None:
        """A login was accepted: its connection is there for all."""
        with self._changed:
            self._accepted_until = time.monotonic() + ACCEPTED_S
            self._trying = None
            self._changed.notify_all()

    def _over(self, request: Request, error: errors.V3Error | None) -> None:
        with self._changed:
            if error is not None:
                self._accepted_until = 0.0
            if self._trying is request:
                self._trying, self._error = None, error
                self._round += 1
            self._changed.notify_all()
