"""Bytes of a followed log -> lines without a number, and the position up to which they were read.

Pure: no clock, no device. Whatever the bytes are, it never raises and never keeps more than a line's bound.
Three forms: journalctl's JSON, the kernel's ring buffer as /dev/kmsg (and `dmesg -r`) gives it, a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from utils.judging.kernel_line import NONE, signature, signature_of_text
from utils.live.logs.lines import LogLine
from utils.live.logs.source import FILE, JOURNAL, MARK, Position

MAX_RAW = 256 << 10
"""Bytes of one raw line; what is longer is cut."""
MAX_TEXT = 8 << 10
MAX_PARTS = 400  # lines of one journal entry
KMSG, DMESG = "kmsg", "dmesg"

_KMSG = re.compile(rb"(\d{1,5}),(\d{1,19}),(\d{1,19}),[^;]*;(.*)", re.DOTALL)
_DMESG = re.compile(rb"<(\d{1,4})>\[ *(\d{1,10})\.(\d{6})\] ?(.*)", re.DOTALL)
_OWNER = re.compile(r"([A-Za-z(][\w.@/()+-]{0,60})(?:\[\d+\])?: ")
_HEX = re.compile(rb"\\x([0-9a-fA-F]{2})")
_CURSOR = re.compile(rb'"__CURSOR"\s*:\s*"([!#-\[\]-~]{1,400})"')
_BOOT = re.compile(rb'"_BOOT_ID"\s*:\s*"([0-9a-f]{32})"')


@dataclass(frozen=True, slots=True)
class Turn:
    """What happened to the log between two entries. what: resumed, lost, rotated, emptied, restarted."""

    what: str
    count: int = 0


class Splitter:
    """A byte stream as lines and marks. A line without an end is kept, up to a bound."""

    def __init__(self, nonce: str) -> None:
        self._mark = f"{MARK}{nonce} ".encode()
        self._rest = bytearray()
        self._cut = False

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes, int]]:
        """("line", its bytes, how many bytes it took) and ("mark", its words, 0)."""
        self._rest += data
        *whole, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        for raw in whole:
            yield from self._line(raw)
        if len(self._rest) > MAX_RAW:
            yield from self.flush()
            self._cut = True

    def _line(self, raw: bytes) -> Iterator[tuple[str, bytes, int]]:
        before, mark, words = raw.partition(self._mark)
        if mark:
            if before:
                yield "line", before, len(before)
            yield "mark", words.rstrip(MARK.encode()), 0
        elif self._cut:
            self._cut = False
            yield "tail", raw, len(raw) + 1
        else:
            yield "line", raw, len(raw) + 1

    def flush(self) -> Iterator[tuple[str, bytes, int]]:
        """The line that has no end yet, as it stands."""
        if self._rest and MARK.encode() not in self._rest:
            yield ("tail" if self._cut else "line"), bytes(self._rest), len(self._rest)
            self._rest.clear()


class Decoder:
    """Lines of one run of the follower. `position` grows with what was decoded or skipped."""

    def __init__(self, position: Position, *, priority: int | None = None) -> None:
        self._asked = position  # where this run was to go on
        self._mode, self._boot_id = "", position.boot_id
        self._cursor, self._sequence = position.cursor, position.sequence
        self._inode, self._offset = position.inode, position.offset
        self._boot_ms = 0.0
        self._first = True
        self._priority = priority

    @property
    def position(self) -> Position:
        """Up to where it was read."""
        if not self._mode:
            return self._asked
        return Position(self._mode, self._boot_id, self._cursor, self._sequence, self._inode, self._offset)

    def begin(self, mode: str, *, boot_ms: float, boot_id: str) -> list[Turn]:
        """The device said how it reads. boot_ms: when it was switched on, by its clock."""
        before, self._mode, self._boot_ms = self._asked, mode, boot_ms
        if not before.mode:
            self._first = False
        restarted = bool(before.boot_id and boot_id and before.boot_id != boot_id)
        if mode != JOURNAL:  # a journal's entries say it themselves
            self._boot_id = boot_id
        if restarted and mode == KMSG:
            self._sequence = -1
        if not before.mode:
            return []
        if before.mode != mode or mode == DMESG:
            self._first = False
            return [Turn("lost")]
        if restarted and mode == KMSG:
            self._first = False
            return [Turn("restarted"), Turn("lost")]
        if mode == JOURNAL and not before.cursor:
            self._first = False
            return [Turn("resumed")]
        return []

    def take(self, raw: bytes, size: int) -> Iterator[LogLine | Turn]:
        """One line."""
        if self._mode == JOURNAL:
            yield from self._journal(raw)
        elif self._mode in (KMSG, DMESG):
            yield from self._kernel(raw)
        else:
            yield from self._file(raw, size)

    def skip(self, raw: bytes, size: int) -> bool:
        """One line that is not to be kept; the position goes on all the same. Whether it was an entry."""
        if self._mode == JOURNAL:
            self._first = False
            self._move(raw)
        elif self._mode in (KMSG, DMESG):
            found = _KMSG.match(raw)
            if found:
                self._sequence = max(self._sequence, int(found[2]))
            return bool(found) or self._mode == DMESG
        else:
            self._offset += size
        return True

    def tail(self, raw: bytes, size: int) -> None:
        """The rest of a line that was cut."""
        if self._mode == FILE:
            self._offset += size

    # -- journal

    def _journal(self, raw: bytes) -> Iterator[LogLine | Turn]:
        if not raw.lstrip().startswith(b"{"):
            return
        asked, first = self._asked.cursor, self._first
        self._first = False
        boot = self._boot_id
        cursor = self._move(raw)
        if first and asked:
            if cursor == asked:
                yield Turn("resumed")
                return
            if boot and self._boot_id != boot:
                yield Turn("restarted")
            yield Turn("lost")
        elif boot and self._boot_id != boot:
            yield Turn("restarted")
        yield from _journal_entries(raw)

    def _move(self, raw: bytes) -> str:
        head = raw[:4000]
        cursor, boot = _CURSOR.search(head), _BOOT.search(raw)
        if cursor:
            self._cursor = cursor[1].decode("ascii", "replace")
        if boot:
            text = boot[1].decode()
            self._boot_id = f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
        return self._cursor if cursor else ""

    # -- the kernel's ring buffer

    def _kernel(self, raw: bytes) -> Iterator[LogLine | Turn]:
        record = _KMSG.match(raw) if self._mode == KMSG else None
        if record:
            number, seen = int(record[2]), self._sequence
            first, self._first = self._first, False
            if seen >= 0 and number > seen + 1:
                yield Turn("lost", number - seen - 1)
            elif first:
                yield Turn("resumed")
            if number <= seen:
                return
            self._sequence = number
            text = _HEX.sub(lambda match: bytes([int(match[1], 16)]), record[4])
            yield from self._message(int(record[1]), int(record[3]) / 1000, text)
        elif self._mode == DMESG and (line := _DMESG.match(raw)):
            yield from self._message(int(line[1]), int(line[2]) * 1000 + int(line[3]) / 1000, line[4])

    def _message(self, code: int, since_boot_ms: float, raw: bytes) -> Iterator[LogLine]:
        priority, kernel = code & 7, code < 8
        if self._priority is not None and priority > self._priority:
            return
        text = shown(raw).rstrip()
        owner = None if kernel else _OWNER.match(text)
        yield LogLine(
            text[owner.end() :] if owner else text,
            int(self._boot_ms + since_boot_ms),
            priority,
            "kernel" if kernel else owner[1] if owner else "",
            signature(text, priority) if kernel else NONE,
        )

    # -- a file

    def at(self, inode: str, offset: int, how: str) -> list[Turn]:
        """What comes now is of this file from this byte on."""
        self._inode, self._offset = inode, offset
        began, self._first = self._first, how == "first" and offset > 0
        if how == "same":
            return [Turn("resumed")] if self._asked.inode and began else []
        return [] if how == "first" else [Turn(how)]

    def _file(self, raw: bytes, size: int) -> Iterator[LogLine]:
        self._offset += size
        if self._first:  # it begins in the middle of a line
            self._first = False
            return
        text = shown(raw)
        yield LogLine(text, sign=signature_of_text(text))


def shown(raw: bytes) -> str:
    """Bytes as text, never longer than a bound."""
    text = raw[: 4 * MAX_TEXT].decode("utf-8", "replace").rstrip("\r")
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} … (cut)"


def _journal_entries(raw: bytes) -> Iterator[LogLine]:
    """One entry as its lines. What is no JSON is shown as it is."""
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        yield LogLine(shown(raw))
        return
    kernel = fields.get("_TRANSPORT") == "kernel"
    priority = _number(fields.get("PRIORITY"), 7)
    time_us = _number(fields.get("__REALTIME_TIMESTAMP"), 1 << 62)
    text = "\n".join(_messages(fields.get("MESSAGE")))
    for place, line in enumerate(text.split("\n")[:MAX_PARTS] or [""]):
        sign = (
            signature(line, priority) if kernel else signature_of_text(f"{_unit(fields)}: {line}", bare=True)
        )
        yield LogLine(
            line if len(line) <= MAX_TEXT else f"{line[:MAX_TEXT]} … (cut)",
            None if time_us is None else time_us // 1000,
            priority,
            "" if place else _unit(fields),
            sign,
        )


def _unit(fields: dict[str, Any]) -> str:
    """As `journalctl` shows it: who wrote, and its process."""
    named = (fields.get(key) for key in ("SYSLOG_IDENTIFIER", "_COMM", "_SYSTEMD_UNIT"))
    name = next((value for value in named if isinstance(value, str) and value), "")
    pid = _number(fields.get("SYSLOG_PID", fields.get("_PID")), 1 << 31)
    return (f"{name[:60]}[{pid}]" if pid is not None else name[:60]) if name else ""


def _number(value: Any, most: int) -> int | None:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,19}", value):
        return None
    return int(value) if int(value) <= most else None


def _messages(value: Any) -> list[str]:
    """MESSAGE is text, an array of bytes (not valid UTF-8), several texts, or null (left out: too long)."""
    if isinstance(value, str):
        return [value]
    if value is None:
        return ["(no text)"]
    if isinstance(value, list) and all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return [bytes(value).decode("utf-8", "replace")]
    if isinstance(value, list):
        return [text for item in value for text in _messages(item)][:MAX_PARTS]
    return [str(value)]
