"""Before anything of a command is sent, proves that our script reads a channel, or says what prevents it.
Nothing has run on the device when this raises, since nothing was sent but the exec request.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from utils import errors
from utils.link.lanes.challenge import Ready, ShellReport
from utils.link.obstacles import LOGIN_FILES, cleaned, shell_error
from utils.link.request import Deadline, Request

if TYPE_CHECKING:
    from utils.link.lanes.pipe import Pipe

TICK_S = 0.1  # how often a waiting call looks whether it was cancelled
START_S = 8.0  # login files may be slow on a booting board
LAST_LOOK_S = 0.7
SURE_S = 3.0  # a caller with less time than that learns nothing of what may be in the way
IN_THE_WAY = (
    "another-program",
    "reads-input",
    "terminal-between",
    "half-answer",
    "flood",
    "no-input",
    "changed-output",
)
"""Causes of ShellUnusable that were seen at work: they stand in the way of every other channel too."""


def prove(pipe: Pipe, answer: str, request: Request) -> ShellReport:
    """What the script on the channel tells, at the latest in START_S, or when the request's time is over.

    ShellUnusable with what is in the way, NotResponding, LinkLost, or Cancelled.
    """
    allowed = request.deadline.at_most(START_S)
    ready, start = Ready(answer), Deadline(allowed)
    while (told := ready.take(pipe.streams)) is None:
        if ready.one_stream(pipe.streams):
            raise one_stream(ready.noise(pipe.streams))
        if pipe.streams.overfull:
            raise flood(ready.noise(pipe.streams))
        if pipe.exhausted:
            raise half_answer(ready.noise(pipe.streams)) if ready.begun(pipe.streams) else ended(pipe)
        if request.cancel is not None and request.cancel.is_set():
            request.check()
        if start.passed:
            if not pipe.acknowledged or allowed < SURE_S:
                request.check()  # its own time is over: that says nothing about the link or the shell
            raise _not_ready(pipe, ready)
        pipe.receive(min(TICK_S, start.left))
    pipe.told = unchanged(told)
    return told


def unchanged(told: ShellReport) -> ShellReport:
    """The same, if what the script prints comes as it is."""
    if told.changed:
        raise changed_output(told.noise)
    return told


def ended(pipe: Pipe) -> errors.LinkError:
    """The channel ended before the script answered, or before it had a command."""
    pipe.channel.status_event.wait(0.2)  # the exit status comes after the end of the output
    if pipe.link_lost:
        return errors.LinkLost()
    status = pipe.channel.exit_status
    error = shell_error(
        pipe.streams.words,
        status=status if status >= 0 else None,
        signal=pipe.exit_signal,
        refused=not pipe.acknowledged,
        server=pipe.server,
    )
    proven = pipe.told.pid != "0"
    return no_input() if proven and error.details.get("cause") == "ended-silently" else error


def _not_ready(pipe: Pipe, ready: Ready) -> errors.LinkError:
    """Tell three cases apart: a device that never took the request, a login file that hangs, another program
    that reads instead of the script. The end of its input tells: it is sent now, and is all that this program
    is sent.
    """
    if not pipe.acknowledged:
        return errors.NotResponding("The device does not answer on the open connection.")
    with contextlib.suppress(OSError, EOFError):
        pipe.channel.shutdown_write()
    look = Deadline(LAST_LOOK_S)
    while not look.passed and not pipe.exhausted:
        if ready.take(pipe.streams) is not None:
            return login_file_reads()
        pipe.receive(look.left)
    words = ready.noise(pipe.streams)
    if ready.half(pipe.streams) or (pipe.exhausted and ready.begun(pipe.streams)):
        return half_answer(words)
    if ready.begun(pipe.streams):
        return slow_answer()
    return another_program(words) if pipe.exhausted else shell_error(words, hangs=True, server=pipe.server)


# -- what may be in the way ------------------------------------------------------------------------


def another_program(words: bytes) -> errors.ShellUnusable:
    """Something read our input and ended with it."""
    return _in_the_way(
        "another-program", "Another program runs in place of the shell's command and reads its input "
        "(another shell, a menu, a recorder). Nothing was sent to it.", words,
        "A login file starts it (exec zsh, a child shell), or sshd's ForceCommand: look at "
        f"{LOGIN_FILES} and at sshd_config. Let it start at terminals only.", slow=True,
    )  # fmt: skip


def login_file_reads() -> errors.ShellUnusable:
    """The script came as soon as the input had ended."""
    return _in_the_way(
        "reads-input", "A login file starts something that reads the input before the shell may run "
        "commands (a question, another shell). Nothing was sent to it.", b"",
        f"Let it do that at terminals only ([ -t 0 ] && …): look at {LOGIN_FILES}.", slow=True,
    )  # fmt: skip


def one_stream(words: bytes) -> errors.ShellUnusable:
    """stdout and stderr come as one: what a command prints could not be told apart."""
    return _in_the_way(
        "terminal-between",
        "stdout and stderr come as one: a program puts a terminal before the shell (script,"
        " tmux, a session recorder), or a login file joins them (exec 2>&1).", words,
        f"Let it do that at terminals only: look at {LOGIN_FILES} and at ForceCommand in sshd_config.",
    )  # fmt: skip


def half_answer(words: bytes) -> errors.ShellUnusable:
    """The script ran, and its answer did not come on both streams."""
    return _in_the_way(
        "half-answer", "The device's shell runs, but cannot finish its answer. A login file sends stderr "
        "elsewhere (exec 2>…), or a limit is reached (ulimit -n).", words,
        f"Look at {LOGIN_FILES} for exec and ulimit.",
    )  # fmt: skip


def slow_answer() -> errors.NotResponding:
    """The script runs, and is not at the end of its answer."""
    return errors.NotResponding("The device began to answer and did not come to the end: it is slow now.")


def no_input() -> errors.ShellUnusable:
    """The script answered, and the input that it then read ended before the command."""
    return _in_the_way(
        "no-input", "The device's shell runs, but what is sent to it does not arrive. Nothing was run.", b"",
        f"A login file sends the input elsewhere (exec </dev/null): look at {LOGIN_FILES}.",
    )  # fmt: skip


def changed_output(words: bytes) -> errors.ShellUnusable:
    """What the script prints comes with something added."""
    return _in_the_way(
        "changed-output", "A login file sends the output through a program that adds to each line (a time, a "
        "name). So no answer of the device could be read. Nothing was run.", words,
        f"Let it do that at terminals only: look at {LOGIN_FILES} for exec > >(…).",
    )  # fmt: skip


def flood(words: bytes) -> errors.ShellUnusable:
    """More noise than any login file has."""
    return _in_the_way(
        "flood", "The device's shell prints without end before it runs anything.", words,
        f"Look at {LOGIN_FILES}: one prints in a loop.",
    )  # fmt: skip


def _in_the_way(
    cause: str, sentence: str, words: bytes, hint: str, **details: object
) -> errors.ShellUnusable:
    text = cleaned(words)
    whole = f"{sentence} It said: {text}" if text else sentence
    return errors.ShellUnusable(whole, hint=hint, cause=cause, said=text, **details)
