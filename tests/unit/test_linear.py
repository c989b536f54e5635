"""No text stops the program: each reader of a device's text takes at most a second for the longest one.

V3_FUZZ=large tries every line of every fixture gone wrong at each of its words.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest

from tests.budget import LARGE
from tests.each import each
from tests.unit import linear
from tests.unit.saved_texts import of
from utils.judge import judge
from utils.judging.catalogue import pattern
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.catalogue.profile import Match
from utils.judging.guard import BLANKS_MAX, DIGITS_MAX, JSON_LINE_MAX, LOG, TABLE, Bounds, bounded
from utils.judging.parsers._text import is_noise, plain, tool_missing
from utils.live.logs.decode import KMSG, Decoder, Splitter
from utils.live.logs.logs import parse_choices
from utils.live.logs.source import FILE, JOURNAL, Position
from utils.live.samples import measures
from utils.live.samples.block import MAX_BLOCK_BYTES, Block, Cutter, TooMuch
from utils.model.results import Device

IDS = tuple(builtin_catalogue().diagnostics)
MOST = 2000 if LARGE else 2
CHOICES = (
    "== units\n● nvargus-daemon.service loaded active running Argus daemon\n"
    "== boots\n -1 0123456789abcdef0123456789abcdef Mon 2026-03-02 09:00:00 UTC—Mon 2026-03-02 10:00:00 UTC\n"
    "== files\n/var/log/syslog\n"
)


@each(IDS)
def test_every_diagnostic_is_judged_in_a_second_whatever_was_printed(diagnostic: str) -> None:
    whole = [saved.stdout for saved in of(diagnostic) if saved.holds_data and len(saved.stdout) < 16_000]
    texts = [
        *linear.some_of(whole, MOST, diagnostic),
        *linear.some(linear.plain_texts(), 10**4 if LARGE else 1, diagnostic),
    ]
    # No parser sees more than the guard lets through, and the guard has a test of its own.
    most = linear.FULL if LARGE or bounds_of(diagnostic) is LOG else TABLE.characters
    assert not linear.complaints(lambda text: judge(diagnostic, text), texts, most)


def bounds_of(diagnostic: str) -> Bounds:
    parser = builtin_catalogue().diagnostics[diagnostic].parser
    bounds: Bounds = getattr(importlib.import_module(f"utils.judging.parsers.{parser}"), "BOUNDS", TABLE)
    return bounds


def test_messages_beside_the_data_are_read_in_a_second() -> None:
    said = (
        "bash: line 1: /usr/bin/env: 'tegrastats': No such file or directory\nsudo: unable to resolve host x"
    )
    texts = linear.some(
        [*linear.plain_texts(), *linear.saved_texts(said)], 10**4 if LARGE else 30, "messages"
    )
    assert not linear.complaints(lambda text: tool_missing(text, "", 1), texts)
    assert not linear.complaints(lambda text: judge("memory", "", text, 1), texts)
    assert not linear.complaints(
        lambda text: [is_noise(line) for line in plain(text).splitlines()], texts[:30]
    )


def test_the_choice_of_logs_is_read_in_a_second() -> None:
    texts = [*linear.saved_texts(CHOICES), linear.Text("stars", "*", "== units\n")]
    assert not linear.complaints(parse_choices, linear.some(texts, 10**4 if LARGE else 60, "choices"))
    assert parse_choices("== units\n" + "*" * 100_000)["units"] == []


STAT = "cpu  1 2 3 4 5 6 7 0 0 0\ncpu0 1111 2222 3333 4444 5555 6666 7777 8888 0 0\n"
SAMPLE = "".join(
    f"{path}:{line}\n"
    for path, text in (
        ("/proc/stat", STAT),
        ("/proc/meminfo", "MemTotal:        7990000 kB\nMemAvailable:    6000000 kB\n"),
        ("/proc/diskstats", " 179       0 mmcblk0 1 2 3 4 5 6 7 8 9 10 11\n"),
        ("/proc/net/dev", "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"),
        ("/sys/class/thermal/thermal_zone0/temp", "41500\n"),
        ("/sys/class/hwmon/hwmon3/in1_input", "5072\n"),
        ("/sys/class/devfreq/17000000.gpu/cur_freq", "306000000\n"),
        ("/sys/bus/pci/devices/0004:01:00.0/aer_dev_correctable", "TOTAL_ERR_COR 3\n"),
        ("/sys/bus/usb/devices/1-2/devnum", "3\n"),
    )
    for line in text.splitlines()
)


def measured(text: str) -> None:
    cutter = Cutter()
    try:
        blocks = cutter.feed(f"{text}\nv3-sample\n".encode())
    except TooMuch:
        return
    for block in blocks:
        measures.measure(block, block, Block(()), text[:4096], lambda _: None)


def test_a_sample_of_live_is_measured_in_a_second() -> None:
    texts = linear.some(linear.saved_texts(SAMPLE), 10**4 if LARGE else 60, "live")
    assert not linear.complaints(measured, texts, MAX_BLOCK_BYTES)


@pytest.mark.parametrize("line", ["1" * 40 + " x", "1111 " * 9 + "1111\r", "1 2 3 4 5 6 7 8 9 10x"])
def test_a_line_of_cpu_times_that_is_none_costs_nothing(line: str) -> None:
    text = linear.Text(line, f"/proc/stat:cpu0 {line}\n")
    assert not linear.complaint(measured, text, MAX_BLOCK_BYTES)


def follow(mode: str) -> Callable[[str], None]:
    """Reading a followed log, in pieces as they come over the link."""

    def work(text: str) -> None:
        splitter, decoder = Splitter("00"), Decoder(Position())
        decoder.begin(mode, boot_ms=0.0, boot_id="x")
        decoder.at("1:1", 0, "first")
        data = text.encode()
        for start in range(0, len(data), 32 << 10):
            for what, raw, size in splitter.feed(data[start : start + (32 << 10)]):
                if what == "line":
                    list(decoder.take(raw, size))

    return work


FOLLOWED = {
    FILE: "[   12.345678] usb error {0}\n",
    KMSG: "3,#,12345678,-;usb error {0}\n",
    JOURNAL: '{{"_TRANSPORT": "kernel", "PRIORITY": "3", "__CURSOR": "s=1", "MESSAGE": "usb error {0}"}}\n',
}


@pytest.mark.parametrize("mode", FOLLOWED)
@pytest.mark.parametrize("length", [60, 300, 1_400, 60_000] if LARGE else [60, 1_400])
def test_a_followed_log_is_read_in_a_second(mode: str, length: int) -> None:
    words = ("xusb[", "hub[", "i2c ", "nvme ", "AER: ", "over-current ", "a: ", "1 ")
    lines = {word: FOLLOWED[mode].format(word * (length // len(word))) for word in words}
    # The number of a record grows: one that was seen is passed over.
    texts = [linear.Text(word, line, counted=mode == KMSG) for word, line in lines.items()]
    part = 1 if LARGE else 4  # of the text, and so of its time: these lines are read one by one
    assert not linear.complaints(follow(mode), texts, linear.FULL // part, 1 / part)


@pytest.mark.parametrize("expression", ["^([a-z]+-?)*$", "(a|a)*b", "(.*)*x", "^(\\d+ ?){7,}$"])
def test_an_expression_of_a_technician_is_linear(expression: str) -> None:
    assert pattern.problem(expression) == ""
    texts = linear.some(linear.plain_texts(), 30, expression)
    assert not linear.complaints(lambda text: pattern.found(expression, text), texts)
    careless = Match(hostname=expression, model=expression)
    assert not linear.complaints(
        lambda text: careless.fits(Device(fingerprint="x", hostname=text, model=text)), texts
    )


@pytest.mark.parametrize("expression", ["(?!x)a", "(?<=x)a", r"(a)\1", "(", "x{2000}"])
def test_an_expression_that_needs_going_back_is_named_as_wrong(expression: str) -> None:
    assert pattern.problem(expression)


@pytest.mark.parametrize("kind", [TABLE, LOG], ids=["table", "log"])
def test_the_guard_keeps_its_bounds_in_time(kind: Bounds) -> None:
    texts = linear.some(linear.plain_texts(), 10**4 if LARGE else 8, "guard")
    assert not linear.complaints(lambda text: bounded(text, kind), texts)
    for made in texts:
        whole = made.of(linear.FULL + 1000)
        text, said = bounded(whole, kind)
        assert said.startswith("The text is damaged: ")
        assert len(text) <= kind.characters
        assert len(text.splitlines()) <= kind.lines
        assert all(len(line) <= max(kind.line, JSON_LINE_MAX) for line in text.splitlines())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" + " " * (BLANKS_MAX + 1) + "b", "blanks"),
        ("\n" * (BLANKS_MAX + 1), "blanks"),
        ("x" + "7" * (DIGITS_MAX + 1), "digits"),
        ("word " * 1000, "characters"),
        ("line\n" * 5001, "longer"),
    ],
)
def test_what_is_cut_is_said(text: str, words: str) -> None:
    assert words in bounded(text, TABLE)[1]
    assert judge("memory", text).verdict == "unknown"


@each(IDS)
def test_a_damaged_text_never_passes_and_a_fault_in_it_stays(diagnostic: str) -> None:
    damage = " " * (64_000 if LARGE else 2 * BLANKS_MAX) + "\n"
    for saved in of(diagnostic) if any(text.may_pass for text in of(diagnostic)) else ():
        whole = judge(diagnostic, saved.stdout, saved.stderr, saved.exit_status).verdict
        for text in (damage + saved.stdout, saved.stdout + damage):
            result = judge(diagnostic, text, saved.stderr, saved.exit_status)
            assert result.verdict in ("unknown", "fail", "warn")
            assert result.verdict == "unknown" or result.verdict == whole or whole not in ("pass", "info")
            assert result.stdout == text


def test_an_honest_text_is_never_called_damaged() -> None:
    for diagnostic in IDS:
        for saved in of(diagnostic):
            if saved.holds_data:
                assert bounded(saved.stdout, TABLE) == (saved.stdout, ""), saved.case
