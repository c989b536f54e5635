"""One run of a follower on the device: its output -> lines and marks of the follow. Knows no link.

A flood must not harm the laptop: what comes faster than can be read is counted, not kept, and said so.
"""

from __future__ import annotations

import re
import secrets
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Protocol

from utils.errors import V3Error
from utils.live.logs.decode import KMSG, Decoder, Splitter, Turn
from utils.live.logs.lines import LogLine, LogLines
from utils.live.logs.source import FILE, JOURNAL, Position, Source, command
from utils.model.words import span
from utils.redact import redact

LINES_PER_S = 5000
LINES_AT_ONCE = 40_000
LAST_LINES = 200
WORK_AT_ONCE_S = 0.8  # of a processor's time
_SHARE = 0.5
_PACE_S = 0.005
_SAID_CHARACTERS = 500
_BEGIN = re.compile(r"begin (\w+?)(\+root)? (\d{1,12}) ([+-]\d{4}|\S*) (\d{1,10}(?:\.\d{1,9})?) ?(\S*)")
_AT = re.compile(r"at (\d+:\d+) (\d{1,19}) (\w+)")

_TURNS = {
    "rotated": "The file was rotated: what follows is from the new one. Nothing was lost.",
    "replaced": "This is another file than before. Lines at the end of the old one may be missing.",
    "emptied": "The file was emptied and started over. Some lines may be missing or come twice.",
    "restarted": "The device was restarted.",
}
_ADM = (
    "Add the user to the group adm on the device (sudo usermod -aG adm USER) and connect again. "
    "Or set SSH_SUDO_PASSWORD."
)
_REFUSALS = {
    "denied": ("This user may not read it.", _ADM),
    "no-journal": (
        "The device keeps no journal that could be read.",
        "Follow a file instead: /var/log/syslog or /var/log/messages.",
    ),
    "missing": ("There is no such file on the device.", "Check the path, then try again."),
    "not-in-bundle": ("This log is not in the bundle.", "Choose “File”: it lists the logs that are."),
    "not-text": (
        "This file is a program or is packed: it is no text.",
        "Give the path of a text file. In the terminal, zless shows a packed log.",
    ),
    "not-a-file": ("This is no ordinary file.", "Give the path of a text file."),
    "refused": (
        "Files below /dev, /proc and /sys are not followed: reading some of them does something.",
        "Use a diagnostic or the terminal.",
    ),
}


class Following(Protocol):
    """What a reading needs of its follow."""

    source: Source

    @property
    def lines(self) -> LogLines:
        """Where they are kept."""

    def mark(self, mark: str, text: str) -> None:
        """A word of ours among the lines."""

    def tell(self, state: str, note: str = "", error: V3Error | None = None, **facts: Any) -> None:
        """Its state."""


class Budget:
    """So many lines a second, and many at once after a pause.

    It never takes more than half of a processor, or `work_s` seconds of it at once. Once either is used up it
    stays shut until a second's worth is there again. Few long gaps tell more than many short ones.
    """

    def __init__(
        self, per_s: float = LINES_PER_S, at_once: float = LINES_AT_ONCE, work_s: float = WORK_AT_ONCE_S
    ) -> None:
        self._per_s, self._most, self._most_s = per_s, at_once, work_s
        self._left, self._left_s, self._at = at_once, work_s, time.monotonic()
        self._shut = False

    def refill(self) -> None:
        """Time has passed."""
        now = time.monotonic()
        past_s, self._at = now - self._at, now
        self._left = min(self._most, self._left + past_s * self._per_s)
        self._left_s = min(self._most_s, self._left_s + past_s * _SHARE)
        self._shut = self._shut and (self._left < self._per_s or self._left_s < _SHARE)

    def charge(self, work_s: float) -> None:
        """What was read took so long."""
        self._left_s -= work_s

    def take(self) -> bool:
        """One line: whether it may be kept."""
        if self._left < 1 or self._left_s <= 0:
            self._shut = True
        if self._shut:
            return False
        self._left -= 1
        return True


