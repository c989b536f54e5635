"""A door that answers from the demo's saved answers: a whole board without a device, a network or SSH."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

from utils.demo import machine as facts
from utils.demo.channel_io import Stopped, TerminalSize
from utils.demo.commands import FakeCommands
from utils.demo.local_door import Local, LocalDoor
from utils.demo.machine import Machine
from utils.demo.saved_answers import FOLDER, SavedAnswers, of_folder
from utils.errors import Cancelled, CommandTimeout
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue
from utils.model.doors import MAX_OUTPUT_BYTES
from utils.model.results import CommandResult, Device

_LOOK_S = 0.05
DEVICE = Device(
    "SHA256:recorded",
    "ssh-ed25519",
    serial=facts.SERIAL,
    model=facts.MODEL,
    hostname=facts.HOSTNAME,
    device_id="recorded-orin-nx",
)


class RecordedDoor(LocalDoor):
    """A LocalDoor whose commands are answered from a folder. folder: with saved answers."""

    def __init__(self, catalogue: Catalogue | None = None, folder: Path = FOLDER) -> None:
        super().__init__(DEVICE)
        machine = Machine()
        self._commands = FakeCommands(
            SavedAnswers(catalogue or builtin_catalogue(), machine, of_folder(folder)), machine
        )

    def run(
        self,
        command: str,
        *,
        timeout: float = 30.0,
        effect: str = "unsafe",
        max_output_bytes: int = MAX_OUTPUT_BYTES,
        cancel: threading.Event | None = None,
    ) -> CommandResult:
        """Answer one command as the recorded board did."""
        self._refuse()
        self.executed.append(command)
        began = time.monotonic()
        played = _Played(self._commands, command)
        said = {"stdout": b"", "stderr": b""}
        for name, data in played.chunks(cancel, began + timeout):
            said[name] += data
        return CommandResult(
            command,
            said["stdout"][:max_output_bytes],
            said["stderr"][:max_output_bytes],
            played.exit_status,
            duration_s=time.monotonic() - began,
            truncated=max(map(len, said.values())) > max_output_bytes,
            device=self.device,
        )

    @contextlib.contextmanager
    def stream(
        self,
        command: str,
        *,
        effect: str = "unsafe",
        cancel: threading.Event | None = None,
        device: str | None = None,
    ) -> Iterator[Local]:
        """Play a command that goes on."""
        self._refuse(device)
        self.executed.append(command)
        played = _Played(self._commands, command)
        try:
            yield Local(played.chunks(cancel, float("inf")), self.device)
        finally:
            played.stop.set()


class _Played:
    """A command of the saved answers in a thread of its own. Its streams are what CommandIO asks for."""

    size: TerminalSize | None = None

    def __init__(self, commands: FakeCommands, command: str) -> None:
        self.exit_status: int | None = None
        self.stop = threading.Event()
        self._said: SimpleQueue[tuple[str, bytes] | None] = SimpleQueue()
        threading.Thread(target=self._play, args=(commands, command), name="recorded", daemon=True).start()

    def _play(self, commands: FakeCommands, command: str) -> None:
        try:
            with contextlib.suppress(Stopped):
                self.exit_status = commands.run(command, self)
        finally:
            self._said.put(None)

    def chunks(self, cancel: threading.Event | None, until: float) -> Iterator[tuple[str, bytes]]:
        """Give what it prints until it ends. Cancelled, or CommandTimeout at `until`."""
        try:
            while True:
                if cancel is not None and cancel.is_set():
                    raise Cancelled
                if time.monotonic() > until:
                    raise CommandTimeout
                with contextlib.suppress(Empty):
                    said = self._said.get(timeout=_LOOK_S)
                    if said is None:
                        return
                    yield said
        finally:
            self.stop.set()

    def out(self, data: bytes) -> None:
        """Print on stdout."""
        self._said.put(("stdout", data))

    def err(self, data: bytes) -> None:
        """Print on stderr."""
        self._said.put(("stderr", data))

    def wait(self, seconds: float) -> bool:
        """Sleep; Stopped when nobody listens any more."""
        if self.stop.wait(seconds):
            raise Stopped
        return True

    def stdin(self) -> Iterator[bytes]:
        """Nothing is typed."""
        return iter(())
