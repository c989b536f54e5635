"""One running `ssh` of the second path, read to its end; and what ssh says -> our errors.

ssh's own words go to a file of the call (ssh -E). So they are never taken for the command's stderr.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path
from queue import SimpleQueue

from utils import errors
from utils.link.lanes.challenge import Ready, ShellReport
from utils.link.lanes.ending import result_of, signal_name, unfinished
from utils.link.lanes.frames import MOST, Arrived, Frame
from utils.link.lanes.opening import (
    LAST_LOOK_S,
    SURE_S,
    another_program,
    flood,
    half_answer,
    login_file_reads,
    no_input,
    one_stream,
    slow_answer,
    unchanged,
)
from utils.link.lanes.scripts import NO_INPUT
from utils.link.login import words as loginwords
from utils.link.obstacles import shell_error
from utils.link.request import Deadline, Request
from utils.link.transport.algorithms import said_by_ssh
from utils.model.results import CommandResult

PATIENCE_S = 90.0  # from the login on: PAM may hold the session up
END_S = 3.0


class SshCall:
    """One running ssh process. prove() that our script reads it, then send() and finish(). Three small
    threads read and write; a reader rests while nobody takes what came."""

    def __init__(self, process: subprocess.Popen[bytes], request: Request, log: Path) -> None:
        self._process, self._request, self._log = process, request, log
        self._streams = Arrived()
        self._lock = threading.Condition()
        self._open = 2
        self._flooded = False
        self._input: SimpleQueue[bytes | None] = SimpleQueue()
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            for stream, name in ((process.stdout, "out"), (process.stderr, "err")):
                # Its reader alone closes it. Closed by another, its number could be a pipe of the next call
                # before the reader reads.
                own = os.fdopen(os.dup(stream.fileno()), "rb", buffering=0)
                _in_a_thread(self._read, own, name)
            _in_a_thread(self._write)
        except BaseException:  # no thread left on this laptop
            self.close()
            raise

    def _write(self) -> None:
        """What is put in, until None: then the end of input."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            while (data := self._input.get()) is not None:
                self._process.stdin.write(data)
                self._process.stdin.flush()
            self._process.stdin.close()

    def _read(self, stream: FileIO, name: str) -> None:
        buffer: bytearray = getattr(self._streams, name)
        data = b"more"
        with stream:
            while data:
                with self._lock:
                    while len(buffer) > MOST and self._open > 0:
                        self._lock.wait(0.1)
                try:
                    data = os.read(stream.fileno(), 1 << 16)
                except OSError:
                    data = b""
                with self._lock:
                    buffer += data
                    self._open -= not data
                    self._lock.notify_all()

    def close(self) -> None:
        """Let the threads end; the process is ended by whoever started it."""
        self._input.put(None)
        with self._lock:
            self._open = 0
            self._lock.notify_all()

    def prove(self, answer: str, logged_in: Callable[[], bool]) -> ShellReport:
        """What our script tells; until then nothing is written to ssh. Nothing was run when this raises."""
        ready, start = Ready(answer), None
        while True:
            with self._lock:
                told = ready.take(self._streams)
                over = told is None and self._open <= 0
                if told is None and not over:
                    self._lock.wait(0.05)
                words = ready.noise(self._streams)
            if told is not None:
                return unchanged(told)
            if over:
                raise ssh_error(self._said(), self._ended(), words.decode(errors="replace").strip())
            if ready.one_stream(self._streams):
                raise one_stream(words)
            if self._streams.overfull:
                raise flood(words)
            if self._log.exists() and self._log.stat().st_size > MOST:
                raise endless_greeting()
            if start is not None and (start.passed or self._request.deadline.passed):
                raise self._too_late(ready, words, PATIENCE_S - start.left)
            self._request.check()
            if start is None and logged_in():
                start = Deadline(PATIENCE_S)

    def _too_late(self, ready: Ready, words: bytes, waited_s: float) -> errors.LinkError:
        """What is in the way, or that the caller's time is over."""
        if waited_s < SURE_S:
            self._request.check()
        if (error := self._in_the_way(ready)) is not None:
            return error
        self._request.check()
        return shell_error(words, hangs=True)

    def _in_the_way(self, ready: Ready) -> errors.LinkError | None:
        """As opening._not_ready: the end of the input tells what reads it. None: nothing does."""
        self._input.put(None)
        look = Deadline(LAST_LOOK_S)
        with self._lock:
            while self._open and not look.passed:
                if ready.take(self._streams) is not None:
                    return login_file_reads()
                self._lock.wait(look.left)
            words = ready.noise(self._streams)
            if ready.half(self._streams) or (not self._open and ready.begun(self._streams)):
                return half_answer(words)
            if ready.begun(self._streams):
                return slow_answer()
            return None if self._open else another_program(words)

    def send(self, text: bytes, frame: Frame) -> None:
        """The command and its stdin."""
        self._frame = frame
        self._input.put(text)
        self._feed_sudo()

    def _feed_sudo(self) -> None:
        """End the input, unless sudo may still ask; give what it asks for."""
        sudo = self._request.sudo
        if sudo is not None and (line := sudo.answer()):
            self._input.put(line)
        if sudo is None or sudo.over:
            self._input.put(None)

    def finish(self, started: float) -> CommandResult:
        """The result, or the error that tells how far the command got."""
        while not self._over():
            if self._frame.truncated and self._frame.out.total + self._frame.err.total > (256 << 20):
                break
            if self._flooded:
                raise errors.OutcomeUnknown(
                    "The device sends what is no answer to the command. It may have run. It was not repeated."
                )
            try:
                self._request.check()
            except errors.V3Error:
                time.sleep(0.05)  # what has arrived meanwhile is a result
                if not self._over():
                    raise
        if not self._frame.done and not self._frame.truncated:
            return self._without_end(started)
        signal = None if self._frame.done else "KILL"  # too much output: whoever called stops it
        return result_of(self._request, self._frame, started, signal=signal, path="subprocess")

    def chunks(self) -> Iterator[tuple[str, bytes]]:
        """("stdout" or "stderr", bytes) as they come, until the command ends. An error if it never began.
        What nobody takes stays with ssh and the device: the readers rest."""
        over = False
        while not over:
            over = self._over() or (self._flooded and not self._frame.begun)
            if over:
                self._frame.take_rest(self._streams)
            yield from self._pieces()
            if not over:
                self._request.check()
        if not self._frame.begun:
            raise self._never_began(self._ended())

    def _pieces(self) -> Iterator[tuple[str, bytes]]:
        sudo = self._request.sudo
        for name, stream in (("stdout", self._frame.out), ("stderr", self._frame.err)):
            data = stream.drain()
            if name == "stderr" and sudo is not None:
                data = sudo.cleaned(data)
            if data:
                yield name, data

    @property
    def exit_status(self) -> int | None:
        """Once the command has ended by itself."""
        return self._frame.exit_status

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._frame.done or self._open <= 0

    @property
    def lost(self) -> bool:
        """The connection broke while the command ran."""
        return not self._frame.done and self._open <= 0 and not 0 <= self._ended() < 255

    def _ended(self) -> int:
        """ssh's exit status, once its outputs have ended; 255, as for a lost connection, if it hangs."""
        try:
            return self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            return 255

    def _never_began(self, status: int) -> errors.LinkError:
        """It was sent to our script: without its begin mark nothing ran, unless ssh lost the connection."""
        if not 0 <= status < 255 or self._flooded:
            return errors.OutcomeUnknown()
        self._request.sent = False
        if status == NO_INPUT:
            return no_input()
        return ssh_error(self._said(), status, bytes(self._streams.err).decode(errors="replace"))

    def _over(self) -> bool:
        with self._lock:
            self._frame.take(self._streams)
            self._flooded = self._streams.overfull
            over = self._frame.done or self._open <= 0
            self._lock.notify_all()  # readers that rest
            if not over:
                self._lock.wait(0.05)
        if self._request.sudo is not None:
            self._feed_sudo()
        return over

    def _without_end(self, started: float) -> CommandResult:
        status = self._ended()
        with self._lock:
            self._frame.take_rest(self._streams)
        if not self._frame.begun:
            raise self._never_began(status)
        if 128 < status < 255:  # the shell above the command's says by what it was killed
            by = signal_name(status - 128)
            return result_of(self._request, self._frame, started, signal=by, path="subprocess")
        if 0 <= status < 255:
            raise unfinished(bytes(self._frame.err))
        raise errors.OutcomeUnknown(  # ssh says 255 for a shell that was killed, too
            "The command's shell was killed, or the link was lost, after the command was sent. "
            "It may have run. It was not repeated."
        )

    def _said(self) -> str:
        """What ssh itself said."""
        with contextlib.suppress(OSError):
            return self._log.read_text(encoding="utf-8", errors="replace")
        return ""


