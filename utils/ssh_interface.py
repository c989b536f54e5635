"""THE SSH DOOR: the only way to the device. Persistent first, then subprocess.

    result = ssh_interface.run("cat /proc/uptime", timeout=10)     # -> CommandResult

A non-zero exit status is data, not an error. Errors are those of utils.errors. Importing this module
connects to nothing; the first command does. All threads share one link.

When the persistent path raises before the command was sent, the subprocess path answers, within the
same deadline. What may have run is asked again only if its effect is "read". Never for a host key, a
refused login, a cancel, a passed deadline or bad input: those are answers, not faults of the path.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from utils import errors
from utils.result import CommandResult, Device, LinkState, LinkStatus, Rung
from utils.settings import Settings, changed, load_settings
from utils.ssh import LOADING, sudo
from utils.ssh.batch import Answer, Batch
from utils.ssh.breaker import Breaker, describe_cause
from utils.ssh.fallback import may_fall_back, says_more, speaks_of_path
from utils.ssh.laptoplimits import laptop_limit
from utils.ssh.link import BLOCKING, Link
from utils.ssh.openssh import OpenSsh
from utils.ssh.request import MAX_OUTPUT_BYTES, Request
from utils.ssh.stream import Stream

if TYPE_CHECKING:
    from utils.ssh.connection import Connection
    from utils.ssh.ladder import Ladder
    from utils.ssh.lanes import Once
    from utils.ssh.sshchannel import SshChannel
    from utils.ssh.sshterminal import SshTerminal
    from utils.ssh.terminal import Terminal

log = logging.getLogger("v3.ssh")

Made = TypeVar("Made")
LOGIN_S = 20.0
LOOK_S = 6.0  # how long a device may take to say who it is on a connection that stands

__all__ = [
    "USE_PERSISTENT", "Request", "answer", "close", "configure", "keep_connected", "known_devices",
    "ladder", "on_change", "open_terminal", "prepare", "reset", "run", "run_many", "set_credentials",
    "status", "stream", "trust",
]  # fmt: skip

TERMINAL_S = 60.0  # a device whose sessions start late (PAM) needs half of it; a dead one is known sooner
USE_PERSISTENT = True
"""Whether the persistent path is tried at all (SSH_USE_PERSISTENT)."""


class _Door:
    """The one target: settings, the link to it, the other path, and the breaker between them."""

    def __init__(self, settings: Settings, *, demo: bool) -> None:
        self.settings = settings
        self.demo = demo
        self.link = Link(settings, demo=demo)
        self.openssh = OpenSsh(settings, self.link.host_keys, self.link.answer_for)
        self.breaker = Breaker(self.link)
        self._ladder: Ladder | None = None
        self._closing = threading.Event()
        self.link.on_change(_tell)
        self.link.otherwise = self._keep_by_ssh
        self.openssh.standings.on_end = self._ssh_ended
        self.openssh.standings.look_again = lambda: self._look_by_ssh(LOOK_S)
        secret = settings.ssh_sudo_password
        self.sudo_password = secret.get_secret_value() if secret else None

    def ladder(self) -> Ladder:
        """One for all who climb it, made when somebody does."""
        with LOADING, _lock:
            from utils.ssh.ladder import Ladder

            self._ladder = self._ladder or Ladder(
                self.settings, self.link, lambda request: _subprocess_ssh_command(request),
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
        if because is None and USE_PERSISTENT:
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
            _by_ssh(self, request, lambda: self.openssh.look(request))
        except errors.V3Error:
            return False
        return True

    def _ssh_ended(self, lost: bool) -> None:
        """The next call tries the persistent path again: another device may be plugged in."""
        if lost and self.link.cannot_talk is not None:
            self.link.unblock()
            self.link.note(errors.LinkLost("The link to the device was lost."))
        _tell()

    def close(self) -> None:
        self._closing.set()
        self.breaker.reset()
        self.link.close()
        self.openssh.close()


_lock = threading.RLock()
_door: _Door | None = None
_lookers = 0
_listeners: list[Callable[[LinkStatus], None]] = []


def configure(settings: Settings, *, demo: bool = False) -> None:
    """Sets the target. Ends the old link; never connects."""
    global _door, USE_PERSISTENT
    with _lock:
        door = _Door(settings, demo=demo)
        sudo.forget()
        for _ in range(_lookers):  # who looks at the old target looks at the new one now
            door.link.keeper.keep()
        USE_PERSISTENT = settings.ssh_use_persistent
        old, _door = _door, door  # last: whoever sees it does so without the lock
    if old is not None:
        old.close()
    _tell()


def prepare() -> None:
    """Loads what a first connection takes (paramiko, a fifth of the program's start), in a thread of its own:
    the page is there before it. Connects to nothing."""
    with LOADING:
        from utils.ssh import attempt, terminal  # noqa: F401


def _the_door() -> _Door:
    if _door is not None:
        return _door
    with _lock:
        if _door is None:
            configure(load_settings())
        assert _door is not None
        return _door


# -- commands ------------------------------------------------------------------------------------


def run(
    command: str,
    timeout: float = 30.0,
    stdin: bytes | str | None = None,
    effect: str = "unsafe",
    max_output_bytes: int = MAX_OUTPUT_BYTES,
    *,
    cancel: threading.Event | None = None,
) -> CommandResult:
    """Runs one command on the device. timeout: seconds for everything, connecting included.

    effect: "unsafe" (default), "idempotent" or "read": what running it twice would mean.
    cancel: an event that, once set, stops the command on the device and raises Cancelled.
    """
    return _run(Request(command, timeout, stdin, effect, max_output_bytes=max_output_bytes, cancel=cancel))


def _run(request: Request) -> CommandResult:
    """Persistent first; when that raises, subprocess."""
    request.validate()
    door = _the_door()
    door.meet(request)
    if not USE_PERSISTENT:
        return _subprocess_ssh_command(request)
    if door.breaker.open:
        return _with_breaker_open(door, request)
    try:
        if _persistent_ssh_command is None:
            raise errors.LinkInternal("The persistent path is switched off.")
        result = _persistent_ssh_command(request)
    except Exception as exc:
        if not may_fall_back(exc, request):
            raise
        if not request.sent:
            request.check()  # cut short by the caller's own deadline or cancel: no fault of the path
        if not isinstance(exc, errors.Incompatible):  # it does not fail: it cannot talk to this device
            door.breaker.failed(exc)
        return _fall_back(door, request, exc)
    door.breaker.reset()
    return result


def _persistent_ssh_command_default(request: Request) -> CommandResult:
    """The command over the one persistent link."""
    return _the_door().link.run(request)


_persistent_ssh_command: Callable[[Request], CommandResult] | None = _persistent_ssh_command_default


def _subprocess_ssh_command(request: Request) -> CommandResult:
    """The command by the system's ssh program."""
    door = _the_door()
    return _by_ssh(door, request, lambda: door.openssh.run(request))


def _by_ssh(door: _Door, request: Request, use: Callable[[], Made]) -> Made:
    """What is made of a request by the system's ssh. A refused login is noted before the next one's turn."""
    request.check()
    first = door.openssh.standings.now is None
    try:
        with door.openssh.turn(request):
            door.link.refusals.respect()
            request.fresh_attempt()
            try:
                made = use()
            except errors.AuthenticationFailed:
                door.link.refusals.note()
                raise
    except (errors.HostKeyUnknown, errors.HostKeyChanged) as exc:
        if door.openssh.shown_key is not None:
            door.link.note_host_key(door.openssh.shown_key, exc)
        raise
    except errors.LinkError as exc:
        if isinstance(exc, errors.LinkLost | errors.NotResponding | errors.DeviceUnreachable | errors.NotSsh):
            door.openssh.standings.failed()
        ends = isinstance(exc, BLOCKING) or (speaks_of_path(exc) and door.openssh.standings.now is None)
        if ends and door.link.cannot_talk is not None:  # there is no other way in
            door.link.note(exc)
        raise
    except Exception as exc:
        if limit := laptop_limit(exc):
            raise limit from exc
        raise
    finally:
        if first:
            _tell()
    door.link.path = "subprocess"
    return made


def _fall_back(door: _Door, request: Request, cause: Exception) -> CommandResult:
    if not isinstance(cause, errors.Incompatible) or door.openssh.standings.now is None:
        door.link.fallbacks += 1
        log.warning("SSH connection fallback to subprocess: %s", describe_cause(cause))
    try:
        result = _subprocess_ssh_command(request)
    except errors.V3Error as exc:
        if speaks_of_path(exc):
            door.breaker.second_failed = True
        if isinstance(cause, errors.V3Error) and not says_more(exc, cause):
            raise cause from exc  # what the better path said
        raise exc from cause
    finally:
        _tell()
    door.breaker.second_failed = False
    return result


def _with_breaker_open(door: _Door, request: Request) -> CommandResult:
    """No waiting for the persistent path: the other one answers, or the last cause does, at once."""
    cause = door.breaker.cause or errors.LinkLost()
    if door.breaker.second_failed:
        raise errors.fresh(cause)
    return _fall_back(door, request, cause)


def run_many(requests: Iterable[Request], *, cancel: threading.Event | None = None) -> Iterator[Answer]:
    """Many commands, answers as they come, at most two at a time: the device has work of its own.

    Quick reads are pipelined through one lane; slow ones and others go one after the other through the
    second, so that they hold up nobody. Where there are none, reads have both.

    Work is for the device that was there at the start: after a swap the rest ends DeviceChanged.
    """
    pending = list(requests)
    door = _the_door()
    device = door.current_device()
    for request in pending:
        request.device = request.device or device
        request.cancel = request.cancel or cancel
        request.sudo_password = door.sudo_password
    answers: SimpleQueue[Answer] = SimpleQueue()
    pipelined = USE_PERSISTENT and not door.breaker.open
    quick = [r for r in pending if pipelined and not r.slow and r.effect == "read" and not r.needs_channel]
    others = [r for r in pending if r not in quick]
    batch = Batch(door.link, _run, answers)
    shares = [quick] if others else [quick[::2], quick[1::2]]
    for work, part in (*((batch.pipelined, share) for share in shares), (batch.one_by_one, others)):
        if part:
            threading.Thread(target=work, args=(part,), name="v3-batch", daemon=True).start()
    for _ in pending:
        yield answers.get()


@contextlib.contextmanager
def stream(
    command: str,
    *,
    timeout: float = 86400.0,
    stdin: bytes | str | None = None,
    effect: str = "unsafe",
    cancel: threading.Event | None = None,
    device: str | None = None,
) -> Iterator[Stream]:
    """A long-running command. Leaving the context stops it. Over the persistent link, or by the system's
    ssh where that is the only one that can talk to the device.

    device: the only one it may run on, as `Stream.device` says it; DeviceChanged on any other.
    """
    request = Request(command, timeout, stdin, effect, max_output_bytes=1 << 62, cancel=cancel, device=device)
    request.validate()
    door = _the_door()

    def over_link(connection: Connection) -> Once | SshChannel:
        return connection.once(request)

    once = _either_way(door, request, over_link, lambda ssh: ssh.stream(request))
    try:
        yield Stream(once)
    finally:
        if once.exit_status is None and not once.over:
            once.stop()
        once.close()


def open_terminal(cols: int = 80, rows: int = 24, *, device: str | None = None) -> Terminal | SshTerminal:
    """A login shell on a PTY, by the way that stream() takes. device: the `device_key` it is meant for, and
    no other."""
    with LOADING:
        from utils.ssh.terminal import Terminal

    request = Request("terminal", timeout=TERMINAL_S, device=device)

    def over_link(connection: Connection) -> Terminal | SshTerminal:
        return connection.with_room(lambda: Terminal(connection, cols, rows, request.deadline))

    return _either_way(_the_door(), request, over_link, lambda ssh: ssh.terminal(request, cols, rows))


def _either_way(
    door: _Door, request: Request, link: Callable[[Connection], Made], ssh: Callable[[OpenSsh], Made]
) -> Made:
    """Over the link; by the system's ssh only where the link cannot talk to this device."""
    door.meet(request)
    try:
        connection = door.link.connected(request)
    except errors.Incompatible as exc:
        if os.name == "nt":
            raise errors.Incompatible(
                f"{exc} On Windows the system's ssh runs commands alone: no terminal, no live view.",
                hint="Use a laptop with Linux or macOS for these.", **exc.details,
            ) from exc  # fmt: skip
        try:
            return _by_ssh(door, request, lambda: ssh(door.openssh))
        except errors.V3Error as second:
            raise second if says_more(second, exc) else exc from second
    request.fresh_attempt()
    return link(connection)


# -- state ---------------------------------------------------------------------------------------


def status() -> LinkStatus:
    """Where the link stands; never blocks, never connects."""
    door = _the_door()
    _ = door.breaker.open  # it closes itself once the link stands again
    return door.status()


def on_change(callback: Callable[[LinkStatus], None]) -> Callable[[], None]:
    """Calls back at each change of state, from any thread. Returns what ends that."""
    _listeners.append(callback)

    def end() -> None:
        with contextlib.suppress(ValueError):
            _listeners.remove(callback)

    return end


def _tell() -> None:
    door = _door
    if door is None:
        return
    now = door.status()
    for callback in list(_listeners):
        try:
            callback(now)
        except Exception:
            log.exception("a listener of the link failed")


@contextlib.contextmanager
def keep_connected() -> Iterator[None]:
    """While open, the link connects and reconnects in the background with backoff."""
    global _lookers
    with _lock:
        _lookers += 1
        _the_door().link.keeper.keep()
    try:
        yield
    finally:
        with _lock:
            _lookers -= 1
            if _door is not None:
                _door.link.keeper.release()


def reset() -> None:
    """Drops the link, the breaker and the reason for the last failure. The next command connects."""
    door = _the_door()
    sudo.forget()
    door.breaker.reset()
    door.link.reset()
    door.openssh.close()


def _drop_connection_for_test() -> None:
    """Cuts the connection as a pulled cable would, behind the link's back (test_persistent_ssh.py)."""
    from utils.ssh.transport import discard

    connection = _the_door().link._connection
    if connection is not None:
        discard(connection.transport)
        connection.transport.join(2.0)


def close() -> None:
    """Ends the link for good; configure() or the next command makes a new one."""
    global _door
    with _lock:
        old, _door = _door, None
    if old is not None:
        old.close()


def ladder() -> list[Rung]:
    """Where the way to the device stops, rung by rung from the laptop's USB to the device's clock.

    Uses the link if it stands, else watches one attempt to connect. Half a minute at most.
    """
    door = _the_door()
    rungs = door.ladder().climb()
    if not USE_PERSISTENT:
        door.link.reset()  # it was only made to look
    return rungs


# -- decisions of a person -----------------------------------------------------------------------


def trust(fingerprint: str, *, reflashed: bool = False) -> None:
    """Trusts the key the device showed last. reflashed: it replaces the key it was known by."""
    door = _the_door()
    door.link.trust(fingerprint, reflashed=reflashed)
    door.breaker.reset()


def answer(answers: Sequence[str]) -> None:
    """Answers what the device asks in the midst of a login, once; BadRequest when it asks nothing."""
    _the_door().link.answer(answers)


def set_credentials(
    user: str | None = None,
    host: str | None = None,
    port: int | None = None,
    password: str | None = None,
    passphrase: str | None = None,
) -> None:
    """Another address, user, password or passphrase of the key file, in memory only.

    Ends the old link; BadRequest if not valid.
    """
    door = _the_door()
    given: dict[str, Any] = {"ssh_user": user, "ssh_ip": host, "ssh_port": port}
    changes = {name: value for name, value in given.items() if value is not None}
    if password is not None:
        changes["ssh_password"] = SecretStr(password)
    if passphrase is not None:
        changes["ssh_key_passphrase"] = SecretStr(passphrase)
    settings = changed(door.settings, changes)
    configure(settings, demo=door.demo and host is None and port is None)


def known_devices() -> list[Device]:
    """Every device that was ever trusted, newest first."""
    return _the_door().link.host_keys.devices()
