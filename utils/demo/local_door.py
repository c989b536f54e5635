"""A door that needs no network: each command runs in a local `sh`, a terminal echoes what is typed.

For tests, and for trying the page or a diagnostic without a board. It takes whatever it is told to: nothing
it runs is safer than at a prompt. Linux and macOS.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from utils.demo.echo_terminal import DEVICE, EchoTerminal
from utils.errors import BadRequest, Cancelled, CommandTimeout, DeviceChanged, UnknownDevice, V3Error
from utils.laptop import child
from utils.link.paths.subprocess.process import kill
from utils.model.doors import MAX_OUTPUT_BYTES, Ask, Asked
from utils.model.results import CommandResult, Device, LinkState, LinkStatus, Rung, RungState, called
from utils.settings import Settings


class Local:
    """A command that goes on, on this laptop. See model/doors.py, Running."""

    def __init__(self, chunks: Iterator[tuple[str, bytes]], on: Device | None) -> None:
        self._chunks, self.on = chunks, on

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        return self._chunks

    @property
    def device(self) -> str | None:
        """The key of the device it runs on."""
        return key_of(self.on) if self.on else None


class LocalDoor:
    """device, state: what it says of the link. trouble: raised instead of running anything.

    What was asked of it is kept: executed (commands), terminals, trusted, credentials, answers, forgotten,
    resets, climbs. kept: how many hold it connected now.
    """

    def __init__(self, device: Device | None = DEVICE) -> None:
        self.device = device
        self.state = LinkState.CONNECTED
        self.settings = Settings()
        self.settle: Callable[[], None] = lambda: None
        self.trouble: Exception | None = None
        self.executed: list[str] = []
        self.terminals: list[EchoTerminal] = []
        self.trusted: list[tuple[str, bool]] = []
        self.credentials: list[dict[str, Any]] = []
        self.answers: list[list[str]] = []
        self.forgotten: list[str] = []
        self.resets = self.climbs = self.kept = 0
        self.callbacks: list[Callable[[LinkStatus], None]] = []

    # -- commands

    def run(
        self,
        command: str,
        *,
        timeout: float = 30.0,
        effect: str = "unsafe",
        max_output_bytes: int = MAX_OUTPUT_BYTES,
        cancel: threading.Event | None = None,
    ) -> CommandResult:
        """Run one command; what it leaves behind is killed at the time-out or cancel."""
        self._refuse()
        self.executed.append(command)
        began = time.monotonic()
        with _shell(command, stderr=subprocess.PIPE) as process:
            stdout, stderr = _outcome(process, began + timeout, cancel)
        return CommandResult(
            command,
            stdout[:max_output_bytes],
            stderr[:max_output_bytes],
            process.returncode,
            duration_s=time.monotonic() - began,
            truncated=len(stdout) > max_output_bytes,
            device=self.device,
        )

    def run_many(
        self, requests: Iterable[Asked], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[Asked, CommandResult | V3Error]]:
        """Run many, one after the other."""
        self._refuse()
        for ask in list(requests):
            yield ask, self._answer(ask, cancel)

    def _answer(self, ask: Ask, cancel: threading.Event | None) -> CommandResult | V3Error:
        if ask.on_begin is not None:
            ask.on_begin()
        try:
            self._refuse(ask.device)
            return self.run(ask.command, timeout=ask.timeout, cancel=ask.cancel or cancel)
        except V3Error as exc:
            return exc

    @contextlib.contextmanager
    def stream(
        self,
        command: str,
        *,
        effect: str = "unsafe",
        cancel: threading.Event | None = None,
        device: str | None = None,
    ) -> Iterator[Local]:
        """Run a command that goes on; it is killed when the context is left."""
        self._refuse(device)
        self.executed.append(command)
        with _shell(command, stderr=subprocess.DEVNULL) as process:
            try:
                yield Local(_chunks(process, cancel), self.device)
            finally:
                kill(process)

    def open_terminal(self, cols: int = 80, rows: int = 24, *, device: str | None = None) -> EchoTerminal:
        """Open a terminal that echoes."""
        self._refuse(device)
        terminal = EchoTerminal(self.device or DEVICE, cols, rows)
        self.terminals.append(terminal)
        return terminal

    def _refuse(self, meant: str | None = None) -> None:
        if self.trouble is not None:
            raise self.trouble
        here = key_of(self.device) if self.device else None
        if meant not in (None, here):
            raise DeviceChanged(expected=meant, found=here)

    # -- state

    def status(self) -> LinkStatus:
        """Tell `state` and `device`."""
        return LinkStatus(self.state, "ubuntu@192.168.55.1", device=self.device)

    def on_change(self, callback: Callable[[LinkStatus], None]) -> Callable[[], None]:
        """Call back at each changed()."""
        self.callbacks.append(callback)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self.callbacks.remove(callback)

        return end

    def changed(self) -> None:
        """Tell everybody the state."""
        for callback in list(self.callbacks):
            callback(self.status())

    @contextlib.contextmanager
    def keep_connected(self) -> Iterator[None]:
        """Count who holds it."""
        self.kept += 1
        try:
            yield
        finally:
            self.kept -= 1

    def ladder(self) -> list[Rung]:
        """Answer a ladder that stops at the login."""
        self.climbs += 1
        return [
            Rung("port", "SSH port open", RungState.OK, "127.0.0.1 takes the connection", "", 0.001),
            Rung("login", "Login", RungState.BROKEN, "password: refused.", "Check SSH_PASSWORD.", 0.02),
            Rung("shell", "Shell", RungState.NOT_REACHED),
        ]

    def test_login(self) -> list[Rung]:
        """Tell a login that works, and a sudo without a password."""
        return [
            Rung("login", "Login", RungState.OK, "ubuntu is logged in."),
            Rung("sudo", "Root rights (sudo)", RungState.NOTE, "Not set.", "Type the sudo password."),
        ]

    # -- decisions

    def trust(self, fingerprint: str, *, reflashed: bool = False) -> None:
        """Note it; BadRequest for what is no fingerprint."""
        if not fingerprint.startswith("SHA256:"):
            raise BadRequest("This is not the key that is being asked about.")
        self.trusted.append((fingerprint, reflashed))

    def set_credentials(
        self,
        user: str | None = None,
        host: str | None = None,
        port: int | None = None,
        password: str | None = None,
        passphrase: str | None = None,
        sudo_password: str | None = None,
    ) -> None:
        """Note what was given."""
        given = {"user": user, "host": host, "port": port, "password": password, "passphrase": passphrase}
        self.credentials.append({**given, "sudo_password": sudo_password})

    def answer(self, answers: Sequence[str], question: str | None = None) -> None:
        """Note the answers."""
        self.answers.append(list(answers))

    def known_devices(self) -> list[Device]:
        """List the one device."""
        return [self.device] if self.device else []

    def configure(self, settings: Settings) -> None:
        """Take these settings."""
        self.settings = settings

    def ids_of(self, device_id: str) -> tuple[str, ...]:
        return (device_id,)

    def name_board(self, device_id: str, nickname: str) -> None:
        """Call the one device so."""
        self._need(device_id)
        self.device = called(self.device, device_id, nickname)

    def forget_board(self, device_id: str) -> None:
        """Note it."""
        self._need(device_id)
        self.forgotten.append(device_id)

    def let_go(self, device_id: str) -> None:
        """Another door forgot it."""

    def _need(self, device_id: str) -> None:
        if self.device is None or device_id != self.device.device_id:
            raise UnknownDevice

    def reset(self) -> None:
        """Count it."""
        self.resets += 1

    def close(self) -> None:
        """Nothing is open."""


def key_of(device: Device) -> str:
    """What tells this device from another, as the link says it."""
    return f"{device.fingerprint} {device.serial}".strip()


def _shell(command: str, *, stderr: int) -> subprocess.Popen[bytes]:
    return child.start(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )


def _outcome(
    process: subprocess.Popen[bytes], until: float, cancel: threading.Event | None
) -> tuple[bytes, bytes]:
    while True:
        try:
            return process.communicate(timeout=0.02)
        except subprocess.TimeoutExpired:
            stopped = cancel is not None and cancel.is_set()
            if not stopped and time.monotonic() < until:
                continue
        kill(process)
        process.communicate()
        raise Cancelled() if stopped else CommandTimeout()


def _chunks(process: subprocess.Popen[bytes], cancel: threading.Event | None) -> Iterator[tuple[str, bytes]]:
    assert process.stdout is not None
    while True:
        if cancel is not None and cancel.is_set():
            raise Cancelled
        if select.select([process.stdout], [], [], 0.05)[0]:
            data = os.read(process.stdout.fileno(), 1 << 16)
            if not data:
                return
            yield "stdout", data
