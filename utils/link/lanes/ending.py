"""How a command that was sent ends: its result, or the error that tells how far it got."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from utils import errors
from utils.link.lanes.frames import ANYTHING, Frame
from utils.link.lanes.opening import TICK_S, ended
from utils.link.obstacles import cleaned
from utils.link.request import Request, stopped
from utils.model.results import CommandResult

if TYPE_CHECKING:
    from utils.link.lanes.pipe import Pipe

DRAIN_S = 2.0  # how long output beyond the cap is thrown away before the command is stopped
DRAIN_BYTES_S = 8 << 20  # so fast: the device waits for its window, and other boards get the processor
LAST_LOOK_S = 0.25  # at what has arrived already, when the deadline has passed

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


def collect(
    pipe: Pipe,
    request: Request,
    frame: Frame,
    *,
    before_wait: Callable[[], bool] | None = None,
) -> CommandResult:
    """Read until the frame is done. Stops the command on time-out, cancel and endless output."""
    started = time.monotonic()
    capped_at: float | None = None
    while True:
        frame.take(pipe.streams)
        if frame.done:
            return result_of(request, frame, started)
        if pipe.exhausted:
            return _ended_early(pipe, request, frame, started)
        if pipe.streams.overfull:
            raise _no_answer_of_ours(pipe, request)
        if frame.truncated:
            capped_at = capped_at or time.monotonic()
            if time.monotonic() - capped_at > DRAIN_S:
                stop(pipe, request)
                return result_of(request, frame, started, signal="KILL")
        try:
            request.check()
        except errors.V3Error as exc:
            if _has_arrived(pipe, frame):
                continue
            raise _stopped(pipe, request, exc) from None
        more = before_wait() if before_wait else False
        wait_s = 0.01 if more and request.sudo is None else min(TICK_S, max(0.001, request.deadline.left))
        pipe.receive(wait_s, ANYTHING if more else frame.missing)
        if capped_at is not None:
            time.sleep(len(pipe.streams.out) / DRAIN_BYTES_S + len(pipe.streams.err) / DRAIN_BYTES_S)


def _has_arrived(pipe: Pipe, frame: Frame) -> bool:
    """Whether the answer is here already, or on its way through this program.

    Then it is a result, as after the laptop slept through the deadline.
    """
    until = time.monotonic() + LAST_LOOK_S
    while not frame.done and time.monotonic() < until:
        came = pipe.receive(0.02)
        frame.take(pipe.streams)
        if not came and not pipe.more_is_here:
            break
    return frame.done


def stop(pipe: Pipe, request: Request) -> bool | None:
    """End the channel and what it runs. See Pipe.stop."""
    outcome = pipe.stop(others=request.others)
    pipe.close()
    return outcome


def _stopped(pipe: Pipe, request: Request, error: errors.V3Error) -> errors.V3Error:
    """The time-out or cancel to raise, after the command was ended on the device."""
    outcome = stop(pipe, request)
    return errors.OutcomeUnknown() if outcome is None and pipe.link_lost else stopped(error, outcome)


def _no_answer_of_ours(pipe: Pipe, request: Request) -> errors.OutcomeUnknown:
    stop(pipe, request)
    return errors.OutcomeUnknown(
        "The device sends what is no answer to the command. It may have run. It was not repeated."
    )


def without_begin(pipe: Pipe, request: Request) -> errors.LinkError:
    """The channel is over and the command's begin mark never came.

    It comes before anything of the command. So nothing was run, if all that the device had to say has
    arrived.
    """
    if pipe.link_lost:
        return errors.LinkLost()
    if not pipe.channel.eof_received or pipe.streams.overfull:
        return errors.OutcomeUnknown(
            "The device closed the command's channel without a word. It may have run. It was not repeated."
        )
    request.sent = False
    return ended(pipe)


def _ended_early(pipe: Pipe, request: Request, frame: Frame, started: float) -> CommandResult:
    """The channel ended without end marks: killed, refused, or the link is gone."""
    frame.take_rest(pipe.streams)
    pipe.channel.status_event.wait(0.5)  # the exit status comes after the end of the output
    if not frame.begun:
        raise without_begin(pipe, request)
    if pipe.link_lost:
        raise errors.OutcomeUnknown
    status = pipe.channel.exit_status
    signal = pipe.exit_signal or (signal_name(status - 128) if 128 < status < 255 else None)
    if signal is None:
        raise unfinished(bytes(frame.err))
    return result_of(request, frame, started, signal=signal)


def unfinished(err: bytes) -> errors.OutcomeUnknown:
    """The command began, and its shell ended without saying how it went.

    What it said instead tells why (no more processes, no more files).
    """
    words = cleaned(err)
    return errors.OutcomeUnknown(
        "The command ended without saying how. It may have run, in part or as a whole. It was not repeated."
        + (f" It said: {words}" if words else ""),
        said=words,
    )


def signal_name(number: int) -> str:
    return _SIGNALS.get(number, str(number))


def result_of(
    request: Request, frame: Frame, started: float, signal: str | None = None, path: str = "persistent"
) -> CommandResult:
    err = bytes(frame.err)
    if request.sudo is not None:
        err = request.sudo.cleaned(err)
        if signal is None:
            request.sudo.ended()
    return CommandResult(
        command=request.command,
        stdout_bytes=bytes(frame.out),
        stderr_bytes=err,
        exit_status=None if signal else frame.exit_status,
        signal=signal,
        duration_s=time.monotonic() - started,
        path=path,
        truncated=frame.truncated,
        attempts=max(1, request.attempts),
    )
