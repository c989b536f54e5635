"""What an exec request asks the demo device for, and the lane protocol of utils/link/lanes/scripts.py.

A real device runs the scripts of such a request in its shell. The demo device only looks at the word behind
the script (v3-lane, v3-once, v3-stop). It answers with the same marks. Anything else is a plain command, as a
person with `ssh` would give it.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from utils.demo.channel_io import ChannelIO, CommandIO, TerminalSize, WithoutInput
from utils.link import identity, sudo
from utils.link.lanes.challenge import Challenge
from utils.link.lanes.scripts import mark_on_stderr

RunCommand = Callable[[str, CommandIO], int]
_pids = itertools.count(4100, 7)
_READY = re.compile(rb"v3_ready (\w+)")
_REQUEST = re.compile(rb"v3_run (\w+) (.*?)(?: plain)?", re.DOTALL)
_MARK_ON_STDERR = re.compile(re.escape(mark_on_stderr("NONCE").strip()).replace(b"NONCE", rb"(\w+)"))
_NOTABLE = re.compile(rb"['\"\n]")


@dataclass(frozen=True)
class ExecRequest:
    """mode: "lane", "once", "stop" or "plain". lane_id names the channel; command is a plain one's. answer:
    to its challenge. who: whether it asks what device this is."""

    mode: str
    lane_id: str = ""
    command: str = ""
    answer: str = ""
    who: bool = False


def parse_request(text: str) -> ExecRequest:
    """Which of the four kinds an exec request is. Never raises."""
    try:
        words = shlex.split(text) if text.startswith("exec ") else []
    except ValueError:
        words = []
    word = next((each for each in words if each in ("v3-lane", "v3-once", "v3-stop")), "")
    numbers = words[-4:]
    if not word or not all(number.isdecimal() for number in numbers):
        return ExecRequest("plain", command=text)
    answer = Challenge(tuple(map(int, numbers))).answer
    if word == "v3-stop":
        return ExecRequest("stop", words[words.index(word) + 1], answer=answer)
    lane_id = next((each[8:] for each in words if each.startswith("V3_LANE=")), "")
    who = identity.COMMAND in " ".join(words)
    return ExecRequest(word.removeprefix("v3-"), lane_id, answer=answer, who=who)


def serve_lane(io: ChannelIO, run: RunCommand, request: ExecRequest) -> int:
    """A lane to the end of its input. Returns the shell's exit status."""
    _answer(io, run, request, holds=1)
    source = _Input(io)
    while (line := source.request()) is not None:
        if ready := _READY.fullmatch(line):
            io.out(mark(ready[1], "r"))
            io.err(mark(ready[1], "x"))
        if begun := _MARK_ON_STDERR.fullmatch(line):
            io.err(mark(begun[1], "b"))
        match = _REQUEST.fullmatch(line)
        if match is None:
            continue
        nonce = match[1]
        io.out(mark(nonce, "b"))
        status = run(_unquoted(match[2]), WithoutInput(io))
        io.out(mark(nonce, f"e {status}"))
        io.err(mark(nonce, "x"))
        io.out(mark(nonce, "c"))
    return 0


def _answer(io: ChannelIO, run: RunCommand, request: ExecRequest, *, holds: int) -> None:
    """The script's answer to its challenge, as utils/link/lanes/scripts.py has it."""
    nonce, pid = request.answer.encode(), next(_pids)
    io.out(mark(nonce, f"r {pid} {pid - 1} {holds} 1 1 1 5"))
    if request.who:
        run(identity.COMMAND, WithoutInput(io))
    io.out(mark(nonce, "i"))
    io.err(mark(nonce, "x"))


def serve_once(io: ChannelIO, run: RunCommand, request: ExecRequest) -> int:
    """One command with its standard input. Returns its exit status."""
    _answer(io, run, request, holds=0)
    source = _Input(io)
    nonce = source.line()
    if nonce is None:
        return 255
    lines = []
    while (line := source.line()) is not None and line != nonce:
        lines.append(line)
    io.err(mark(nonce, "b"))
    io.out(mark(nonce, "b"))
    command = sudo.unwrapped(b"\n".join(lines).decode("utf-8", "surrogateescape"))
    status = run(command, _WithRest(io, source))
    io.out(mark(nonce, f"e {status}"))
    io.err(mark(nonce, "x"))
    return status


def serve_stop(io: ChannelIO, stop_lane: Callable[[str], int], request: ExecRequest) -> int:
    """Stop a lane and say so. Returns the exit status."""
    left = stop_lane(request.lane_id)
    io.out(mark(request.answer.encode(), f"s {'left' if left else 'gone'}"))
    return left


def serve_lines(io: ChannelIO, run: RunCommand) -> int:
    """A shell without a PTY: each line of its input is a command. Returns the last status."""
    source, status = _Input(io), 0
    while (line := source.line()) is not None:
        status = run(line.decode("utf-8", "surrogateescape"), WithoutInput(io))
    return status


def mark(nonce: bytes, what: str) -> bytes:
    """A mark of the protocol."""
    return b"\x1e" + nonce + b" " + what.encode() + b"\x1e\n"


def _unquoted(word: bytes) -> str:
    """The command of a word as shlex.quote makes it: safe characters, or '...' with '\"'\"' inside."""
    if word.startswith(b"'"):
        word = word[1:-1].replace(b"'\"'\"'", b"'")
    return word.decode("utf-8", "surrogateescape")


class _Input:
    """A channel's standard input, taken line by line or request by request; None at its end."""

    def __init__(self, io: ChannelIO) -> None:
        self._io = io
        self._buffer = bytearray()

    def line(self) -> bytes | None:
        """Up to the next newline, without it."""
        return self._take(lambda: self._buffer.find(b"\n"))

    def request(self) -> bytes | None:
        """Up to the next newline that stands outside quotes, without it."""
        return self._take(self._end_of_request)

    def rest(self) -> Iterator[bytes]:
        """What is left, as it comes."""
        if self._buffer:
            yield bytes(self._buffer)
            self._buffer.clear()
        yield from self._io.stdin()

    def _take(self, find_end: Callable[[], int]) -> bytes | None:
        while (end := find_end()) < 0:
            data = self._io.receive()
            if not data:
                return None
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _end_of_request(self) -> int:
        position = 0
        while match := _NOTABLE.search(self._buffer, position):
            if match.group() == b"\n":
                return match.start()
            closing = self._buffer.find(match.group(), match.end())
            if closing < 0:
                return -1
            position = closing + 1
        return -1


class _WithRest:
    """A once-channel's streams: standard input is what follows the command's text."""

    def __init__(self, io: ChannelIO, source: _Input) -> None:
        self.size: TerminalSize | None = None
        self.out, self.err, self.wait = io.out, io.err, io.wait
        self.stdin = source.rest
