"""Lanes and once-channels: a command in, its exact output and exit status out.

A Lane is one long-lived `sh` on the device; a command costs one round trip there. A once-channel
serves a command that has stdin, and devices whose shell cannot hold a lane. Both frame by marks
(scripts.py, frames.py) and both can really stop what they run. One owner at a time; no locks here.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator

from utils import errors
from utils.result import CommandResult
from utils.ssh import obstacles, scripts
from utils.ssh.frames import Frame, Ready
from utils.ssh.inbox import OUT
from utils.ssh.pipe import SETTLE_S, Pipe
from utils.ssh.request import Deadline, Request
from utils.ssh.transport import Transport

TICK_S = 0.1  # how often a waiting call looks whether it was cancelled
START_S = 8.0  # login files may be slow on a booting board
DRAIN_S = 2.0  # how long output beyond the cap is thrown away before the command is stopped
CLEAN_S = 0.05
PROOF_AFTER_S = 1.0  # a link that was heard so lately is taken for alive
PROOF_S = 3.0

_SIGNALS = {
    1: "HUP",
    2: "INT",
    3: "QUIT",
    6: "ABRT",
    9: "KILL",
    11: "SEGV",
    13: "PIPE",
    14: "ALRM",
    15: "TERM",
}


class Lane:
    """One long-lived shell. Raises ShellUnusable when the device's shell cannot hold one.

    first: the command the lane is made for. If it is a read it goes out in one flight with the question
    whether the lane is ready; submit() then only gives its frame.
    """

    def __init__(self, transport: Transport, deadline: Deadline, first: Request | None = None) -> None:
        self._pipe = Pipe(transport, deadline)
        self._unclean: bytes | None = None
        self._heard_at = 0.0
        self.noise = b""  # what login files printed before the shell was ready
        self._ahead: tuple[Request, Frame] | None = None
        try:
            transport.send_exec(self._pipe.channel, scripts.lane_command(self._pipe.lane_id))
            self._start(Deadline(deadline.at_most(START_S)), first)
        except BaseException:
            self._pipe.close()
            raise

    def _start(self, deadline: Deadline, first: Request | None) -> None:
        line = b""
        if first is not None and first.effect == "read":
            frame, line = _framed(first)
            self._ahead = (first, frame)
        words = self._ask(lambda nonce: scripts.ready_request(nonce) + line, deadline)
        self._pipe.session = scripts.plain_session_id(words[1]) if len(words) == 3 else "0"

    def _ask(self, ask: Callable[[str], bytes], deadline: Deadline) -> list[str]:
        """Sends a readiness question and waits for its answer; what came before it is noise."""
        ready = Ready(nonce := secrets.token_hex(16))
        self._pipe.enter()
        try:
            self._pipe.send(ask(nonce), deadline)
        except errors.LinkLost:
            self._pipe.receive(TICK_S)  # a shell that ended at once may have said why
            raise _shell_error(self._pipe) from None
        while not ready.take(self._pipe.streams):
            if self._pipe.exhausted:
                raise _shell_error(self._pipe)
            if deadline.passed:
                raise _not_ready(self._pipe)
            self._pipe.receive(min(TICK_S, deadline.left))
        self.noise = self.noise or ready.noise
        self._heard_at = time.monotonic()
        return ready.words

    def _prove(self, request: Request) -> None:
        """After a pause, one round trip that shows the link still stands: what is sent into a link
        that is dead already may have run, for all we can tell. A read needs no such proof."""
        if request.effect == "read" or time.monotonic() - self._heard_at < PROOF_AFTER_S:
            return
        try:
            self._ask(scripts.proof_request, Deadline(request.deadline.at_most(PROOF_S)))
        except errors.ShellUnusable as exc:
            raise errors.NotResponding("The device does not answer on the open connection.") from exc

    @property
    def alive(self) -> bool:
        return self._pipe.alive

    def reusable(self) -> bool:
        """Alive, and nothing of the last command is still running. Waits for that CLEAN_S at most."""
        if not self.alive:
            return False
        if self._unclean is None:
            return True
        deadline = Deadline(CLEAN_S)
        out = self._pipe.streams.out
        while self._unclean not in out:
            if self._pipe.exhausted or deadline.passed:
                return False
            self._pipe.receive(deadline.left, OUT)
        del out[: out.find(self._unclean) + len(self._unclean)]
        self._unclean = None
        return True

    def run(self, request: Request) -> CommandResult:
        """Runs one command to its end, or stops it and raises."""
        self._prove(request)
        return self.collect(request, self.submit(request))

    def submit(self, request: Request) -> Frame:
        """Sends the command without waiting; several may be queued. Frames come in this order."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead[0] is request:
            request.sent = True
            return ahead[1]
        frame, line = _framed(request)
        _send_command(self._pipe, request, line)
        return frame

    def collect(self, request: Request, frame: Frame) -> CommandResult:
        """Waits for the frame of a submitted command."""
        result = _collect(self._pipe, request, frame)
        self._unclean = frame.clean_mark
        self._heard_at = time.monotonic()
        return result

    def stop(self) -> bool:
        """Ends the lane and everything it runs on the device."""
        stopped = self._pipe.stop()
        self._pipe.close()
        return stopped

    def close(self) -> None:
        """Lets go of the lane; what it left running goes on."""
        self._pipe.close()


