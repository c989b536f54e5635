"""How one target is reached: the persistent link first, the system's ssh beside it, and what is between them.

When the persistent path raises before the command was sent, the subprocess path answers, within the
same deadline. What may have run is asked again only if its effect is "read". Never for a host key, a
refused login, a cancel, a passed deadline or bad input: those are answers, not faults of the path.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from utils import errors
from utils.laptop.limits import laptop_limit
from utils.link import LOADING
from utils.link.batch import Answer, Batch
from utils.link.breaker import Breaker, describe_cause
from utils.link.fallback import may_fall_back, says_more, speaks_of_path
from utils.link.paths.persistent.link import BLOCKING, Link
from utils.link.paths.subprocess.openssh import OpenSsh
from utils.link.request import Request
from utils.model.results import CommandResult, LinkState, LinkStatus, Rung
from utils.settings import Settings

if TYPE_CHECKING:
    from utils.link.ladder.ladder import Ladder
    from utils.link.lanes.lanes import Once
    from utils.link.paths.persistent.connection import Connection
    from utils.link.paths.subprocess.channel import SshChannel
    from utils.link.paths.subprocess.terminal import SshTerminal
    from utils.link.terminal import Terminal

log = logging.getLogger("v3.ssh")

Made = TypeVar("Made")
LOGIN_S = 20.0
LOOK_S = 6.0  # how long a device may take to say who it is on a connection that stands


@dataclass(frozen=True)
class Gate:
    """Looked up at each call: whether the persistent path is tried, and by which function (None: by none)."""

    use_persistent: Callable[[], bool]
    persistent: Callable[[], Callable[[Request], CommandResult] | None]


class Reach:
    """One target with both ways to it. tell: called at each change of state, from any thread.

    gate: of the default door, whose two names a program may set; without one the settings decide.
    """

    def __init__(
        self, settings: Settings, tell: Callable[[], None], *, demo: bool = False, gate: Gate | None = None
    ) -> None:
        self.settings = settings
        self.demo = demo
        self.link = Link(settings, demo=demo)
        self.openssh = OpenSsh(settings, self.link.host_keys, self.link.answer_for)
        self.breaker = Breaker(self.link)
        self._ladder: Ladder | None = None
        self._closing = threading.Event()
        self._tell = tell
        self._gate = gate or Gate(lambda: settings.ssh_use_persistent, lambda: self.link.run)
        self._lock = threading.Lock()
        self.link.on_change(tell)
        self.link.otherwise = self._keep_by_ssh
        self.openssh.standings.on_end = self._ssh_ended
        self.openssh.standings.look_again = lambda: self._look_by_ssh(LOOK_S)
        secret = settings.ssh_sudo_password
        self.sudo_password = secret.get_secret_value() if secret else None

    def ladder(self) -> Ladder:
        """One for all who climb it, made when somebody does."""
        with LOADING, self._lock:
            from utils.link.ladder.ladder import Ladder

            self._ladder = self._ladder or Ladder(
                self.settings, self.link, self.run_by_ssh,
                lambda: self.openssh.standings.last,
            )  # fmt: skip
            return self._ladder

    def current_device(self) -> str | None:
        """The key of the device a new request is meant for: the one that is connected, if any."""
        standing = self.openssh.standings.now
        return self.link.current_device() or (standing.device_key if standing is not None else None)

    def meet(self, request: Request) -> None:
        """A request comes: it is for the device that is there. One that just went may come back as another,
        which the persistent path may be able to talk to."""
        request.sudo_password = self.sudo_password
        request.device = request.device or self.current_device()
        if self.openssh.standings.gone and self.link.cannot_talk is not None:
            self.link.unblock()

    def status(self) -> LinkStatus:
        """The link's, or how it stands by the system's ssh where that is the only way in."""
        now, because = self.link.status(), self.link.cannot_talk
        if now.state is LinkState.CONNECTED:
            return now
        standings = self.openssh.standings
        standing, last = standings.now, standings.last
        if standing is not None:
            now = replace(now, device=standing.device, last_device=None)
        elif last is not None and last.since > self.link.device_since:
            now = replace(now, last_device=last.device)
        if because is None and self._gate.use_persistent():
            return now
        if standing is None:
            state = LinkState.CONNECTING if self.openssh.trying else LinkState.IDLE
            waits = self.openssh.trying or standings.rested is not None
            return replace(now, state=state, error=None) if waits and because is not None else now
        return replace(
            now, state=LinkState.CONNECTED, path="subprocess", mode="ssh",
            connected_since=standing.since, logins=standings.logins, error=None,
            reconnects=max(0, standings.logins - 1), because=str(because) if because else None,
        )  # fmt: skip

    def _keep_by_ssh(self) -> bool:
        """For who looks at a device that only the system's ssh can talk to: it stays connected by that."""
        standings = self.openssh.standings
        if standings.fresh or self._look_by_ssh(LOOK_S if standings.now is not None else LOGIN_S):
            return True
        if standings.now is not None:  # silence: whatever goes over it learns of it now
            self.openssh.drop()
        return False

    def _look_by_ssh(self, within_s: float = LOGIN_S) -> bool:
        request = Request(
            "true", timeout=within_s, cancel=self._closing
        )  # it is not run: a look tells who answers
        try:
            self._by_ssh(request, lambda: self.openssh.look(request))
        except errors.V3Error:
            return False
        return True

    def _ssh_ended(self, lost: bool) -> None:
        """The next call tries the persistent path again: another device may be plugged in."""
        if lost and self.link.cannot_talk is not None:
            self.link.unblock()
            self.link.note(errors.LinkLost("The link to the device was lost."))
        self._tell()

    def run(self, request: Request) -> CommandResult:
        """Persistent first; when that raises, subprocess."""
        request.validate()
        self.meet(request)
        if not self._gate.use_persistent():
            return self.run_by_ssh(request)
        if self.breaker.open:
            return self._with_breaker_open(request)
        try:
            persistent = self._gate.persistent()
            if persistent is None:
                raise errors.LinkInternal("The persistent path is switched off.")
            result = persistent(request)
        except Exception as exc:
            if not may_fall_back(exc, request):
                raise
            if not request.sent:
                request.check()  # cut short by the caller's own deadline or cancel: no fault of the path
            if not isinstance(exc, errors.Incompatible):  # it does not fail: it cannot talk to this device
                self.breaker.failed(exc)
            return self._fall_back(request, exc)
        self.breaker.reset()
        return result

    def run_by_ssh(self, request: Request) -> CommandResult:
        """One command by the system's ssh program."""
        return self._by_ssh(request, lambda: self.openssh.run(request))

    def _by_ssh(self, request: Request, use: Callable[[], Made]) -> Made:
        """Make something by the system's ssh. A refused login is noted before the next caller's turn."""
        request.check()
        first = self.openssh.standings.now is None
        try:
            with self.openssh.turn(request):
                self.link.refusals.respect()
                request.fresh_attempt()
                try:
                    made = use()
                except errors.AuthenticationFailed:
                    self.link.refusals.note()
                    raise
        except (errors.HostKeyUnknown, errors.HostKeyChanged) as exc:
            if self.openssh.shown_key is not None:
                self.link.note_host_key(self.openssh.shown_key, exc)
            raise
        except errors.LinkError as exc:
            if isinstance(
                exc, errors.LinkLost | errors.NotResponding | errors.DeviceUnreachable | errors.NotSsh
            ):
                self.openssh.standings.failed()
            ends = isinstance(exc, BLOCKING) or (speaks_of_path(exc) and self.openssh.standings.now is None)
            if ends and self.link.cannot_talk is not None:  # there is no other way in
                self.link.note(exc)
            raise
        except Exception as exc:
            if limit := laptop_limit(exc):
                raise limit from exc
            raise
        finally:
            if first:
                self._tell()
        self.link.path = "subprocess"
        return made

    def _fall_back(self, request: Request, cause: Exception) -> CommandResult:
        if not isinstance(cause, errors.Incompatible) or self.openssh.standings.now is None:
            self.link.fallbacks += 1
            log.warning("SSH connection fallback to subprocess: %s", describe_cause(cause))
        try:
            result = self.run_by_ssh(request)
        except errors.V3Error as exc:
            if speaks_of_path(exc):
                self.breaker.second_failed = True
            if isinstance(cause, errors.V3Error) and not says_more(exc, cause):
                raise cause from exc  # what the better path said
            raise exc from cause
        finally:
            self._tell()
        self.breaker.second_failed = False
        return result

    def _with_breaker_open(self, request: Request) -> CommandResult:
        """No waiting for the persistent path: the other one answers, or the last cause does, at once."""
        cause = self.breaker.cause or errors.LinkLost()
        if self.breaker.second_failed:
            raise errors.fresh(cause)
        return self._fall_back(request, cause)

    def run_many(self, requests: Sequence[Request]) -> Iterator[Answer]:
        """Many commands, answers as they come, at most two at a time: the device has work of its own.

        Quick reads are pipelined through one lane; slow ones and others go one after the other through the
        second, so that they hold up nobody. Where there are none, reads have both.

        Work is for the device that was there at the start: after a swap the rest ends DeviceChanged.
        """
        device = self.current_device()
        for request in requests:
            request.device = request.device or device
            request.sudo_password = self.sudo_password
        answers: SimpleQueue[Answer] = SimpleQueue()
        pipelined = self._gate.use_persistent() and not self.breaker.open
        quick = [
            r for r in requests if pipelined and not r.slow and r.effect == "read" and not r.needs_channel
        ]
        others = [r for r in requests if r not in quick]
        batch = Batch(self.link, self.run, answers)
        shares = [quick] if others else [quick[::2], quick[1::2]]
        for work, part in (*((batch.pipelined, share) for share in shares), (batch.one_by_one, others)):
            if part:
                threading.Thread(target=work, args=(part,), name="v3-batch", daemon=True).start()
        for _ in requests:
            yield answers.get()

    def stream(self, request: Request) -> Once | SshChannel:
        """A command that goes on, over the link, or by the system's ssh where that is the only way in."""

        def over_link(connection: Connection) -> Once | SshChannel:
            return connection.once(request)

        return self._either_way(request, over_link, lambda ssh: ssh.stream(request))

    def terminal(self, request: Request, cols: int, rows: int) -> Terminal | SshTerminal:
        """A login shell on a PTY, by the way that stream() takes."""
        with LOADING:
            from utils.link.terminal import Terminal

        def over_link(connection: Connection) -> Terminal | SshTerminal:
            return connection.with_room(lambda: Terminal(connection, cols, rows, request.deadline))

        return self._either_way(request, over_link, lambda ssh: ssh.terminal(request, cols, rows))

    def _either_way(
        self, request: Request, link: Callable[[Connection], Made], ssh: Callable[[OpenSsh], Made]
    ) -> Made:
        """Over the link; by the system's ssh only where the link cannot talk to this device."""
        self.meet(request)
        try:
            connection = self.link.connected(request)
        except errors.Incompatible as exc:
            if os.name == "nt":
                raise errors.Incompatible(
                    f"{exc} On Windows the system's ssh runs commands alone: no terminal, no live view.",
                    hint="Use a laptop with Linux or macOS for these.", **exc.details,
                ) from exc  # fmt: skip
            try:
                return self._by_ssh(request, lambda: ssh(self.openssh))
            except errors.V3Error as second:
                raise second if says_more(second, exc) else exc from second
        request.fresh_attempt()
        return link(connection)

    def look(self) -> list[Rung]:
        """Where the way to the device stops, rung by rung."""
        rungs = self.ladder().climb()
        if not self._gate.use_persistent():
            self.link.reset()  # it was only made to look
        return rungs

    def reset(self) -> None:
        """Drops the link, the breaker and the reason for the last failure. The next command connects."""
        self.breaker.reset()
        self.link.reset()
        self.openssh.close()

    def close(self) -> None:
        self._closing.set()
        self.breaker.reset()
        self.link.close()
        self.openssh.close()
