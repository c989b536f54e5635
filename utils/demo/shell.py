"""The fake shell on a PTY: prompt, echo, line editing, ^C and ^D. Runs lines through Commands.

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
from utils.demo.commands import Commands

PROMPT = f"{facts.USER}@{facts.HOSTNAME}:~$ "
GREETING = "V3 Diagnostics demo device: a recording, not a real module. Type 'help'.\n"
_INTERRUPTED = 130
_LOOK_S = 0.02
_CTRL_C, _CTRL_D, _CTRL_L, _CTRL_U, _ESCAPE = "\x03", "\x04", "\x0c", "\x15", "\x1b"


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
        super().out(data.replace(b"\n", b"\r\n"))

    def err(self, data: bytes) -> None:
        self.out(data)

    def stdin(self) -> Iterator[bytes]:
        return iter(())  # the fake shell's commands do not read the keyboard

    def keys(self) -> bytes:
        """What was typed, first what was typed while a command ran; b"" at the end."""
        if self._ahead:
            data = bytes(self._ahead)
            self._ahead.clear()
            return data
        return self.receive()

    def wait(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.channel.recv_ready():
                data = self.receive()
                if b"\x03" in data:
                    self._ahead[:] = data[
                        data.rindex(b"\x03") + 1 :
                    ]  # as a terminal: ^C drops what was typed
                    self.out(b"^C\n")
                    return False
                self._ahead += data
            elif self._stop.wait(min(left, _LOOK_S)) or self.channel.closed:
                raise Stopped
        return True


class FakeShell:
    """An interactive shell from its prompt to `exit`, ^D or the end of the channel."""

    def __init__(self, io: TerminalIO, commands: Commands) -> None:
        self._io = io
        self._commands = commands
        self._keys = self._typed()
        self._status = 0

    def run(self) -> int:
        """Serves the terminal; returns the exit status. Raises Stopped when it goes away."""
        self._io.out(GREETING.encode())
        try:
            while (line := self._line()) is not None:
                if line.strip():
                    self._status = self._commands.execute(line.strip(), self._io, self._status)
        except Exit as exc:
            return exc.status
        self._io.out(b"exit\n")
        return self._status

    def _typed(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        previous = ""
        while data := self._io.keys():
            for char in decoder.decode(data):
                if not (previous == "\r" and char == "\n"):
                    yield char
                previous = char

    def _line(self) -> str | None:
        """One edited line; None at the end of input or at ^D on an empty line."""
        self._io.out(PROMPT.encode())
        typed: list[str] = []
        for char in self._keys:
            if char in "\r\n":
                self._io.out(b"\n")
                return "".join(typed)
            if char == _CTRL_D and not typed:
                return None
            if char == _CTRL_C:
                self._io.out(b"^C\n" + PROMPT.encode())
                self._status = _INTERRUPTED
                typed.clear()
            else:
                self._edit(char, typed)
        return None

    def _edit(self, char: str, typed: list[str]) -> None:
        if char in "\x7f\b":
            self._rub_out(typed, 1)
        elif char == _CTRL_U:
            self._rub_out(typed, len(typed))
        elif char == _CTRL_L:
            self._io.out(f"\x1b[H\x1b[2J{PROMPT}{''.join(typed)}".encode())
        elif char == _ESCAPE:
            self._skip_escape()
        elif char.isprintable():
            typed.append(char)
            self._io.out(char.encode("utf-8", "replace"))

    def _rub_out(self, typed: list[str], count: int) -> None:
        count = min(count, len(typed))
        del typed[len(typed) - count :]
        self._io.out(b"\b \b" * count)

    def _skip_escape(self) -> None:
        """Arrow and function keys do nothing here: takes the rest of their sequence."""
        if next(self._keys, "") not in ("[", "O"):
            return
        for char in self._keys:
            if "@" <= char <= "~":
                return
