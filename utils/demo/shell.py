"""The fake shell on a PTY: prompt, lines (line_editor.py), ^C and ^D. Runs lines through FakeCommands.

It is what a terminal talks to, so it writes CR LF and reads single characters. Knows no framing.
"""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Iterator

import paramiko

from utils.demo import machine as facts
from utils.demo.builtins import Exit
from utils.demo.channel_io import ChannelIO, Stopped, TerminalSize
from utils.demo.commands import FakeCommands
from utils.demo.line_editor import Interrupted, LineEditor

_HERE = f"{facts.USER}@{facts.HOSTNAME}"
PROMPT = f"\x1b]0;{_HERE}: ~\x07\x1b[01;32m{_HERE}\x1b[00m:\x1b[01;34m~\x1b[00m$ "
GREETING = (
    "\x1b[1mV3 Diagnostics demo device\x1b[0m: saved answers, not a real module. Type \x1b[36mhelp\x1b[0m.\n"
)
_INTERRUPTED = 130
_LOOK_S = 0.02
_PIECE = 16 << 10


class TerminalIO(ChannelIO):
    """A channel with a PTY: stderr joins stdout, newlines become CR LF, ^C interrupts a wait."""

    def __init__(self, channel: paramiko.Channel, stop: threading.Event, size: TerminalSize) -> None:
        super().__init__(channel, stop)
        self._size = size
        self._ahead = bytearray()

    @property
    def size(self) -> TerminalSize | None:
        return self._size

    def out(self, data: bytes) -> None:
        """Raise Interrupted when ^C comes in the midst of much output."""
        shown = data.replace(b"\n", b"\r\n")
        for first in range(0, len(shown), _PIECE):
            super().out(shown[first : first + _PIECE])
            if first and self._interrupted():
                raise Interrupted

    def err(self, data: bytes) -> None:
        self.out(data)

    def stdin(self) -> Iterator[bytes]:
        return iter(())  # the fake shell's commands do not read the keyboard

    def keys(self) -> bytes:
        """What was typed, a line at most: what follows may be meant for the command; b"" at the end."""
        if not self._ahead:
            self._ahead += self.receive()
        line, end, _ = self._ahead.partition(b"\r")
        del self._ahead[: len(line) + len(end)]
        return bytes(line + end)

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._interrupted():
                self.out(b"^C\n")
                return False
            if self._stop.wait(min(left, _LOOK_S)) or self.channel.closed:
                raise Stopped
        return True

    def _interrupted(self) -> bool:
        """Whether what was typed meanwhile holds ^C, which drops all before it, as in a terminal."""
        if self.channel.recv_ready():
            self._ahead += self.receive()
        _, found, after = self._ahead.rpartition(b"\x03")
        if found:
            self._ahead[:] = after
        return bool(found)


class FakeShell:
    """An interactive shell from its prompt to `exit`, ^D or the end of the channel."""

    def __init__(self, io: TerminalIO, commands: FakeCommands) -> None:
        self._io = io
        self._commands = commands
        self._editor = LineEditor(self._typed(), lambda text: io.out(text.encode("utf-8", "replace")))
        self._status = 0

    def run(self) -> int:
        """Serve the terminal; return the exit status. Raises Stopped when it goes away."""
        self._io.out(GREETING.encode())
        try:
            while (line := self._line()) is not None:
                if line:
                    self._status = self._executed(line)
        except Exit as exc:
            return exc.status
        self._io.out(b"exit\n")
        return self._status

    def _executed(self, line: str) -> int:
        text = line.removeprefix("(\n").removesuffix("\n)")  # a subshell would change nothing here
        try:
            return self._commands.execute(text, self._io, self._status)
        except Interrupted:
            self._io.out(b"^C\n")
            return _INTERRUPTED

    def _line(self) -> str | None:
        while True:
            try:
                return self._editor.line(PROMPT)
            except Interrupted:
                self._status = _INTERRUPTED

    def _typed(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        previous = ""
        while data := self._io.keys():
            for char in decoder.decode(data):
                if not (previous == "\r" and char == "\n"):
                    yield char
                previous = char
