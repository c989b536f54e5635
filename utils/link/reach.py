"""How one target is reached: by the paths in their order, and what happens between them.

When a path raises before the command was sent, the next one answers, within the same deadline. What may have
run is asked again only if its effect is "read". Never for a host key, a refused login, a cancel, a passed
deadline or bad input. Those are answers, not faults of the path (fallback.py).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from utils import errors
from utils.link import LOADING, sudo
from utils.link.batch import Answered, Batch
from utils.link.breaker import Breaker, describe_cause
from utils.link.fallback import may_fall_back, says_more, speaks_of_path
from utils.link.paths import Channel, Path
from utils.link.paths.persistent.link import Link
from utils.link.paths.persistent.path import Gate, Persistent
from utils.link.paths.subprocess.openssh import OpenSsh
from utils.link.paths.subprocess.path import BySsh
from utils.link.request import Request
from utils.model.doors import Terminal
from utils.model.results import CommandResult, Device, LinkStatus, Rung
from utils.settings import Settings

if TYPE_CHECKING:
    from utils.link.ladder.ladder import Ladder

log = logging.getLogger("v3.ssh")

Made = TypeVar("Made")


class Reach:
    """One target with the paths to it. tell: called at each change of state, from any thread.

    gate: of the default door, whose two names a program may set; without one the settings decide. paths: in
    the order in which they are tried. fallbacks: how often another path had to answer. path: of the last
    command.
    """

    def __init__(
        self, settings: Settings, tell: Callable[[], None], *, demo: bool = False, gate: Gate | None = None
    ) -> None:
        self.settings = settings
        self.demo = demo
        self._closed = False
        self._failing: object = None  # what the breaker knows is of this function
        self.link = Link(settings, demo=demo)
        self.openssh = OpenSsh(settings, self.link.host_keys, self.link.answer_for)
        self.breaker = Breaker(self.link)
        self.fallbacks = 0
        self.path: str | None = None
        self._ladder: Ladder | None = None
        self._tell = tell
        self._gate = gate or Gate(lambda: settings.ssh_use_persistent, lambda: self.link.run)
        self._lock = threading.Lock()
        self._by_ssh = BySsh(self.openssh, self.link, tell)
        self.paths: tuple[Path, ...] = (Persistent(self.link, self._gate), self._by_ssh)
        self.link.on_change(tell)
        self.link.otherwise = self._by_ssh.keep
        self.link.shut = lambda: not self._gate.use_persistent()
        self.sudo_password = sudo.password_of(settings)

    def ladder(self) -> Ladder:
        """One for all who climb it, made when somebody does."""
        with LOADING, self._lock:
            from utils.link.ladder.ladder import Ladder

            self._ladder = self._ladder or Ladder(
                self.settings, self.link, self._by_ssh.run,
                lambda: self.openssh.standings.last, lambda: self.sudo_password,
            )  # fmt: skip
            return self._ladder

    def current_device(self) -> str | None:
        """The key of the device a new request is meant for: the one that is connected, if any."""
        for path in self.paths:
            if (key := path.device_key) is not None:
                return key
        return None

    def agree_to_sudo(self, device: Device | None) -> None:
        """A person wants sudo's password tried on this board, whatever it or another one said before."""
        if self.sudo_password is not None:
            self.sudo_password.try_again_on(device.key if device else None)
            self.sudo_password = replace(self.sudo_password, agreed=True)

    def meet(self, request: Request) -> None:
        """Bind a request to the device that is there when it comes."""
        request.sudo_password = self.sudo_password
        request.device = request.device or self.current_device()
        self._by_ssh.look_for_another()

    def status(self) -> LinkStatus:
        """Tell the link's state, or how it stands by the system's ssh where that is the only way in."""
        now = replace(
            self.link.status(), path=self.path, fallbacks=self.fallbacks, breaker_open=self.breaker.tripped
        )
        return self._by_ssh.status(now, alone=not self._gate.use_persistent())

    def run(self, request: Request) -> CommandResult:
        """Run one command by the first path; when that raises, by the others."""
        request.validate()
        self.meet(request)
        if not self._gate.use_persistent():
            return self._along(self.paths[1:], request)
        if self._breaker_open:
            return self._with_breaker_open(request)
        try:
            result = self.paths[0].run(request)
        except Exception as exc:
            if not may_fall_back(exc, request):
                raise
            if not request.sent:
                request.check()  # cut short by the caller's own deadline or cancel: no fault of the path
            if not isinstance(exc, errors.Incompatible):  # it does not fail: it cannot talk to this device
                self._failing = self._gate.persistent()
                self.breaker.failed(exc)
            return self._fall_back(request, exc)
        self.breaker.reset()
        self.path = self.paths[0].name
        return result

    @property
    def _breaker_open(self) -> bool:
        """Whether the first path is left out. Another function under the gate's name has not failed yet."""
        if not self.breaker.open:
            return False
        if self._gate.persistent() == self._failing:
            return True
        self.breaker.reset()
        return False

    def _along(self, paths: Sequence[Path], request: Request) -> CommandResult:
        """Run by these paths in their order. Of several failures the one that says most is raised."""
        path, *further = paths
        try:
            result = path.run(request)
        except errors.V3Error as exc:
            if not further or not may_fall_back(exc, request):
                raise
            try:
                return self._along(further, request)
            except errors.V3Error as other:
                raise other if says_more(other, exc) else exc from other
        self.path = path.name
        return result

    def _fall_back(self, request: Request, cause: Exception) -> CommandResult:
        if self._closed:
            raise cause  # nothing begins on a target that was left, or after the end of the program
        others = self.paths[1:]
        expected = isinstance(cause, errors.Incompatible) and any(path.device_key for path in others)
        if not expected:
            self.fallbacks += 1
            log.warning("SSH connection fallback to %s: %s", others[0].name, describe_cause(cause))
        try:
            result = self._along(others, request)
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
        """Not wait for the first path: another one answers, or the last cause does, at once."""
        cause = self.breaker.cause or errors.LinkLost()
        if self.breaker.second_failed:
            raise errors.fresh(cause)
        return self._fall_back(request, cause)

    def run_many(self, requests: Sequence[Request]) -> Iterator[Answered]:
        """Many commands, answers as they come, at most two at a time: the device has work of its own.

        Quick reads are pipelined through one lane. Slow ones and others go one after the other through the
        second, so that they hold up nobody. Where there are none, reads have both.

        Work is for the device that was there at the start: after a swap the rest ends DeviceChanged.
        """
        device = self.current_device()
        for request in requests:
            request.device = request.device or device
            request.sudo_password = self.sudo_password
        answers: SimpleQueue[Answered] = SimpleQueue()
        pipelined = self._gate.open and self._gate.its_own() and not self._breaker_open
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
            request, outcome = answers.get()
            if isinstance(outcome, CommandResult):
                self.path = outcome.path
            yield request, outcome

    def stream(self, request: Request) -> Channel:
        """Begin a command that goes on."""
        return self._first_that_can(request, lambda path: path.stream(request))

    def terminal(self, request: Request, cols: int, rows: int) -> Terminal:
        """Open a login shell on a PTY."""
        return self._first_that_can(request, lambda path: path.terminal(request, cols, rows))

    def _first_that_can(self, request: Request, make: Callable[[Path], Made]) -> Made:
        """Make it by the first path; by the next where that one is shut or cannot talk to this device."""
        self.meet(request)
        told: errors.Incompatible | None = None
        for path in self.paths if self._gate.open else self.paths[1:]:
            try:
                made = make(path)
            except errors.Incompatible as exc:
                told = exc if told is None or says_more(exc, told) else told
            except errors.V3Error as exc:
                if told is None or says_more(exc, told):
                    raise
            else:
                self.path = path.name
                return made
        raise told or errors.LinkInternal("No path is left.")

    def look(self) -> list[Rung]:
        """Tell where the way to the device stops, rung by rung."""
        rungs = self.ladder().climb()
        if not self._gate.use_persistent():
            self.link.reset()  # it was only made to look
        return rungs

    def reset(self) -> None:
        """Drop what stands, the breaker and the reason for the last failure. The next command connects."""
        self.breaker.reset()
        for path in self.paths:
            path.reset()

    def close(self) -> None:
        """End all paths for good."""
        self._closed = True
        self.breaker.reset()
        for path in self.paths:
            path.close()
