"""Reading a followed log: what each form says, what a resumed one proves, and what hostile bytes do."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.demo.log_script import asked
from utils.live.logs.decode import MAX_RAW, Decoder, Splitter
from utils.live.logs.intake import Budget, Intake
from utils.live.logs.lines import LogLine, LogLines
from utils.live.logs.source import Position, Source, journal_words
from utils.redact import redact

BOOT = "6f1d0c2b-9a3e-4d58-b7c4-0e92d1a86f35"


def journal_line(number: int, message: Any = "text", **more: Any) -> bytes:
    fields = {
        "__CURSOR": f"s=1;i={number:x}",
        "__REALTIME_TIMESTAMP": str(1_700_000_000_000_000 + number),
        "_BOOT_ID": BOOT.replace("-", ""),
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "app",
        "_PID": "12",
        "MESSAGE": message,
    }
    return json.dumps({**fields, **more}).encode()


class Kept:
    """What an Intake writes to."""

    def __init__(self, source: Source) -> None:
        self.source, self.lines, self.states = source, LogLines(), []

    def mark(self, mark: str, text: str) -> None:
        self.lines.add([LogLine(text, mark=mark)])

    def tell(self, state: str, note: str = "", error: Any = None, **facts: Any) -> None:
        self.states.append((state, facts))

    @property
    def texts(self) -> list[str]:
        return [
            f"<{e.mark}> {e.text}" if e.mark else e.text
            for e in self.lines.after(0, limit=10**6, max_bytes=1 << 40)
        ]


def reading(
    kept: Kept, position: Position, mode: str, *, lost_at: float | None = None, boot: str = BOOT
) -> Intake:
    """One that the device has begun to answer."""
    made = Intake(kept, position, lost_at=lost_at)
    feed(made, f"\x1e{nonce(made)} begin {mode} {int(time.time())} +0100 11520.25 {boot}\x1e\n".encode())
    return made


def nonce(made: Intake) -> str:
    wanted = asked(made.command)
    assert wanted is not None
    return wanted.nonce


def feed(made: Intake, data: bytes) -> None:
    made.feed("stdout", data)


# -- the journal


def test_a_journal_is_read_on_behind_its_cursor_and_says_that_nothing_is_missing() -> None:
    kept = Kept(Source("journal"))
    first = reading(kept, Position(), "journal")
    feed(
        first, journal_line(1, "one") + b"\n" + journal_line(2, "two") + b"\n" + journal_line(3, "torn")[:40]
    )
    assert first.position.cursor == "s=1;i=2"
    assert "--cursor=s=1;i=2" in Intake(kept, first.position, lost_at=None).command
    second = reading(kept, first.position, "journal", lost_at=time.time() - 28)
    feed(second, b"\n".join(journal_line(n, w) for n, w in ((2, "two"), (3, "three"))) + b"\n")
    assert kept.texts == ["one", "two", "<back> The link is back after 28 s. Nothing was lost.", "three"]


def test_a_journal_that_was_rotated_meanwhile_is_said_to_have_lost_lines() -> None:
    kept = Kept(Source("journal"))
    later = reading(
        kept, Position(mode="journal", boot_id=BOOT, cursor="s=1;i=2"), "journal", lost_at=time.time()
    )
    feed(later, journal_line(900, "much later") + b"\n")
    assert kept.texts[0].startswith("<gap> The link is back after 1 s. Lines may be missing here")
    assert kept.texts[1:] == ["much later"]


def test_a_journal_that_was_quiet_before_shows_all_that_came_since() -> None:
    assert "--no-tail" in journal_words(Source("journal", unit="a.service"), Position(mode="journal"))
    kept = Kept(Source("journal"))
    later = reading(kept, Position(mode="journal"), "journal", lost_at=time.time())
    feed(later, journal_line(1, "first ever") + b"\n")
    assert kept.texts == ["<back> The link is back after 1 s. Nothing was lost.", "first ever"]


def test_another_boot_in_the_journal_is_marked() -> None:
    kept = Kept(Source("journal"))
    read = reading(kept, Position(), "journal")
    feed(read, journal_line(1, "before") + b"\n" + journal_line(2, "after", _BOOT_ID="a" * 32) + b"\n")
    assert kept.texts == ["before", "<turned> The device was restarted.", "after"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("plain", ["plain"]),
        ([104, 105, 255], ["hi\ufffd"]),
        (["one", "two"], ["one", "two"]),
        (None, ["(no text)"]),
        ("a\nb", ["a", "b"]),
        ("", [""]),
        (7, ["7"]),
    ],
)
def test_every_form_of_a_journal_message_is_shown(message: Any, shown: list[str]) -> None:
    kept = Kept(Source("journal"))
    feed(reading(kept, Position(), "journal"), journal_line(1, message) + b"\n")
    assert kept.texts == shown


def test_a_journal_entry_says_who_when_and_how_bad() -> None:
    decoder = Decoder(Position())
    decoder.begin("journal", boot_ms=0, boot_id=BOOT)
    assert list(decoder.take(journal_line(5, "x", PRIORITY="3"), 0)) == [
        LogLine("x", 1_700_000_000_000, 3, "app[12]")
    ]


# -- the kernel's ring buffer


def test_the_ring_buffer_is_read_on_by_number_and_a_gap_is_counted() -> None:
    kept = Kept(Source("kernel"))
    first = reading(kept, Position(), "kmsg")
    feed(first, b"6,100,1500000,-;usb 1-2: new device\n SUBSYSTEM=usb\n")
    feed(first, b"4,101,1600000,-;hwmon hwmon1: Under-voltage detected!\n")
    second = reading(kept, first.position, "kmsg", lost_at=time.time())
    feed(second, b"6,100,1500000,-;usb 1-2: new device\n4,101,1600000,-;x\n")
    feed(second, b"6,102,1700000,-;three\\x0a\n6,110,1800000,-;four\n")
    assert kept.texts == [
        "usb 1-2: new device",
        "hwmon hwmon1: Under-voltage detected!",
        "<back> The link is back after 1 s. Nothing was lost.",
        "three",
        "<gap> 7 messages are missing here: the device overwrote them.",
        "four",
    ]
    line = kept.lines.after(1, limit=1, max_bytes=1)[0]
    assert (line.sign.kind, line.sign.severity, line.priority, line.unit) == (
        "under-voltage",
        "fail",
        4,
        "kernel",
    )
    assert abs((line.time_ms or 0) / 1000 - (time.time() - 11520.25 + 1.6)) < 2


def test_a_restart_begins_the_ring_buffer_anew() -> None:
    kept = Kept(Source("kernel"))
    at = Position(mode="kmsg", boot_id="another", sequence=5000)
    feed(reading(kept, at, "kmsg", lost_at=time.time()), b"6,1,10,-;Booting Linux\n")
    assert [text.split(">")[0] for text in kept.texts] == ["<turned", "<gap", "Booting Linux"]


def test_the_ring_buffer_keeps_only_the_priority_that_is_wanted() -> None:
    kept = Kept(Source("kernel", priority=4))
    feed(
        reading(kept, Position(), "kmsg"), b"6,1,10,-;chatter\n3,2,11,-;bad\n12,3,12,-;systemd[1]: started\n"
    )
    assert kept.texts == ["bad", "started"]


def test_dmesg_is_read_where_nothing_better_is_there() -> None:
    kept = Kept(Source("kernel"))
    first = reading(kept, Position(), "dmesg")
    feed(
        first, b"<4>[   12.500000] hwmon hwmon1: Under-voltage detected!\n<30>[   13.000000] systemd[1]: up\n"
    )
    feed(reading(kept, first.position, "dmesg", lost_at=time.time()), b"<6>[   14.0")
    assert kept.texts[:2] == ["hwmon hwmon1: Under-voltage detected!", "up"]
    assert kept.texts[2].startswith("<gap> The link is back after 1 s. Lines may be missing")


def test_a_secret_in_a_log_is_not_shown() -> None:
    redact.add("hunter2-hunter2")
    kept = Kept(Source("journal"))
    feed(reading(kept, Position(), "journal"), journal_line(1, "password is hunter2-hunter2!") + b"\n")
    assert kept.texts == ["password is [redacted]!"]


# -- a file


def test_a_file_is_read_on_at_the_byte_where_it_was() -> None:
    kept = Kept(Source("file", path="/x"))
    first = reading(kept, Position(), "file")
    feed(first, f"\x1e{nonce(first)} at 1:7 100 first\x1e\n".encode() + b"torn\none\r\ntw")
    assert (first.position.inode, first.position.offset) == ("1:7", 110)
    second = reading(kept, first.position, "file", lost_at=time.time())
    feed(second, f"\x1e{nonce(second)} at 1:7 110 same\x1e\n".encode() + b"two\n")
    assert kept.texts == ["one", "<back> The link is back after 1 s. Nothing was lost.", "two"]
    feed(second, f"half\x1e{nonce(second)} at 1:8 0 rotated\x1e\nnew\n".encode())
    assert kept.texts[3:] == [
        "half",
        "<turned> The file was rotated: what follows is from the new one. Nothing was lost.",
        "new",
    ]
    assert (second.position.inode, second.position.offset) == ("1:8", 4)


def test_a_file_cannot_imitate_what_the_script_says() -> None:
    kept = Kept(Source("file", path="/x"))
    read = reading(kept, Position(), "file")
    feed(
        read,
        f"\x1e{nonce(read)} at 1:7 0 first\x1e\n".encode() + b"\x1edeadbeef at 1:9 0 emptied\x1e\n\x1e\n",
    )
    assert read.position.inode == "1:7"
    assert [text for text in kept.texts if text.startswith("<")] == []


def test_a_last_line_without_an_end_is_shown_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(Source("file", path="/x"))
    read = reading(kept, Position(), "file")
    feed(read, f"\x1e{nonce(read)} at 1:7 0 first\x1e\n".encode() + b"no end")
    read.feed("stderr", b"\n")
    assert kept.texts == []
    read._fed_at -= 2
    read.feed("stderr", b"\n")
    assert (kept.texts, read.position.offset) == (["no end"], 6)


# -- a flood, and hostile bytes


def test_a_flood_is_counted_not_kept_and_the_position_goes_on() -> None:
    kept = Kept(Source("journal"))
    read = reading(kept, Position(), "journal")
    read._budget = Budget(per_s=1, at_once=1000)
    block = b"".join(journal_line(n) + b"\n" for n in range(5000))
    for _ in range(4):
        feed(read, block)
    read._fed_at -= 2
    read.feed("stderr", b"\n")  # it is quiet again: the last lines are shown after all
    assert kept.lines.after(kept.lines.last_seq - 1, limit=1, max_bytes=1)[0].time_ms == 1_700_000_000_004
    said = [text for text in kept.texts if text.startswith("<skipped>")]
    skipped = sum(int(text.split()[1].replace(",", "")) for text in said)
    assert 1 <= len(said) <= 3
    assert skipped + kept.lines.last_seq - len(said) == 20_000
    assert kept.lines.last_seq <= 1500
    assert read.position.cursor == f"s=1;i={4999:x}"


def test_reading_takes_no_more_than_half_of_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("utils.live.logs.intake.time.monotonic", lambda: now[0])
    budget = Budget(work_s=0.8)
    budget.charge(1.0)
    assert not budget.take()
    now[0] += 1.0
    budget.refill()
    assert not budget.take()  # a second's worth is not there yet
    now[0] += 1.0
    budget.refill()
    assert budget.take()


def test_the_lines_that_are_kept_are_bounded_by_number_and_by_bytes() -> None:
    lines = LogLines(max_lines=100, max_bytes=100_000)
    lines.add(LogLine(str(number)) for number in range(1000))
    assert (lines.first_seq, lines.last_seq) == (901, 1000)
    lines.add([LogLine("x" * 60_000), LogLine("y" * 60_000)])
    assert (lines.first_seq, lines.last_seq) == (1002, 1002)
    assert [line.seq for line in lines.after(0, limit=5, max_bytes=10)] == [1002]
    assert lines.after(1002, limit=5, max_bytes=10) == []


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["journal", "kmsg", "dmesg", "file"]),
    st.lists(
        st.binary(max_size=200)
        | st.sampled_from([b"\n", b"{}", b"6,1,2,-;x\n", b'{"MESSAGE":[300]}\n', b"\x1e"]),
        max_size=30,
    ),
)
def test_whatever_the_device_prints_reading_goes_on(mode: str, chunks: list[bytes]) -> None:
    kept = Kept(Source("file", path="/x") if mode == "file" else Source("kernel"))
    read = reading(kept, Position(), mode)
    for chunk in chunks:
        feed(read, chunk)
        read.feed("stderr", chunk)
    read.close()
    assert all(len(text) < 20_000 for text in kept.texts)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400).map(lambda raw: raw.replace(b"\x1e", b"")), st.data())
def test_a_file_split_anywhere_and_read_on_anywhere_gives_the_same_lines(
    content: bytes, data: st.DataObject
) -> None:
    whole = content + b"\n"
    kept, position, sent = Kept(Source("file", path="/x")), Position(), 0
    for _ in range(data.draw(st.integers(1, 4))):
        read = reading(kept, position, "file")
        how = "same" if position.inode else "first"
        feed(read, f"\x1e{nonce(read)} at 1:1 {position.offset} {how}\x1e\n".encode())
        sent = data.draw(st.integers(position.offset, len(whole)))
        feed(read, whole[position.offset : sent])
        position = read.position
    read = reading(kept, position, "file")
    feed(read, f"\x1e{nonce(read)} at 1:1 {position.offset} same\x1e\n".encode() + whole[position.offset :])
    expected = [line.decode("utf-8", "replace").rstrip("\r") for line in whole.split(b"\n")[:-1]]
    assert [text for text in kept.texts if not text.startswith("<back>")] == expected


def test_an_endless_line_is_cut_and_what_follows_is_read() -> None:
    splitter = Splitter("n")
    parts = [part for _ in range(5) for part in splitter.feed(b"x" * MAX_RAW)]
    parts += splitter.feed(b"end\nnext\n")
    assert sum(size for _, _, size in parts) == 5 * MAX_RAW + 9
    assert [what for what, _, _ in parts].count("line") == 2
    assert parts[-1] == ("line", b"next", 5)
