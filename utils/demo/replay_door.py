"""A door that answers from a bundle: the board as it was, where no board is. Knows no SSH.

A command of the catalogue gets the answer that the board gave then, or the trouble that there was. Anything
else is refused: what nobody asked then, nobody knows.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from utils import errors
from utils.bundle.document import BoardFacts, RunFacts
from utils.bundle.reading import Bundle
from utils.demo.echo_terminal import EchoTerminal
from utils.demo.local_door import Local, LocalDoor
from utils.demo.log_script import asked
from utils.demo.machine import Machine
from utils.demo.saved_answers import SavedAnswers
from utils.errors import LinkInternal, ReplayOnly, V3Error
from utils.judging.catalogue.loader import Catalogue
from utils.live.logs import source
from utils.model.doors import MAX_OUTPUT_BYTES
from utils.model.results import CommandResult, Device, LinkStatus, Rung

MODE = "replay"
FOLDER = "/bundle/"
"""Where the page finds the slices of logs."""
_PATHS = ("persistent", "subprocess")
_KERNEL = "kernel-log"
"""The diagnostic whose output is the kernel's log."""


class ReplayDoor(LocalDoor):
    """A LocalDoor of a bundle. name: of its file. The newest check-up answers, else the one before."""

    def __init__(self, bundle: Bundle, name: str, catalogue: Catalogue) -> None:
        super().__init__(device_of(bundle.document.board))
        self._bundle, self._name = bundle, name
        self._runs: dict[str, RunFacts] = {}
        for checkup in bundle.document.checkups:
            for run in checkup.runs:
                self._runs.setdefault(run.diagnostic, run)
        self.follow(catalogue)

    def follow(self, catalogue: Catalogue) -> None:
        """Know the commands of this catalogue from now on."""
        self._saved = SavedAnswers(catalogue, Machine(), self._text, moving=False)

    def run(
        self,
        command: str,
        *,
        timeout: float = 30.0,
        effect: str = "unsafe",
        max_output_bytes: int = MAX_OUTPUT_BYTES,
        cancel: threading.Event | None = None,
    ) -> CommandResult:
        """What the board answered to this command, or why it did not."""
        if command == source.CHOICES:
            return CommandResult(command, self._choices(), device=self.device)
        for name in self._saved.ids(command):
            if name in self._runs:
                return self.answered(self._runs[name])
        raise ReplayOnly("Nobody asked the board for this when the bundle was made.")

    def answered(self, run: RunFacts) -> CommandResult:
        """The answer that a run got; raises what it got in its place."""
        result = run.result
        if result.get("error"):
            raise trouble(result["error"], self.device)
        stdout, stderr = self._bundle.outputs(run)
        status, path = result.get("exit_status"), result.get("path")
        return CommandResult(
            str(result.get("command", "")),
            stdout,
            stderr,
            status if isinstance(status, int) else None,
            duration_s=_seconds(result.get("duration_s")),
            path=path if path in _PATHS else _PATHS[0],
            truncated=result.get("truncated") is True,
            device=self.device,
            recorded_at=str(result.get("started_at") or run.started_at)[:40],
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
        """A slice of a log, as a file that does not grow. ReplayOnly for anything else."""
        wanted = asked(command)
        if wanted is None:
            raise ReplayOnly("A replay has no live values. Its recordings are on this page.")
        yield Local(_played(self._log(wanted.source), wanted.nonce, cancel), self.device)

    def open_terminal(self, cols: int = 80, rows: int = 24, *, device: str | None = None) -> EchoTerminal:
        """Refuse it."""
        raise ReplayOnly

    def status(self) -> LinkStatus:
        """Tell what it is."""
        return LinkStatus(self.state, f"Bundle {self._name}", mode=MODE, device=self.device)

    def ladder(self) -> list[Rung]:
        """Refuse it: there is no way to climb."""
        raise ReplayOnly

    def _text(self, name: str) -> bytes | None:
        """A run's file, as the demo has it."""
        diagnostic, _, kind = name.rpartition(".")
        run = self._runs.get(diagnostic)
        if run is None:
            return None
        return self._bundle.files.get(run.stdout if kind == "out" else run.stderr if kind == "err" else "")

    def _choices(self) -> bytes:
        names = "".join(f"{FOLDER}{log.file}\n" for log in self._bundle.document.logs)
        return f"== units\n== boots\n== files\n{names}".encode()

    def _log(self, wanted: source.Source) -> bytes | None:
        """The log that is asked for: of the kernel what its diagnostic printed, else a slice."""
        if wanted.kind == source.KERNEL and not wanted.ends:
            return self._text(f"{_KERNEL}.out")
        logs = {log.file: log.title for log in self._bundle.document.logs}
        if wanted.kind == source.FILE:
            name = wanted.path.removeprefix(FOLDER)
            return self._bundle.files.get(name) if name in logs else None
        named = (name for name, title in logs.items() if title.startswith(wanted.title()))
        return self._bundle.files.get(next(named, ""))


def _played(data: bytes | None, nonce: str, cancel: threading.Event | None) -> Iterator[tuple[str, bytes]]:
    """A log that nobody writes to any more, as a follower's script tells it. None: it is not there."""
    if data is None:
        yield "stdout", _said(nonce, "not-in-bundle")
        return
    yield "stdout", _said(nonce, f"begin file {int(time.time())} +0000 0.00 replay")
    yield "stdout", _said(nonce, "at 1:1 0 first")
    yield "stdout", data
    while not (cancel or threading.Event()).wait(0.2):
        yield "stdout", b""


def _said(nonce: str, words: str) -> bytes:
    return f"{source.MARK}{nonce} {words}{source.MARK}\n".encode()


def device_of(facts: BoardFacts) -> Device:
    """The board that the bundle is of. Its identity is no board's: a file that names a board of this bench
    must not speak for it."""
    named = hashlib.sha256(facts.device_id.encode()).hexdigest()[:20]
    return Device(**{**facts.model_dump(), "device_id": f"replay-{named}"})


def trouble(facts: Any, device: Device | None) -> V3Error:
    """The trouble that a run had, as an error again."""
    told: Mapping[str, Any] = facts if isinstance(facts, Mapping) else {}
    kinds = {
        kind.code: kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, V3Error)
    }
    kind = kinds.get(str(told.get("code")), LinkInternal)
    error = kind(str(told.get("message", ""))[:1000], hint=str(told.get("hint", ""))[:1000])
    error.device = device
    return error


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e6 else 0.0
