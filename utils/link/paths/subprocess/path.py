"""The system's ssh as a path of the door: whose turn it is, what a refusal means for both paths, and how the
link stands where this is the only way in.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Protocol, TypeVar

from utils import errors
from utils.laptop.limits import laptop_limit
from utils.link.fallback import BLOCKING, LOGIN, speaks_of_path
from utils.link.login.refusals import Refusals
from utils.link.paths import Channel
from utils.link.paths.subprocess.openssh import OpenSsh
from utils.link.request import Request
from utils.link.trust.host_keys import HostKey
from utils.model.doors import Terminal
from utils.model.results import CommandResult, LinkState, LinkStatus

LOGIN_S = 20.0
LOOK_S = 6.0  # how long a device may take to say who it is on a connection that stands
_GONE = (errors.LinkLost, errors.NotResponding, errors.DeviceUnreachable, errors.NotSsh)

Made = TypeVar("Made")


class Desk(Protocol):
    """Where a person sees and decides what both paths meet: the link."""

    refusals: Refusals
    device_since: str
    shut: Callable[[], bool]

    @property
    def cannot_talk(self) -> errors.Incompatible | None:
        """Why the better path cannot talk to the device that is there."""

    @property
    def held_back_by(self) -> errors.V3Error | None:
        """Why no attempt is made now."""

    def note(self, error: errors.V3Error) -> None:
        """Show this as the link's state."""

    def note_host_key(self, key: HostKey, error: errors.V3Error) -> None:
        """Ask a person about this key."""

    def unblock(self, instead: errors.V3Error | None = None) -> None:
        """Let the better path try again. instead: what is shown meanwhile."""


def _unusable(exc: OSError, request: Request) -> errors.LinkError:
    """Why ssh cannot be used now."""
    if request.sent:
        return errors.OutcomeUnknown()
    return errors.LinkInternal(f"The system's ssh cannot be used now: {exc.strerror or exc}.")


class BySsh:
    """tell: called at each change of state, from any thread."""

    name: ClassVar[str] = "subprocess"

    def __init__(self, openssh: OpenSsh, desk: Desk, tell: Callable[[], None]) -> None:
        self._openssh, self._desk, self._tell = openssh, desk, tell
        self._closing = threading.Event()
        openssh.standings.on_end = self._ended
        openssh.standings.look_again = lambda: self._look(LOOK_S)

    @property
    def device_key(self) -> str | None:
        """The key of the device that stands by the system's ssh."""
        standing = self._openssh.standings.now
        return standing.device_key if standing is not None else None

    def run(self, request: Request) -> CommandResult:
        """Run one command."""
        return self._use(request, lambda: self._openssh.run(request))

    def stream(self, request: Request) -> Channel:
        """Begin a command that goes on."""
        self._need_pipes()
        return self._use(request, lambda: self._openssh.stream(request))

    def terminal(self, request: Request, cols: int, rows: int) -> Terminal:
        """Open a login shell on a PTY."""
        self._need_pipes()
        return self._use(request, lambda: self._openssh.terminal(request, cols, rows))

    def _need_pipes(self) -> None:
        if sys.platform != "win32":
            return
        because = self._desk.cannot_talk
        words = "On Windows the system's ssh runs commands alone: no terminal, no live view."
        raise errors.Incompatible(
            f"{because} {words}" if because else words,
            hint="Use a laptop with Linux or macOS for these.",
            **(because.details if because else {}),
        )

    def _use(self, request: Request, use: Callable[[], Made]) -> Made:
        """Make something by ssh. A refused login is noted before the next caller's turn.

        None begins while a person has to answer or to correct something. Each would be one more try, and a
        device may send a code for each.
        """
        request.check()
        first = self._openssh.standings.now is None
        try:
            with self._openssh.turn(request):
                held = self._desk.held_back_by
                if isinstance(held, LOGIN) and self._openssh.would_log_in:
                    raise errors.fresh(held)
                refusals = self._desk.refusals
                refusals.begin() if first else refusals.respect()
                request.fresh_attempt()
                try:
                    made = use()
                    refusals.forget()
                    return made
                except errors.AuthenticationFailed:
                    refusals.note()
                    raise
                finally:
                    refusals.done()
        except errors.LinkError as exc:
            self._show(exc)
            raise
        except Exception as exc:
            if limit := laptop_limit(exc):
                raise limit from exc
            if isinstance(exc, OSError):  # the folder of its files is full, or went with a reset
                raise _unusable(exc, request) from exc
            raise
        finally:
            if first:
                self._tell()

    def _show(self, error: errors.LinkError) -> None:
        """Let a person see what this path met, where it matters to the link."""
        if isinstance(error, errors.HostKeyUnknown | errors.HostKeyChanged):
            if self._openssh.shown_key is not None:
                self._desk.note_host_key(self._openssh.shown_key, error)
            return
        standings = self._openssh.standings
        if isinstance(error, _GONE):
            standings.failed()
        ends = isinstance(error, BLOCKING) or (speaks_of_path(error) and standings.now is None)
        only = self._desk.cannot_talk is not None or (isinstance(error, LOGIN) and self._desk.shut())
        if ends and only:  # there is no other way in
            self._desk.note(error)

    # -- staying connected

    def keep(self) -> bool:
        """Keep the device connected that only this path can talk to; whether it is."""
        standings = self._openssh.standings
        if standings.fresh or self._look(LOOK_S if standings.now is not None else LOGIN_S):
            return True
        if standings.now is not None:  # silence: whatever goes over it learns of it now
            self._openssh.drop()
        return False

    def _look(self, within_s: float) -> bool:
        request = Request("true", timeout=within_s, cancel=self._closing)  # not run: a look tells who answers
        try:
            self._use(request, lambda: self._openssh.look(request))
        except errors.V3Error:
            return False
        return True

    def look_for_another(self) -> None:
        """Let the better path try again where the device just went: another one may come back."""
        if self._openssh.standings.take_loss() and self._desk.cannot_talk is not None:
            self._desk.unblock(errors.LinkLost("The link to the device was lost."))

    def _ended(self) -> None:
        self.look_for_another()
        self._tell()

    def status(self, now: LinkStatus, *, alone: bool) -> LinkStatus:
        """Tell the state where this path is the only way in; else `now`. alone: no other is tried."""
        if now.state is LinkState.CONNECTED:
            return now
        standings, because = self._openssh.standings, self._desk.cannot_talk
        standing, last = standings.now, standings.last
        if standing is not None:
            now = replace(now, device=standing.device, last_device=None)
        elif last is not None and last.since > self._desk.device_since:
            now = replace(now, last_device=last.device)
        if because is None and not alone:
            return now
        if standing is None:
            state = LinkState.CONNECTING if self._openssh.trying else LinkState.IDLE
            waits = self._openssh.trying or standings.rested is not None
            return replace(now, state=state, error=None) if waits and because is not None else now
        return replace(
            now, state=LinkState.CONNECTED, path=self.name, mode="ssh",
            connected_since=standing.since, logins=standings.logins, error=None,
            reconnects=max(0, standings.logins - 1), because=str(because) if because else None,
        )  # fmt: skip

    def reset(self) -> None:
        """Drop the shared connection."""
        self._openssh.close()

    def close(self) -> None:
        """End it, and whatever looks at the device."""
        self._closing.set()
        self._openssh.close(for_good=True)