class Intake:
    """begun: the device said how it reads. refusal: why it does not. said: what it printed on stderr."""

    def __init__(self, follow: Following, position: Position, *, lost_at: float | None) -> None:
        nonce = secrets.token_hex(8)
        self.command = command(follow.source, position, nonce)
        self.begun, self.refusal, self.said = False, "", ""
        self._follow = follow
        self._lost_at = lost_at
        self._decoder = Decoder(position, priority=follow.source.priority)
        self._splitter = Splitter(nonce)
        self._budget = Budget()
        self._skipped = 0
        self._waiting: deque[tuple[bytes, int]] = deque()  # the newest of what is to be skipped
        self._fed_at = time.monotonic()

    @property
    def position(self) -> Position:
        """Up to where it was read."""
        return self._decoder.position

    def feed(self, name: str, data: bytes) -> None:
        """What the device printed."""
        if name == "stderr":
            self._hear(data)
            return
        self._fed_at = time.monotonic()
        self._budget.refill()
        began = time.thread_time()
        self._keep(list(self._splitter.feed(data)))
        self._budget.charge(time.thread_time() - began)
        if self._waiting:
            time.sleep(_PACE_S)  # the device waits then, as far as its own buffers go

    def close(self) -> None:
        """It ended. What waits was not read: its position is before that."""
        self._flush(self._said_skipped())

    def _hear(self, data: bytes) -> None:
        """Empty lines are a sign of life: time to show a line that has no end."""
        text = data.decode("utf-8", "replace").strip()
        if text:
            self.said = f"{self.said}\n{text}".strip()[-_SAID_CHARACTERS:]
        elif time.monotonic() - self._fed_at > 1:
            if self._decoder.position.mode == FILE:
                self._keep(list(self._splitter.flush()))
            self._flush(self._waited())

    def _keep(self, items: list[tuple[str, bytes, int]]) -> None:
        kept: list[LogLine] = []
        for what, raw, size in items:
            if what == "mark":
                self._flush(kept + self._waited())
                kept = []
                self._marked(raw.decode("utf-8", "replace"))
            elif what == "tail":
                self._decoder.tail(raw, size)
            elif self._budget.take():
                kept += self._waited()
                kept += self._shown(self._decoder.take(raw, size))
            else:
                self._wait((raw, size))
        self._flush(kept)

    def _wait(self, line: tuple[bytes, int]) -> None:
        """Too much: the line is skipped, unless it turns out to be one of the last."""
        self._waiting.append(line)
        if len(self._waiting) > LAST_LINES:
            self._skipped += self._decoder.skip(*self._waiting.popleft())

    def _waited(self) -> list[LogLine]:
        """How many were skipped, and the last lines before it was quiet again."""
        if not self._waiting:
            return []
        lines = self._said_skipped()
        while self._waiting:
            lines += self._shown(self._decoder.take(*self._waiting.popleft()))
        return lines

    def _flush(self, kept: list[LogLine]) -> None:
        if kept:
            self._follow.lines.add(kept)

    def _shown(self, found: Iterable[LogLine | Turn]) -> Iterator[LogLine]:
        for item in found:
            if isinstance(item, Turn):
                yield from self._turned(item)
                continue
            yield replace(item, text=redact(item.text))

    def _said_skipped(self) -> list[LogLine]:
        if not self._skipped:
            return []
        count, self._skipped = self._skipped, 0
        lines = "1 line was" if count == 1 else f"{count:,} lines were"
        text = f"{lines} skipped here: more came at once than can be shown."
        return [_mark("skipped", text, time.time())]

    # -- what the device says in marks

    def _marked(self, words: str) -> None:
        begin, at = _BEGIN.fullmatch(words), _AT.fullmatch(words)
        if begin:
            self._began(begin)
        elif at:
            self._keep_turns(self._decoder.at(at[1], int(at[2]), at[3]))
        else:
            self.refusal = words

    def _began(self, said: re.Match[str]) -> None:
        mode, root, now, zone, uptime, boot_id = said.groups()
        self.begun = True
        ahead_s = int(now) - time.time()
        boot_ms = 1000 * (int(now) - float(uptime))
        turns = self._decoder.begin(mode, boot_ms=boot_ms, boot_id=boot_id)
        self._follow.tell(
            "following",
            read_by={JOURNAL: "journal", FILE: "file", KMSG: "ring buffer"}.get(mode, mode),
            root=bool(root),
            zone=zone if re.fullmatch(r"[+-]\d{4}", zone) else "+0000",
            clock_ahead_s=round(ahead_s, 1) if abs(ahead_s) > 2 else 0.0,
        )
        self._keep_turns(turns)

    def _keep_turns(self, turns: list[Turn]) -> None:
        self._flush(list(self._shown(turns)))

    def _turned(self, turn: Turn) -> Iterator[LogLine]:
        """A turn of the log as marks. That it was read on without a gap is news only after a link loss."""
        now = time.time()
        back = ""
        if self._lost_at is not None:
            back, self._lost_at = f"The link is back after {span(max(1, now - self._lost_at))}. ", None
        if turn.what == "lost":
            text = (
                f"{'1 message is' if turn.count == 1 else f'{turn.count:,} messages are'} missing here: "
                "the device overwrote them."
                if turn.count
                else "Lines may be missing here: the device no longer holds what was last read."
            )
            yield _mark("gap", f"{back}{text}", now)
        elif turn.what == "resumed":
            if back:
                yield _mark("back", f"{back}Nothing was lost.", now)
        else:
            yield _mark("turned", f"{back}{_TURNS.get(turn.what, turn.what)}", now)


def _mark(mark: str, text: str, now: float) -> LogLine:
    return LogLine(text, int(now * 1000), mark=mark)


def words_of(refusal: str, source: Source) -> tuple[str, str]:
    """Why a log is not read, and what to do."""
    text, hint = _REFUSALS.get(refusal, (f"The device said: {refusal}.", "Try again."))
    if refusal == "no-journal" and source.ends:
        return (
            "The device keeps no journal of earlier boots.",
            "To keep it: sudo mkdir -p /var/log/journal, then reboot.",
        )
    return text, hint
