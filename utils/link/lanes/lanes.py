"""Lanes and once-channels: a command in, its exact output and exit status out.

A Lane is one long-lived `sh` on the device; a command costs one round trip there. A once-channel serves a
command that has stdin, and devices whose shell cannot hold a lane. Both prove first that our script reads
them (opening.py). They frame by marks (scripts.py, frames.py) and can really stop what they run (ending.py).
One owner at a time; no locks here.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator

from utils import errors
from utils.link.lanes import scripts
from utils.link.lanes.challenge import Challenge, ShellReport
from utils.link.lanes.ending import collect, stop, without_begin
from utils.link.lanes.frames import OUT, Frame, Pong
from utils.link.lanes.opening import TICK_S, ended, prove
from utils.link.lanes.pipe import Pipe
from utils.link.request import Deadline, Request
from utils.link.transport.transport import Transport
from utils.model.results import CommandResult, Device

CLEAN_S = 0.05
GOES_ON_S = 0.5
PROOF_AFTER_S = 1.0  # a link that was heard so lately is taken for alive
PROOF_S = 3.0


class Lane:
    """One long-lived shell. Raises ShellUnusable when the device's shell cannot hold one.

    who: it says what device it is on, in told.who.
    """

    def __init__(self, transport: Transport, request: Request, *, who: bool = False) -> None:
        self._pipe = Pipe(transport, request.deadline)
        self._unclean: bytes | None = None
        challenge = Challenge()
        try:
            command = scripts.lane_command(self._pipe.lane_id, challenge, who=who)
            transport.send_exec(self._pipe.channel, command)
            self.told = prove(self._pipe, challenge.answer, request)
        except BaseException:
            self._pipe.close()
            raise
        self._heard_at = time.monotonic()
        self._ahead = scripts.lane_functions(holds=self.told.holds)  # goes out with the first command

    @property
    def alive(self) -> bool:
        return self._pipe.alive

    def reusable(self) -> bool:
        """Alive, and nothing of the last command is still running. Waits for that CLEAN_S at most."""
        if not self.alive or not self._clean_within(CLEAN_S):
            return False
        self._drop_noise()
        return True

    def goes_on(self) -> bool:
        """Whether the command that is queued behind the last one begins: nothing of that one runs on."""
        return self._clean_within(GOES_ON_S)

    def _clean_within(self, seconds: float) -> bool:
        deadline, out = Deadline(seconds), self._pipe.streams.out
        while self._unclean is not None and self._unclean not in out:
            if self._pipe.exhausted or self._pipe.streams.overfull or deadline.passed:
                return False
            self._pipe.receive(min(TICK_S, deadline.left), OUT)
        if self._unclean is not None:
            del out[: out.find(self._unclean) + len(self._unclean)]
            self._unclean = None
        return True

    def run(self, request: Request) -> CommandResult:
        """Run one command to its end, or stop it and raise."""
        self._prove_life(request)
        request.check()  # what nobody waits for any more is not sent
        return self.collect(request, self.submit(request))

    def _prove_life(self, request: Request) -> None:
        """After a pause, one round trip shows that the link still stands.

        What is sent into a dead link may have run, for all we can tell. A read needs no such proof.
        """
        if request.effect == "read" or time.monotonic() - self._heard_at < PROOF_AFTER_S:
            return
        pong = Pong(nonce := secrets.token_hex(16))
        deadline = Deadline(request.deadline.at_most(PROOF_S))
        self._pipe.enter()
        self._pipe.send(self._first() + scripts.proof_request(nonce), deadline)
        while not pong.take(self._pipe.streams):
            if self._pipe.exhausted:
                raise ended(self._pipe)
            if deadline.passed or self._pipe.streams.overfull:
                raise errors.NotResponding("The device does not answer on the open connection.")
            self._pipe.receive(min(TICK_S, deadline.left))
        self._heard_at = time.monotonic()

    def _drop_noise(self) -> None:
        """What jobs of login files wrote since the last command is not the next one's."""
        while self._pipe.channel.recv_stderr_ready() and self._pipe.receive(0):
            self._pipe.streams.err.clear()
        self._pipe.streams.err.clear()

    def submit(self, request: Request) -> Frame:
        """Send the command without waiting; several may be queued. Frames come in this order."""
        nonce, first = secrets.token_hex(16), self._first()
        frame = Frame(nonce, request.max_output_bytes, marked=bool(first))
        if first:  # the lane's own shell may have complained as it started, after the proof
            first += scripts.mark_on_stderr(nonce)
        _send_command(self._pipe, request, first + scripts.lane_request(nonce, request.command))
        return frame

    def _first(self) -> bytes:
        ahead, self._ahead = self._ahead, b""
        return ahead

    def collect(self, request: Request, frame: Frame) -> CommandResult:
        """Wait for the frame of a submitted command."""
        result = collect(self._pipe, request, frame)
        self._unclean = frame.clean_mark
        self._heard_at = time.monotonic()
        return result

    def close(self) -> None:
        """Let go of the lane; what it left running goes on."""
        self._pipe.close()


