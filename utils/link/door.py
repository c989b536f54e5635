"""A door: the only way to the device of one place, whoever is behind it now. All threads share it.

It stays while its target is changed (another address, user or password): who looks, and who wants to be told
of changes, belong to the door. How the target is reached: reach.py.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pydantic import SecretStr

from utils import errors
from utils.link import LOADING
from utils.link.paths.persistent.path import Gate
from utils.link.reach import Reach
from utils.link.request import Request
from utils.link.stream import Stream
from utils.model.doors import MAX_OUTPUT_BYTES, Asked, Terminal
from utils.model.results import CommandResult, Device, LinkStatus, Rung, RungState
from utils.model.rungs import TITLES, rung
from utils.settings import Settings, changed

log = logging.getLogger("v3.ssh")

TERMINAL_S = 60.0  # a device whose sessions start late (PAM) needs half of it; a dead one is known sooner


class Door:
    """load: the settings to begin with, at the first use; configure() may give others before.

    on_settings: told of each settings it takes. gate: see reach.py. Making a door connects to nothing.

    settle: called while no link stands, before anything is sent: it may configure() the door for the one
    board that the target leads to; a TargetAmbiguous that it raises is the answer.
    """

    def __init__(
        self,
        load: Callable[[], Settings],
        *,
        gate: Gate | None = None,
        on_settings: Callable[[Settings], None] = lambda settings: None,
    ) -> None:
        self._load, self._gate, self._on_settings = load, gate, on_settings
        self._lock = threading.RLock()
        self._reach: Reach | None = None
        self._lookers = 0
        self._listeners: list[Callable[[LinkStatus], None]] = []
        self.settle: Callable[[], None] = lambda: None

    def configure(self, settings: Settings, *, demo: bool = False) -> None:
        """Set the target. Ends the old link; never connects."""
        with self._lock:
            reach = Reach(settings, self._tell, demo=demo, gate=self._gate)
            reach.link.settle = self._settle
            for _ in range(self._lookers):  # who looks at the old target looks at the new one now
                reach.link.keeper.keep()
            self._on_settings(settings)
            old, self._reach = self._reach, reach  # last: whoever sees it does so without the lock
        if old is not None:
            old.close()
        self._tell()

    @property
    def reach(self) -> Reach:
        """The target as it is now, with its link and what stands beside it."""
        if self._reach is not None:
            return self._reach
        with self._lock:
            if self._reach is None:
                self.configure(self._load())
            assert self._reach is not None
            return self._reach

    def _settle(self) -> None:
        """TargetAmbiguous where several boards could be meant: shown as the link's state, too."""
        try:
            self.settle()
        except errors.TargetAmbiguous as exc:
            self.reach.link.note(exc)
            raise

    @property
    def _settled(self) -> Reach:
        """The target, once it is known which board it leads to. TargetAmbiguous."""
        if not self.reach.link.connected_now:
            self._settle()
        return self.reach

    @property
    def settings(self) -> Settings:
        """The settings in force: as configured, with what a person changed since."""
        return self.reach.settings

    @property
    def made(self) -> Reach | None:
        """The same, but None while nothing has asked for it yet."""
        return self._reach

    # -- commands --------------------------------------------------------------------------------

    def run(
        self,
        command: str,
        timeout: float = 30.0,
        stdin: bytes | str | None = None,
        effect: str = "unsafe",
        max_output_bytes: int = MAX_OUTPUT_BYTES,
        *,
        cancel: threading.Event | None = None,
    ) -> CommandResult:
        """Run one command on the device. timeout: seconds for everything, connecting included.

        effect: "unsafe" (default), "idempotent" or "read": what running it twice would mean.
        cancel: an event that, once set, stops the command on the device and raises Cancelled.
        """
        return self.ask(Request(command, timeout, stdin, effect, max_output_bytes, cancel=cancel))

    def ask(self, request: Request) -> CommandResult:
        """Run what a request says, as run() does."""
        return self._settled.run(request)

    def run_many(
        self, requests: Iterable[Asked], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[Asked, CommandResult | errors.V3Error]]:
        """Run many commands; answers as they come, each with what was asked. See Reach.run_many."""
        pending = [(Request.of(each), each) for each in requests]
        asked = {id(request): each for request, each in pending}
        for request, _ in pending:
            request.cancel = request.cancel or cancel
        for request, outcome in self._settled.run_many([request for request, _ in pending]):
            yield asked[id(request)], outcome

    @contextlib.contextmanager
    def stream(
        self,
        command: str,
        *,
        timeout: float = 86400.0,
        stdin: bytes | str | None = None,
        effect: str = "unsafe",
        cancel: threading.Event | None = None,
        device: str | None = None,
    ) -> Iterator[Stream]:
        """A long-running command. Leaving the context stops it. Over the persistent link, or by the system's
        ssh where only that can talk to the device.

        device: the only one it may run on, as `Stream.device` says it; DeviceChanged on any other.
        """
        request = Request(command, timeout, stdin, effect, 1 << 62, cancel=cancel, device=device)
        request.validate()
        once = self._settled.stream(request)
        try:
            yield Stream(once)
        finally:
            if once.exit_status is None and not once.over:
                once.stop()
            once.close()

    def open_terminal(self, cols: int = 80, rows: int = 24, *, device: str | None = None) -> Terminal:
        """A login shell on a PTY, by the way that stream() takes. device: the `device_key` it is meant for,
        and no other."""
        return self._settled.terminal(Request("terminal", timeout=TERMINAL_S, device=device), cols, rows)

    # -- state -----------------------------------------------------------------------------------

    def status(self) -> LinkStatus:
        """Where the link stands; never blocks, never connects."""
        reach = self.reach
        _ = reach.breaker.open  # it closes itself once the link stands again
        return reach.status()

    def on_change(self, callback: Callable[[LinkStatus], None]) -> Callable[[], None]:
        """Call back at each change of state, from any thread. Returns what ends that."""
        self._listeners.append(callback)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(callback)

        return end

    def _tell(self) -> None:
        reach = self._reach
        if reach is None:
            return
        now = reach.status()
        for callback in list(self._listeners):
            try:
                callback(now)
            except Exception:
                log.exception("a listener of the link failed")

    @contextlib.contextmanager
    def keep_connected(self) -> Iterator[None]:
        """While open, the link connects and reconnects in the background with backoff."""
        with self._lock:
            self._lookers += 1
            self.reach.link.keeper.keep()
        try:
            yield
        finally:
            with self._lock:
                self._lookers -= 1
                if self._reach is not None:
                    self._reach.link.keeper.release()

    def ladder(self) -> list[Rung]:
        """Where the way to the device stops, rung by rung from the laptop's USB to the device's clock.

        Uses the link if it stands, else watches one attempt to connect. Half a minute at most.
        """
        try:
            return self._settled.look()
        except errors.TargetAmbiguous as exc:
            first = rung("usb", RungState.BROKEN, str(exc), exc.hint)
            return [first if name == "usb" else rung(name) for name in TITLES]

    def test_login(self) -> list[Rung]:
        """Whether the login and sudo's password work, by one command on the board."""
        from utils.link.ladder.trial import tried  # only a person at the login form asks for it

        reach = self._settled
        return tried(reach.run, reach.settings.ssh_user, reach.sudo_password)

    def known_devices(self) -> list[Device]:
        """Every device that was ever trusted, newest first."""
        return self.reach.link.host_keys.devices()

    def ids_of(self, device_id: str) -> tuple[str, ...]:
        """All identities of a board, its present one first: results from before a serial number was known
        carry another."""
        return self.reach.link.host_keys.ids(device_id)

    def name_board(self, device_id: str, nickname: str) -> None:
        """Call a trusted board so from now on, "" for its own name; UnknownDevice."""
        reach = self.reach
        present = reach.link.host_keys.name(device_id, nickname)
        reach.link.renamed(present, nickname)
        reach.openssh.standings.renamed(present, nickname)
        self._tell()

    def forget_board(self, device_id: str) -> None:
        """Trust a board no longer, and leave it where it is plugged in; UnknownDevice."""
        self.let_go(self.reach.link.host_keys.forget(device_id))

    def let_go(self, device_id: str) -> None:
        """Drop the link if it leads to this board."""
        device = self.status().device
        if device is not None and device.device_id == device_id:
            self.reset()

    # -- decisions of a person -------------------------------------------------------------------

    def reset(self) -> None:
        """Drop the link, the breaker and the reason for the last failure. The next command connects."""
        self.reach.agree_to_sudo(self.status().known_device)
        self.reach.reset()

    def trust(self, fingerprint: str, *, reflashed: bool = False) -> None:
        """Trust the key the device showed last. reflashed: it replaces the key it was known by."""
        self.reach.link.trust(fingerprint, reflashed=reflashed)
        self.reach.breaker.reset()

    def answer(self, answers: Sequence[str], question: str | None = None) -> None:
        """Answer what the device asks in the midst of a login, once. BadRequest when it asks nothing, or
        another question."""
        self.reach.link.answer(answers, question)

    def set_credentials(
        self,
        user: str | None = None,
        host: str | None = None,
        port: int | None = None,
        password: str | None = None,
        passphrase: str | None = None,
        sudo_password: str | None = None,
    ) -> None:
        """Another address, user, password, passphrase of the key file or sudo password, in memory only.

        Ends the old link; BadRequest if not valid.
        """
        reach = self.reach
        given: dict[str, Any] = {"ssh_user": user, "ssh_ip": host, "ssh_port": port}
        changes = {name: value for name, value in given.items() if value is not None}
        if password is not None:
            changes["ssh_password"] = SecretStr(password)
        if passphrase is not None:
            changes["ssh_key_passphrase"] = SecretStr(passphrase)
        if sudo_password is not None:
            changes["ssh_sudo_password"] = SecretStr(sudo_password) if sudo_password else None
        device = self.status().known_device
        settings = changed(reach.settings, changes)
        there = (reach.settings.ssh_ip, reach.settings.ssh_port) == (settings.ssh_ip, settings.ssh_port)
        self.configure(settings, demo=reach.demo and there)
        self.reach.link.refusals.agree()  # a person chose it for this board
        if sudo_password:
            self.reach.agree_to_sudo(device)

    def close(self) -> None:
        """End the link for good; configure() or the next command makes a new one."""
        with self._lock:
            old, self._reach = self._reach, None
        if old is not None:
            old.close()


def prepare() -> None:
    """Load what a first connection takes (paramiko, a fifth of the program's start), in a separate thread.

    The page is there before it. Connects to nothing.
    """
    with LOADING:
        from utils.link.paths.persistent import attempt, terminal  # noqa: F401