def endless_greeting() -> errors.LoginTimeout:
    """More came than any device has to say before it lets somebody in."""
    return errors.LoginTimeout(
        "The login did not finish: the device sends words without an end.",
        hint="Look at Banner in its sshd_config, and at what its login says.",
    )


def _in_a_thread(work: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=work, args=arguments, name="v3-ssh-io", daemon=True).start()


_SAID: tuple[tuple[str, type[errors.LinkError]], ...] = (
    ("host key verification failed", errors.HostKeyUnknown),
    ("host key is known for", errors.HostKeyUnknown),
    ("permission denied", errors.AuthenticationFailed),
    ("too many authentication failures", errors.AuthenticationFailed),
    ("connection refused", errors.DeviceUnreachable),
    ("no route to host", errors.DeviceUnreachable),
    ("network is unreachable", errors.DeviceUnreachable),
    ("could not resolve", errors.DeviceUnreachable),
    ("timed out", errors.NotResponding),
    ("kex_exchange_identification", errors.NotSsh),
    ("connection closed", errors.LinkLost),
    ("connection reset", errors.LinkLost),
)


_OWN = re.compile(
    r"(ssh|kex_\w+|mux\w*|load \w+|no such|identity file|control|connection|disconnected|warning|host key|@|"
    r"unable|channel|client_\w+|bad \w+|permissions|it is|offending|add |this |someone|are you|key_\w+)",
    re.IGNORECASE,
)