def _send_command(pipe: Pipe, request: Request, text: bytes) -> None:
    """Send what ends with the word that lets the command run.

    If the device closed the channel before all of it was taken, that word never left. On a dead link nobody
    knows.
    """
    pipe.enter()
    request.sent = True
    try:
        pipe.send(text, request.deadline)
    except errors.LinkLost:
        if pipe.link_lost:
            raise
        request.sent = False
        raise ended(pipe) from None


def run_once(transport: Transport, request: Request) -> CommandResult:
    """One command on a channel of its own, with its stdin."""
    with contextlib.closing(Once(transport, request)) as once:
        return once.collect()


def look(transport: Transport, request: Request) -> ShellReport:
    """What a once-channel tells of the device, without any command."""
    with contextlib.closing(_Channel(transport, request, who=True)) as channel:
        return channel.pipe.told


class _Channel:
    """A channel of its own whose script has answered, before any command."""

    def __init__(self, transport: Transport, request: Request, *, who: bool = False) -> None:
        self.pipe = Pipe(transport, request.deadline)
        challenge = Challenge()
        try:
            transport.send_exec(
                self.pipe.channel, scripts.once_command(self.pipe.lane_id, challenge, who=who)
            )
            prove(self.pipe, challenge.answer, request)
        except BaseException:
            self.pipe.close()
            raise

    def close(self) -> None:
        self.pipe.close()


class Once:
    """A channel that runs one command. Sends the command when made; collect() or chunks() read it."""

    def __init__(self, transport: Transport, request: Request) -> None:
        self.on: Device | None = None  # told by the connection that made it
        self._request, self._sudo = request, request.arm()
        self._pipe = _Channel(transport, request).pipe
        nonce = secrets.token_hex(16)
        on_err: Callable[..., None] | None = self._sudo.hear if self._sudo else None
        self._frame = Frame(nonce, request.max_output_bytes, marked=True, on_err=on_err)
        self._stdin = memoryview(request.stdin_bytes)
        try:
            request.check()
            _send_command(self._pipe, request, scripts.once_header(nonce, request.wire_command))
            self._feed_stdin()
        except BaseException:
            self._pipe.close()
            raise

    def _feed_stdin(self) -> bool:
        """As much stdin as the device takes now; True while there is more or sudo may ask."""
        channel = self._pipe.channel
        self._pipe.enter()
        if self._sudo is not None and (line := self._sudo.answer()):
            self._stdin = memoryview(bytes(self._stdin) + line)
        waiting = self._sudo is not None and not self._sudo.over and not self._frame.done
        with contextlib.suppress(OSError, EOFError):  # the command may end without reading all
            while self._stdin and channel.send_ready():
                channel.settimeout(1.0)
                self._stdin = self._stdin[channel.send(self._stdin[: 1 << 15]) :]
            if not self._stdin and not waiting and not channel.eof_sent:
                channel.shutdown_write()
        return bool(self._stdin) or waiting

    def collect(self) -> CommandResult:
        return collect(self._pipe, self._request, self._frame, before_wait=self._feed_stdin)

    def chunks(self) -> Iterator[tuple[str, bytes]]:
        """("stdout" or "stderr", bytes) as they come, until the command ends. An error if it never began."""
        while True:
            self._request.check()
            self._feed_stdin()
            self._pipe.receive(TICK_S)
            self._frame.take(self._pipe.streams)
            yield from self._frame_chunks()
            if self._frame.done or self._pipe.exhausted or self._pipe.streams.overfull:
                self._frame.take_rest(self._pipe.streams)
                yield from self._frame_chunks()
                if not self._frame.begun:
                    raise without_begin(self._pipe, self._request)
                return

    def _frame_chunks(self) -> Iterator[tuple[str, bytes]]:
        for name, stream in (("stdout", self._frame.out), ("stderr", self._frame.err)):
            data = stream.drain()
            if name == "stderr" and self._sudo is not None:
                data = self._sudo.cleaned(data)
            if data:
                yield name, data

    @property
    def exit_status(self) -> int | None:
        """Once the command has ended by itself."""
        return self._frame.exit_status

    @property
    def device(self) -> str | None:
        """The device that the command was sent to."""
        return self._request.device

    @property
    def over(self) -> bool:
        """Whether there is nothing left to stop: it ended, or the connection did."""
        return self._frame.done or not self._pipe.transport.is_active()

    @property
    def lost(self) -> bool:
        """The link broke while the command ran."""
        return not self._frame.done and self._pipe.link_lost

    def stop(self) -> bool:
        """End it on the device; True when it is proven that nothing of it is left."""
        return stop(self._pipe, self._request) is True

    def close(self) -> None:
        self._pipe.close()
