"""A catalogue command -> the answer recorded for it: the demo's saved answers, or a bundle. Knows no SSH.

<diagnostic-id>.out is the stdout, .err the stderr, .exit the exit status as a number. .err and
.exit exist only where they are not empty and not 0. A catalogue command without a saved answer answers exit
status 70 (EX_SOFTWARE), never 127. It must not look like a tool that is missing.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from utils.demo.machine import Machine
from utils.judging.catalogue.models import Diagnostic

AnswerChanges = Mapping[str, Sequence[Sequence[str]]]
"""By diagnostic: pairs of a text of the saved answers and what stands there instead."""
Texts = Callable[[str], bytes | None]
"""A file's name -> what it holds; None where there is none."""
FOLDER = Path(__file__).parent / "answers"
NO_ANSWER = 70

# What a technician's command may be wrapped in without being another command.
_WRAPPERS = re.compile(
    r"(?:sudo(?:\s+-[nSEk]|\s+-p\s+(?:''|\"\"))*|nice(?:\s+-n\s*\d+)?|ionice(?:\s+-c\s*\d)?|"
    r"timeout(?:\s+-[ks]\s*\w+)*\s+[\d.]+s?|LC_ALL=\S+|exec)\s+"
)
# First words that say too little about a command to find it by.
_VAGUE = re.compile(
    r"(?:if|for|while|until|case|set|export|cd|cat|echo|printf|grep|awk|sed|sh|test|ls|head|tail)"
)
# What moves on by itself: uptime in seconds, `uptime`, a line "clock SECONDS ISO", seconds since 1970
# beside a line "now SECONDS".
_UPTIME_FILE = re.compile(r"^(uptime )?\d{4,}\.\d\d \d{4,}\.\d\d$", re.MULTILINE)
_UPTIME_LINE = re.compile(r"^ ?\d\d:\d\d:\d\d up .*load average: .*\n", re.MULTILINE)
_CLOCK_LINE = re.compile(r"^clock \d+ \S+Z$", re.MULTILINE)
_NOW_LINE = re.compile(r"^now (\d{10})$", re.MULTILINE)
_EPOCH = re.compile(r"\b1\d{9}\b")


@dataclass(frozen=True)
class SavedAnswer:
    """What a command prints and how it ends, delay_s after it was asked."""

    stdout: bytes
    stderr: bytes = b""
    exit_status: int = 0
    delay_s: float = 0.0


_MISSING = SavedAnswer(b"", b"v3-demo: no saved answer\n", NO_ANSWER)


def of_folder(folder: Path) -> Texts:
    """The files of a folder."""

    def read(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    return read


class SavedAnswers:
    """The recorded answers of a catalogue's commands. changes: what this board says instead (boards.py); they
    may be others later, as when a part of the board is another one. moving: whether its clocks go on, as a
    board's do."""

    def __init__(
        self,
        diagnostics: Iterable[Diagnostic],
        machine: Machine,
        texts: Texts | None = None,
        changes: AnswerChanges | None = None,
        *,
        moving: bool = True,
    ) -> None:
        self._texts, self._moving = texts or of_folder(FOLDER), moving
        self.changes = changes or {}
        self._machine = machine
        self._ids: dict[str, list[str]] = {}
        for diagnostic in diagnostics:
            self._ids.setdefault(diagnostic.command.strip(), []).append(diagnostic.id)

    def exact(self, command: str) -> SavedAnswer | None:
        """The answer to a command of the catalogue, also when wrapped in sudo, nice or timeout."""
        ids = self.ids(command)
        return self._answer(ids) if ids else None

    def ids(self, command: str) -> list[str]:
        """The diagnostics that have this command, those with an answer first."""
        for text in (command.strip(), _without_sudo_password(command.strip()), _unwrapped(command)):
            if text in self._ids:
                return self._ids[text]
        wider = next((full for full in self._ids if _asks_for_more(command.strip(), full)), None)
        return self._ids[wider] if wider else []

    def beginning_with(self, command: str) -> SavedAnswer | None:
        """The answer to the shortest catalogue command that begins with these words."""
        words = _unwrapped(command)
        if not words or _VAGUE.fullmatch(words):
            return None
        fitting = [full for full in self._ids if _begins(_unwrapped(full), words)]
        answers = [self._answer(self._ids[full]) for full in sorted(fitting, key=len)]
        return next((answer for answer in answers if answer is not _MISSING), None)

    def text(self, diagnostic_id: str) -> str:
        """A recorded stdout; "" where there is none."""
        return self._read(diagnostic_id, "out").decode("utf-8", "replace")

    def _answer(self, ids: list[str]) -> SavedAnswer:
        found = next((name for name in ids if self._has(name)), None)
        return _MISSING if found is None else self._load(found)

    def _has(self, name: str) -> bool:
        return any(self._texts(f"{name}.{kind}") is not None for kind in ("out", "err", "exit"))

    def _load(self, diagnostic_id: str) -> SavedAnswer:
        status = self._read(diagnostic_id, "exit").strip()
        answer = SavedAnswer(
            self._read(diagnostic_id, "out"),
            self._read(diagnostic_id, "err"),
            int(status) if status else 0,
            1.0 if diagnostic_id == "tegrastats" else (5 + zlib.crc32(diagnostic_id.encode()) % 36) / 1000,
        )
        return replace(answer, stdout=self._up_to_date(answer.stdout)) if self._moving else answer

    def _read(self, diagnostic_id: str, kind: str) -> bytes:
        data = self._texts(f"{diagnostic_id}.{kind}") or b""
        for old, new in self.changes.get(diagnostic_id, ()) if kind == "out" else ():
            data = data.replace(old.encode(), new.encode())
        return data

    def _up_to_date(self, stdout: bytes) -> bytes:
        """The recorded text with the uptime and the clocks that the module has by now."""
        text = stdout.decode("utf-8", "surrogateescape")
        proc_uptime = self._machine.proc_uptime.rstrip("\n")
        text = _UPTIME_FILE.sub(lambda match: f"{match[1] or ''}{proc_uptime}", text)
        text = _UPTIME_LINE.sub(lambda _: self._machine.uptime_line(), text)
        return _with_clock(text, datetime.now(UTC)).encode("utf-8", "surrogateescape")


def _with_clock(text: str, now: datetime) -> str:
    """The text with its clocks moved to now; what lies between two of them stays."""
    recorded = _NOW_LINE.search(text)
    if recorded is not None:
        passed = _seconds(now) - int(recorded[1])
        text = _EPOCH.sub(lambda match: str(int(match[0]) + passed), text)
    return _CLOCK_LINE.sub(f"clock {_seconds(now)} {now:%Y-%m-%dT%H:%M:%SZ}", text)


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def _without_sudo_password(command: str) -> str:
    """The command as the catalogue has it, where the link gives sudo its password on stdin."""
    return re.sub(r"\bsudo -S(?: -k)?(?: -p (?:''|\"\"))?", "sudo -n", command)


def _unwrapped(command: str) -> str:
    text = command.strip()
    while match := _WRAPPERS.match(text):
        text = text[match.end() :]
    return text


def _asks_for_more(command: str, full: str) -> bool:
    """Whether it is this catalogue command with more words in its first part, as a profile's services."""
    head, joint, tail = full.partition(" && ")
    return bool(joint) and command.startswith(f"{head} ") and command.endswith(f"{joint}{tail}")


def _begins(full: str, words: str) -> bool:
    return full == words or (full.startswith(words) and full[len(words)] in " \t\n;|&")