def _send_command(pipe: Pipe, request: Request, text: bytes) -> None:
    """Sends what ends with the word that lets the command run. If the device closed the channel before
    all of it was taken, that word never left; on a dead link nobody knows."""
    pipe.enter()
    request.sent = True
    try:
        pipe.send(text, request.deadline)
    except errors.LinkLost:
        if pipe.link_lost:
            raise
        request.sent = False
        raise _shell_error(pipe) from None


def _not_ready(pipe: Pipe) -> errors.LinkError:
    """A shell that hangs, or a device that never even took the request?"""
    if pipe.acknowledged:
        return obstacles.shell_error(_said(pipe), hangs=True, server=pipe.server)
    return errors.NotResponding("The device does not answer on the open connection.")


def _framed(request: Request) -> tuple[Frame, bytes]:
    """The frame of a command's answer, and the line that asks for it."""
    frame = Frame(nonce := secrets.token_hex(16), request.max_output_bytes)
    return frame, scripts.lane_request(nonce, request.command)


def _shell_error(pipe: Pipe) -> errors.LinkError:
    if pipe.link_lost:
        return errors.LinkLost()
    pipe.channel.status_event.wait(SETTLE_S)  # the exit status comes after the end of the output
    status = pipe.channel.exit_status if pipe.channel.exit_status >= 0 else None
    return obstacles.shell_error(
        _said(pipe), status=status, signal=pipe.exit_signal, refused=not pipe.acknowledged, server=pipe.server
    )


def _said(pipe: Pipe) -> bytes:
    """All that the device wrote and no frame took."""
    return bytes(pipe.streams.out) + b"\n" + bytes(pipe.streams.err)


def run_once(transport: Transport, request: Request) -> CommandResult:
    """One command on a channel of its own, with its stdin."""
    with contextlib.closing(Once(transport, request)) as once:
        return once.collect()