def _words(said: str) -> str:
    """The server's own words in what ssh says: why it hung up, and what came with its questions."""
    lines = [re.sub(r"^Received disconnect from \S+ port \d+:\d+: ", "", line) for line in said.splitlines()]
    return "\n".join(line for line in lines if not _OWN.match(line) and "Permission denied" not in line)


def _refusal(said: str, from_device: str) -> errors.LinkError | None:
    """The error that the server's words name. from_device: with a greeting that every login shows, which
    is no reason where the password was refused, and comes before the reason where the server hung up."""
    words = _words(said)
    if said.strip() and "Permission denied" not in said:
        words = f"{from_device}\n{words}"
    named = (loginwords.named(line) for line in reversed(words.splitlines()))
    return next((error for error in named if error is not None), None)


def ssh_error(said: str, status: int, from_device: str = "") -> errors.LinkError:
    """What ssh said -> our error. Nothing was run: the script never answered.

    from_device: what the device printed; it is not believed about anything but its own password.
    """
    if "password change required" in from_device.lower():
        return errors.PasswordExpired()
    if known := _refusal(said, from_device if status == 255 else ""):
        return known
    text = said.lower()
    if "no matching" in text:
        return said_by_ssh(said)
    for phrase, kind in _SAID:
        if phrase in text:
            return kind()
    if status == 255 and not from_device:
        last = said.strip().splitlines()[-1][:200] if said.strip() else "it said nothing"
        return errors.LinkLost(f"The system's ssh could not connect: {last}")
    return shell_error(from_device, status=status)
