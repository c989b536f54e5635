"""A stand-in for the SSH door, for tests only: runs each command by a local `sh`."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.echo_terminal import DEVICE, EchoTerminal
from utils.errors import BadRequest, Cancelled, CommandTimeout, DeviceChanged, V3Error
from utils.model.results import CommandResult, Device, LinkState, LinkStatus, Rung, RungState
from utils.settings import Settings
from utils.ssh_interface import Request


class LocalDoor:
    """The door's functions. trouble: raised instead of running. executed: every command that ran."""

    Request = Request

    def __init__(self) -> None:
        self.trouble: V3Error | Exception | None = None
        self.executed: list[str] = []
        self.terminals: list[EchoTerminal] = []
        self.trusted: list[tuple[str, bool]] = []
        self.credentials: list[dict[str, Any]] = []
        self.answers: list[list[str]] = []
        self.resets = 0
        self.climbs = 0
        self.kept = 0
        self.device: Device | None = DEVICE
        self.callbacks: list[Callable[[LinkStatus], None]] = []

    def run(
        self,
        command: str,
        *,
        timeout: float = 30.0,
        effect: str = "unsafe",
        max_output_bytes: int = 8 << 20,
        cancel: threading.Event | None = None,
    ) -> CommandResult:
        if self.trouble is not None:
            raise self.trouble
        self.executed.append(command)
        began = time.monotonic()
        with _shell(command, stderr=subprocess.PIPE) as process:
            stdout, stderr = self._wait(process, began + timeout, cancel)
        return CommandResult(
            command,
            stdout[:max_output_bytes],
            stderr[:max_output_bytes],
            process.returncode,
            duration_s=time.monotonic() - began,
            truncated=len(stdout) > max_output_bytes,
            device=self.device,
        )

    def _wait(
        self, process: subprocess.Popen[bytes], until: float, cancel: threading.Event | None
    ) -> tuple[bytes, bytes]:
        while True:
            try:
                return process.communicate(timeout=0.02)
            except subprocess.TimeoutExpired:
                stopped = cancel is not None and cancel.is_set()
                if not stopped and time.monotonic() < until:
                    continue
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise Cancelled() if stopped else CommandTimeout()

    def run_many(
        self, requests: Iterable[Request], *, cancel: threading.Event | None = None
    ) -> Iterator[tuple[Request, CommandResult | V3Error]]:
        if self.trouble is not None:
            raise self.trouble
        for request in list(requests):
            request.begin()
            try:
                yield (
                    request,
                    self.run(request.command, timeout=request.timeout, cancel=request.cancel or cancel),
                )
            except V3Error as exc:
                yield request, exc

    def open_terminal(self, cols: int, rows: int, *, device: str | None = None) -> EchoTerminal:
        if self.trouble is not None:
            raise self.trouble
        terminal = EchoTerminal(DEVICE, cols, rows)
        if device not in (None, terminal.device_key):
            raise DeviceChanged(found=terminal.device_key)
        self.terminals.append(terminal)
        return terminal

    @contextlib.contextmanager
    def stream(
        self, command: str, *, effect: str = "unsafe", cancel: threading.Event | None = None
    ) -> Iterator[Iterator[tuple[str, bytes]]]:
        if self.trouble is not None:
            raise self.trouble
        self.executed.append(command)
        with _shell(command, stderr=subprocess.DEVNULL) as process:
            try:
                yield self._chunks(process, cancel)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    @staticmethod
    def _chunks(
        process: subprocess.Popen[bytes], cancel: threading.Event | None
    ) -> Iterator[tuple[str, bytes]]:
        assert process.stdout is not None
        while True:
            if cancel is not None and cancel.is_set():
                raise Cancelled
            if select.select([process.stdout], [], [], 0.05)[0]:
                data = os.read(process.stdout.fileno(), 1 << 16)
                if not data:
                    return
                yield "stdout", data

    settings = Settings()

    def status(self) -> LinkStatus:
        return LinkStatus(LinkState.CONNECTED, "ubuntu@192.168.55.1", device=self.device)

    def on_change(self, callback: Callable[[LinkStatus], None]) -> Callable[[], None]:
        self.callbacks.append(callback)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self.callbacks.remove(callback)

        return end

    def changed(self) -> None:
        for callback in list(self.callbacks):
            callback(self.status())

    @contextlib.contextmanager
    def keep_connected(self) -> Iterator[None]:
        self.kept += 1
        try:
            yield
        finally:
            self.kept -= 1

    def trust(self, fingerprint: str, *, reflashed: bool = False) -> None:
        if not fingerprint.startswith("SHA256:"):
            raise BadRequest("This is not the key that is being asked about.")
        self.trusted.append((fingerprint, reflashed))

    def set_credentials(self, **given: Any) -> None:
        self.credentials.append(given)

    def answer(self, answers: list[str]) -> None:
        self.answers.append(answers)

    def ladder(self) -> list[Rung]:
        self.climbs += 1
        return [
            Rung("port", "SSH port open", RungState.OK, "127.0.0.1 takes the connection", "", 0.001),
            Rung("login", "Login", RungState.BROKEN, "password: refused.", "Check SSH_PASSWORD.", 0.02),
            Rung("shell", "Shell", RungState.NOT_REACHED),
        ]

    def known_devices(self) -> list[Device]:
        return [DEVICE]

    def reset(self) -> None:
        self.resets += 1

    def close(self) -> None:
        pass


def _shell(command: str, *, stderr: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        start_new_session=True,
    )