class Once:
    """A channel that runs one command. Sends the command when made; collect() or chunks() read it."""

    def __init__(self, transport: Transport, request: Request) -> None:
        self._request = request
        self._pipe = Pipe(transport, request.deadline)
        nonce = secrets.token_hex(16)
        self._frame = Frame(nonce, request.max_output_bytes)
        try:
            transport.send_exec(self._pipe.channel, scripts.once_command(self._pipe.lane_id))
            _send_command(self._pipe, request, scripts.once_header(nonce, request.wire_command))
            self._stdin = memoryview(request.stdin_bytes or b"")
            self._feed_stdin()
        except BaseException:
            self._pipe.close()
            raise

    def _feed_stdin(self) -> bool:
        """As much stdin as the device takes now; True while there is more."""
        channel = self._pipe.channel
        self._pipe.enter()
        with contextlib.suppress(OSError, EOFError):  # the command may end without reading all
            while self._stdin and channel.send_ready():
                channel.settimeout(1.0)
                self._stdin = self._stdin[channel.send(self._stdin[: 1 << 15]) :]
            if not self._stdin and not channel.eof_sent:
                channel.shutdown_write()
        return bool(self._stdin)

    def collect(self) -> CommandResult:
        return _collect(self._pipe, self._request, self._frame, before_wait=self._feed_stdin)

    def chunks(self) -> Iterator[tuple[str, bytes]]:
        """("stdout" or "stderr", bytes) as they come, until the command ends."""
        while True:
            self._request.check()
            self._feed_stdin()
            self._pipe.receive(TICK_S)
            self._frame.take(self._pipe.streams)
            yield from self._frame_chunks()
            if self._frame.done or self._pipe.exhausted:
                self._frame.take_rest(self._pipe.streams)
                yield from self._frame_chunks()
                return

    def _frame_chunks(self) -> Iterator[tuple[str, bytes]]:
        for name, stream in (("stdout", self._frame.out), ("stderr", self._frame.err)):
            data = stream.drain()
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
    def lost(self) -> bool:
        """The link broke while the command ran."""
        return not self._frame.done and self._pipe.link_lost

    def stop(self) -> bool:
        self._pipe.session = scripts.plain_session_id(self._frame.session)
        return self._pipe.stop()

    def close(self) -> None:
        self._pipe.close()


def _collect(
    pipe: Pipe,
    request: Request,
    frame: Frame,
    *,
    before_wait: Callable[[], bool] | None = None,
) -> CommandResult:
    """Reads until the frame is done. Stops the command on time-out, cancel and endless output."""
    started = time.monotonic()
    capped_at: float | None = None
    while True:
        frame.take(pipe.streams)
        if frame.done:
            return _result(request, frame, started)
        if pipe.exhausted:
            return _ended_early(pipe, request, frame, started)
        if frame.truncated:
            capped_at = capped_at or time.monotonic()
            if time.monotonic() - capped_at > DRAIN_S:
                _stop(pipe, frame)
                return _result(request, frame, started, signal="KILL")
        try:
            request.check()
        except errors.V3Error as exc:
            raise _stopped(pipe, frame, exc) from None
        more = before_wait() if before_wait else False
        pipe.receive(0.01 if more else min(TICK_S, max(0.001, request.deadline.left)), frame.missing)


def _stop(pipe: Pipe, frame: Frame) -> bool:
    if frame.session:
        pipe.session = scripts.plain_session_id(frame.session)
    stopped = pipe.stop()
    pipe.close()
    return stopped


def _stopped(pipe: Pipe, frame: Frame, error: errors.V3Error) -> errors.V3Error:
    """The time-out or cancel to raise, after the command was ended on the device."""
    if _stop(pipe, frame):
        return error
    if pipe.link_lost:
        return errors.OutcomeUnknown()
    return type(error)(
        f"{error} It could not be made sure that it ended on the device.",
        hint="Look for it with ps on the device.",
    )


def _ended_early(pipe: Pipe, request: Request, frame: Frame, started: float) -> CommandResult:
    """The channel ended without end marks: killed, refused, or the link is gone."""
    frame.take_rest(pipe.streams)
    pipe.channel.status_event.wait(0.5)  # the exit status comes after the end of the output
    if pipe.link_lost:
        raise errors.OutcomeUnknown() if frame.begun else errors.LinkLost()
    if not frame.begun:
        request.sent = False  # all that the device said has arrived, and it never began
        raise _shell_error(pipe)
    status = pipe.channel.exit_status
    signal = pipe.exit_signal or (_SIGNALS.get(status - 128, str(status - 128)) if status > 128 else None)
    if signal is None:
        raise errors.OutcomeUnknown("The command ended without saying how. It may have run.")
    return _result(request, frame, started, signal=signal)


def _result(request: Request, frame: Frame, started: float, signal: str | None = None) -> CommandResult:
    return CommandResult(
        command=request.command,
        stdout_bytes=bytes(frame.out),
        stderr_bytes=bytes(frame.err),
        exit_status=None if signal else frame.exit_status,
        signal=signal,
        duration_s=time.monotonic() - started,
        truncated=frame.truncated,
        attempts=max(1, request.attempts),
    )
