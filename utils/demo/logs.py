"""The demo device's logs: a journal and a syslog that grow while somebody follows them. Knows no SSH.

What a follower's script asks for: log_script.py. Entry number N always has the same text and the same time
since the module was switched on. So a follow that comes back finds what it missed. About one line a second.
"""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from utils.demo import machine as facts
from utils.demo.channel_io import CommandIO
from utils.demo.log_script import asked
from utils.demo.log_words import BEFORE, BOOT, CHOICES, COMMON, SELDOM
from utils.demo.machine import Machine
from utils.live.logs import source
from utils.live.logs.source import Position, Source

SYSLOG = "/var/log/syslog"
_PRIVATE = ("/etc/shadow", "/var/log/auth.log", "/var/log/btmp")
_INODE = "66305:1311"
_SELDOM_EVERY = 23
_STILL_S = 30.0  # from the last line of the boot to the first that comes by itself


@dataclass(frozen=True)
class JournalEntry:
    """seconds: since the module was switched on. kernel: of the kernel; else `unit` wrote it."""

    number: int
    seconds: float
    priority: int
    unit: str
    text: str

    @property
    def kernel(self) -> bool:
        return self.unit == "kernel"


class DemoLogs:
    """Answers the followers' scripts."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._booted = time.time() - machine.uptime_s
        self._syslog = bytearray()
        self._written = 0

    def play(self, text: str, io: CommandIO) -> int:
        """Answer a follower's script. A log that grows is told until nobody listens: Stopped."""
        if text == source.CHOICES:
            times = {"start": _when(self._booted), "now": _when(time.time())}
            earlier = {"first": _when(self._booted - 86400), "last": _when(self._booted - 77246)}
            io.out(CHOICES.format(**times, **earlier).encode())
            return 0
        wanted = asked(text)
        if wanted is None:
            return 2
        if wanted.source.kind == source.FILE:
            return self._file(wanted.source.path, wanted.position, wanted.nonce, io)
        return self._journal(wanted.source, wanted.position, wanted.nonce, io)

    # -- what there is

    def entry(self, number: int) -> JournalEntry:
        """One entry of this boot."""
        if number < len(BOOT):
            return JournalEntry(number, *BOOT[number])
        place = number - len(BOOT)
        chance = zlib.crc32(str(number).encode())
        words = SELDOM if place % _SELDOM_EVERY == 11 else COMMON
        priority, unit, text = words[(place // _SELDOM_EVERY if words is SELDOM else chance) % len(words)]
        seconds = BOOT[-1][0] + _STILL_S + place + (chance % 700) / 1000
        text = text.replace("{n}", str(1 + chance % 7)).replace("{t}", f"{48 + chance % 90 / 10:.1f}")
        return JournalEntry(number, seconds, priority, unit, text)

    def newest(self) -> int:
        """Number of the newest entry."""
        first = BOOT[-1][0] + _STILL_S
        number = len(BOOT) + max(0, int(self._machine.uptime_s - first))
        return number if self.entry(number).seconds <= self._machine.uptime_s else number - 1

    def _grow(self, after: int, io: CommandIO) -> Iterator[JournalEntry]:
        """The entries behind this one, each when its time has come; ends at ^C."""
        number = after + 1
        while True:
            entry = self.entry(number)
            wait_s = entry.seconds - self._machine.uptime_s
            if wait_s > 0 and not io.wait(wait_s):
                return
            yield entry
            number += 1

    # -- the journal

    def _journal(self, log: Source, position: Position, nonce: str, io: CommandIO) -> int:
        self._begin("journal", nonce, io)
        if log.boot < -1:
            io.err(b"Data from the specified boot is not available: No such boot ID in journal\n")
            return 1
        if log.boot == -1:
            lines = [JournalEntry(place, *words) for place, words in enumerate(BEFORE)]
            io.out(b"".join(self._json(each, before=True) for each in lines if _fits(each, log)))
            return 0
        newest = self.newest()
        cursor = position.cursor.removeprefix("s=demo;i=")
        if cursor.isdigit() and int(cursor) <= newest:
            past = [self.entry(number) for number in range(int(cursor), newest + 1)]
            past = [entry for entry in past if _fits(entry, log)]
        else:
            past = [entry for number in range(newest + 1) if _fits(entry := self.entry(number), log)][-500:]
        io.out(b"".join(map(self._json, past)))
        for entry in self._grow(newest, io):
            if _fits(entry, log):
                io.out(self._json(entry))
        return 130

    def _json(self, entry: JournalEntry, *, before: bool = False) -> bytes:
        since = self._booted - 86400 if before else self._booted
        fields = {
            "__CURSOR": f"s=demo;i={'b' if before else ''}{entry.number}",
            "__REALTIME_TIMESTAMP": str(int((since + entry.seconds) * 1e6)),
            "_BOOT_ID": "5" * 32 if before else self._machine.boot_id.replace("-", ""),
            "_TRANSPORT": "kernel" if entry.kernel else "journal",
            "PRIORITY": str(entry.priority),
            "SYSLOG_IDENTIFIER": entry.unit,
            "MESSAGE": entry.text,
        }
        if not entry.kernel:
            fields["_SYSTEMD_UNIT"] = f"{entry.unit}.service"
            fields["_PID"] = str(600 + zlib.crc32(entry.unit.encode()) % 3000)
        return json.dumps(fields).encode() + b"\n"

    # -- the file

    def _file(self, path: str, position: Position, nonce: str, io: CommandIO) -> int:
        if path != SYSLOG:
            known = path in self._machine.files()
            self._say(nonce, "denied" if path in _PRIVATE else "refused" if known else "missing", io)
            return 0
        self._begin("file", nonce, io)
        self._write_syslog(self.newest())
        size = len(self._syslog)
        same = position.inode == _INODE and position.offset <= size
        offset = position.offset if same else max(0, size - 65536)
        self._say(nonce, f"at {_INODE} {offset} {'same' if same else 'first'}", io)
        io.out(bytes(self._syslog[offset:]))
        sent = size
        for entry in self._grow(self._written - 1, io):
            self._write_syslog(entry.number)
            io.out(bytes(self._syslog[sent:]))
            sent = len(self._syslog)
        return 130

    def _write_syslog(self, newest: int) -> None:
        for number in range(self._written, newest + 1):
            self._syslog += self._line(self.entry(number)).encode()
        self._written = max(self._written, newest + 1)

    def _line(self, entry: JournalEntry) -> str:
        moment = datetime.fromtimestamp(self._booted + entry.seconds, UTC)
        stamp = f"[{entry.seconds:12.6f}] " if entry.kernel else ""
        return f"{moment:%b %e %H:%M:%S} {facts.HOSTNAME} {entry.unit}: {stamp}{entry.text}\n"

    # -- what the script says of itself

    def _begin(self, mode: str, nonce: str, io: CommandIO) -> None:
        uptime = f"{self._machine.uptime_s:.2f}"
        self._say(nonce, f"begin {mode} {int(time.time())} +0000 {uptime} {self._machine.boot_id}", io)

    def _say(self, nonce: str, words: str, io: CommandIO) -> None:
        io.out(f"\x1e{nonce} {words}\x1e\n".encode())


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%a %Y-%m-%d %H:%M:%S UTC}"


def _fits(entry: JournalEntry, log: Source) -> bool:
    if log.priority is not None and entry.priority > log.priority:
        return False
    if log.kind == source.KERNEL:
        return entry.kernel
    return not log.unit or log.unit in (entry.unit, f"{entry.unit}.service")
