"""A command line -> output and exit status: the saved answers first, then the commands answered live.

The one place that decides what a command means to the demo device. Knows no SSH.
"""

from __future__ import annotations

from collections.abc import Iterator

from utils.demo import live
from utils.demo import machine as facts
from utils.demo.builtins import BUILTINS, Exit, Invocation
from utils.demo.channel_io import CommandIO, TerminalSize
from utils.demo.log_script import is_log_command
from utils.demo.logs import DemoLogs
from utils.demo.machine import Machine
from utils.demo.saved_answers import SavedAnswer, SavedAnswers
from utils.demo.syntax import SimpleCommand, Unsupported, expand, steps
from utils.link import identity

NOT_FOUND = 127
_NEEDS_SHELL = "v3-demo: this line needs a real shell; the demo device only replays saved answers"


class FakeCommands:
    """Runs command lines on the machine that the saved answers are of."""

    def __init__(self, saved: SavedAnswers, machine: Machine) -> None:
        self._saved = saved
        self._machine = machine
        self._logs = DemoLogs(machine)
        self._values = live.ModuleState(machine)

    def run(self, text: str, io: CommandIO) -> int:
        """Run the text as `sh -c` would and return its exit status. Raises Stopped."""
        try:
            return self.execute(text, io)
        except Exit as exc:
            return exc.status

    def execute(self, text: str, io: CommandIO, last_status: int = 0) -> int:
        """As run(), but `exit` raises Exit: for a shell that it ends."""
        if text == identity.COMMAND:
            io.out(self._machine.identity().encode())
            return 0
        interval_s = live.interval_of(text)
        if interval_s is not None:
            return live.play(interval_s, self._values, self._saved, io)
        answer = self._saved.exact(text)
        if answer is not None:
            return _replay(answer, io)
        if is_log_command(text):
            return self._logs.play(text, io)
        try:
            return self._each(steps(text), io, last_status)
        except Unsupported:
            return self._recorded_or(text, io, _NEEDS_SHELL, 2)

    def _each(self, line: list[SimpleCommand], io: CommandIO, status: int) -> int:
        for step in line:
            if (step.after == "&&" and status != 0) or (step.after == "||" and status == 0):
                continue
            status = self._one(step, _redirected(io, step), status)
        return status

    def _one(self, step: SimpleCommand, io: CommandIO, status: int) -> int:
        variables = {"?": str(status), "USER": facts.USER, "HOME": f"/home/{facts.USER}", "$": "4711"}
        words = [expand(word, variables) for word in step.words]
        while words[:1] == ["sudo"]:
            words = [word for word in words[1:] if word not in ("-n", "-S", "-k", "-p", "")]
        if not words:
            return 0
        if words[:2] == ["sh", "-c"] and len(words) > 2:
            return self.run(words[2], io)
        text = " ".join(step.words)
        answer = self._saved.exact(text)
        if answer is not None:
            return _replay(answer, io)
        if words[0] in BUILTINS:
            return BUILTINS[words[0]](Invocation(words[1:], io, self._machine, status))
        return self._recorded_or(text, io, f"sh: 1: {words[0]}: not found", NOT_FOUND)

    def _recorded_or(self, text: str, io: CommandIO, complaint: str, status: int) -> int:
        answer = self._saved.beginning_with(text)
        if answer is not None:
            return _replay(answer, io)
        io.err(f"{complaint}\n".encode("utf-8", "surrogateescape"))
        return status


def _replay(answer: SavedAnswer, io: CommandIO) -> int:
    if not io.wait(answer.delay_s):
        return 130
    io.out(answer.stdout)
    io.err(answer.stderr)
    return answer.exit_status


class _Redirected:
    """Streams of a command some of which go elsewhere."""

    def __init__(self, io: CommandIO, redirects: list[tuple[str, str]]) -> None:
        self._io = io
        goes = {"1": io.out, "2": io.err, "null": lambda data: None}
        for descriptor, target in redirects:
            goes[descriptor] = goes[target]
        self.out, self.err = goes["1"], goes["2"]
        self.wait = io.wait

    @property
    def size(self) -> TerminalSize | None:
        return self._io.size

    def stdin(self) -> Iterator[bytes]:
        return self._io.stdin()


def _redirected(io: CommandIO, step: SimpleCommand) -> CommandIO:
    return _Redirected(io, step.redirects) if step.redirects else io
