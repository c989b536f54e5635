"""The kernel's level of a message is read in each form, and the same line means the same everywhere."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from utils.judge import judge
from utils.judging.catalogue.loader import builtin_catalogue
from utils.judging.parsers import kernel_log
from utils.judging.parsers._kernel_lines import KERNEL, read
from utils.judging.parsers._kernel_signature import signature, signature_of_text
from utils.live.logs.decode import Decoder
from utils.live.logs.lines import LogLine
from utils.live.logs.source import Position
from utils.model.results import Verdict

STRANGE = "flux0: capacitor failed to discharge"
FORMS = {
    "dmesg -r": f"<3>[   12.345678] {STRANGE}",
    "dmesg -x": f"kern  :err   : [   12.345678] {STRANGE}",
    "dmesg -x -T": f"kern  :err   : [Wed Jan 14 10:02:11 2026] {STRANGE}",
    "/dev/kmsg": f"3,812,12345678,-;{STRANGE}",
    "journalctl -o json": json.dumps({"MESSAGE": STRANGE, "PRIORITY": "3", "_TRANSPORT": "kernel"}),
    "journalctl -o export": f"__CURSOR=s=1\n_BOOT_ID=0f\n_TRANSPORT=kernel\nPRIORITY=3\nMESSAGE={STRANGE}\n",
    "dmesg --json": json.dumps({"dmesg": [{"pri": 3, "time": 12.345678, "msg": STRANGE}]}),
    "logread": f"Tue Aug 12 16:40:43 2025 kern.err kernel: [   12.345678] {STRANGE}",
    "a node's collector": f"10.5.0.2: kern:     err: [2024-05-13T15:13:11.994761180Z]: {STRANGE}",
    "raw, without a time": f"<3>flux0: {STRANGE}",
}
UNGRADED = {
    "dmesg": f"[   12.345678] {STRANGE}",
    "dmesg with a caller": f"[   12.345678] [  T211] {STRANGE}",
    "dmesg -T": f"[Wed Jan 14 10:02:11 2026] {STRANGE}",
    "dmesg -T, German": f"[Mi Jan 14 10:02:11 2026] {STRANGE}",
    "busybox dmesg": f"[   12.345678] {STRANGE}",
    "journalctl, short": f"Jan 14 10:02:11 v3 kernel: {STRANGE}",
    "journalctl, short-monotonic": f"[   12.345678] v3 kernel: {STRANGE}",
    "journalctl, short-precise": f"Jan 14 10:02:11.345678 v3 kernel: {STRANGE}",
}
LOG = "<5>[    0.000000] Linux version 5.15.148-tegra (builder@v3) #1 SMP PREEMPT\n"


@pytest.mark.parametrize("form", FORMS)
def test_the_level_is_read_in_each_form_that_tells_it(form: str) -> None:
    lines = [line for line in read(FORMS[form] + "\n").lines if line.origin == KERNEL]
    assert [line.level for line in lines] == [3]


@pytest.mark.parametrize("form", UNGRADED)
def test_a_form_without_levels_tells_none(form: str) -> None:
    (line,) = read(UNGRADED[form] + "\n").lines
    assert (line.origin, line.level, line.message) == (KERNEL, None, STRANGE)


@pytest.mark.parametrize("text", [*FORMS.values(), *UNGRADED.values()], ids=[*FORMS, *UNGRADED])
def test_an_unknown_error_is_never_a_pass_in_whatever_form(text: str) -> None:
    result = judge("kernel-log", text + "\n")
    assert result.verdict == "unknown", result.summary
    assert result.summary.startswith("1 error message that this program does not know: ")
    assert STRANGE in result.findings[0].evidence


@pytest.mark.parametrize(
    ("level", "verdict"),
    [
        (0, "warn"),
        (1, "warn"),
        (2, "warn"),
        (3, "unknown"),
        (4, "pass"),
        (5, "pass"),
        (6, "pass"),
        (7, "pass"),
    ],
)
def test_the_level_alone_grades_a_message_whose_words_say_nothing(level: int, verdict: str) -> None:
    result = judge("kernel-log", f"{LOG}<{level}>[   12.345678] flux0: the moon is full\n")
    assert result.verdict == verdict, result.summary


@pytest.mark.parametrize("level", [4, 5, 6])
def test_words_of_trouble_count_at_each_level(level: int) -> None:
    assert judge("kernel-log", f"{LOG}<{level}>[   12.345678] {STRANGE}\n").verdict == "unknown"


def test_what_a_program_wrote_into_the_kernels_buffer_is_no_kernel_message() -> None:
    assert judge("kernel-log", f"{LOG}<27>[   12.345678] app: {STRANGE}\n").verdict == "pass"


def test_critical_lines_come_first_and_all_are_counted() -> None:
    lines = [f"<3>[   12.00000{n}] flux{n}: capacitor failed" for n in range(4)]
    text = LOG + "\n".join([*lines, "<2>[   13.000000] moon0: it is on fire"]) + "\n"
    reading = kernel_log.parse(text, "", 0)
    assert (reading["unknown_count"], reading["unknown_critical"]) == (5, 1)
    assert [item["count"] for item in reading["unknown"]] == [1, 4]
    assert reading["graded"] is True


SAME = [
    "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10",
    "usb 1-2: device descriptor read/64, error -71",
    "XFS (dm-0): xfs_log_force: error -5 returned.",
    "Out of memory: Killed process 1532 (recorder) total-vm:1633348kB",
    "cpu-throttle-alert: cooling device registered",
    "SQUASHFS error: Unable to read page, block 86312, size 4a94",
    "thermal_sys: Registered thermal governor 'step_wise'",
    STRANGE,
]


def as_seen_by(diagnostic: str, line: str) -> tuple[str, str]:
    body = f"<3>[   12.345678] {line}\n"
    text = (
        LOG + body if diagnostic == "kernel-log" else f"previous boot: 2 lines\n{LOG}{body}end of summary\n"
    )
    reading = judge(diagnostic, text).reading
    assert reading is not None
    if reading["meanings"]:
        return reading["meanings"][0]["kind"], reading["meanings"][0]["severity"]
    return ("unknown-message", "unknown") if reading["unknown_count"] else ("", "")


@pytest.mark.parametrize("line", SAME)
def test_the_same_line_means_the_same_everywhere(line: str) -> None:
    there = as_seen_by("kernel-log", line)
    assert as_seen_by("previous-boot-log", line) == there
    assert signature(line, 3)[:2] == there
    assert signature_of_text(f"<3>[   12.345678] {line}")[:2] == there
    decoder = Decoder(Position())
    decoder.begin("kmsg", boot_ms=0, boot_id="0f")
    (entry,) = decoder.take(f"3,812,12345678,-;{line}".encode(), 0)
    assert isinstance(entry, LogLine)
    assert entry.sign[:2] == there


EXPORT = """__CURSOR=s=1;i=1
__REALTIME_TIMESTAMP=1768384931000000
__MONOTONIC_TIMESTAMP=12345679
_BOOT_ID=0f0f
_TRANSPORT=kernel
PRIORITY=3
_SOURCE_MONOTONIC_TIMESTAMP=12345678
MESSAGE=usb 1-2: a=b, error -71

__CURSOR=s=1;i=2
__MONOTONIC_TIMESTAMP=13000001
_TRANSPORT=kernel
PRIORITY=6
MESSAGE=thermal_sys: Registered thermal governor 'step_wise'

"""


def run(tmp_path: Path, diagnostic: str, **programs: str) -> subprocess.CompletedProcess[str]:
    """The diagnostic's command where only these programs, and those of the system, are there."""
    for name, text in programs.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    command = builtin_catalogue().get(diagnostic).command
    return subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=30, env={"PATH": path}, check=False
    )


def journal(text: str) -> str:
    return f"case \"$*\" in *--help*) echo --output-fields;; *) cat <<'E'\n{text}E\n;; esac"


NONE = "exit 1"
TOLD = ["<3>[   12.345678] usb 1-2: a=b, error -71"]


def test_the_journal_is_asked_for_levels_and_its_answer_is_small(tmp_path: Path) -> None:
    answer = run(tmp_path, "kernel-log", journalctl=journal(EXPORT))
    assert answer.stdout.splitlines() == [
        *TOLD,
        "<6>[   13.000001] thermal_sys: Registered thermal governor 'step_wise'",
    ]
    assert judge("kernel-log", answer.stdout).verdict == "warn"


@pytest.mark.parametrize(
    ("dmesg", "told"),
    [
        ('[ "$1" = -r ] && echo "<3>[   12.345678] usb 1-2: a=b, error -71"', TOLD),
        ('[ "$1" = -r ] && exit 1; echo "[   12.345678] usb 1-2: a=b, error -71"', [TOLD[0][3:]]),
    ],
    ids=["with -r", "a busybox without -r"],
)
def test_without_a_journal_the_ring_buffer_is_read(tmp_path: Path, dmesg: str, told: list[str]) -> None:
    answer = run(tmp_path, "kernel-log", journalctl=NONE, dmesg=dmesg, sudo=NONE)
    assert answer.stdout.splitlines() == told
    assert judge("kernel-log", answer.stdout, answer.stderr, answer.returncode).verdict == "warn"


def test_a_refused_ring_buffer_is_not_a_pass(tmp_path: Path) -> None:
    refused = "echo 'dmesg: read kernel buffer failed: Operation not permitted' >&2; exit 1"
    sudo = "echo 'sudo: a password is required' >&2; exit 1"
    answer = run(tmp_path, "kernel-log", journalctl=NONE, dmesg=refused, sudo=sudo)
    result = judge("kernel-log", answer.stdout, answer.stderr, answer.returncode)
    assert result.verdict == "unknown"


def test_the_previous_boot_comes_in_the_same_form(tmp_path: Path) -> None:
    answer = run(tmp_path, "previous-boot-log", journalctl=journal(EXPORT))
    assert answer.stdout.splitlines()[:2] == ["previous boot: 2 lines", *TOLD]
    result = judge("previous-boot-log", answer.stdout)
    assert (result.verdict, result.reading["other_count"]) == ("warn", 1)


def test_without_a_previous_boot_it_does_not_apply(tmp_path: Path) -> None:
    words = "Specifying boot ID or boot offset has no effect, no persistent journal was found."
    answer = run(tmp_path, "previous-boot-log", journalctl=f"echo '{words}' >&2; exit 1")
    assert judge("previous-boot-log", answer.stdout, answer.stderr, answer.returncode).verdict == "skip"


@pytest.mark.parametrize(
    "message",
    [
        "ov9282 9-0060: chip id reads 0xffff, wanted 0x9281",
        "imx477 10-001a: got id 0x0000 instead of 0x0477",
        "ads1115 1-0048: id 0x00, should be 0x48",
        "dw_mmc 3.mmc: card 0 went away",
        "usb 1-2: device vanished",
        "tps65132 2-003e: rail vpos collapsed",
        "i2c i2c-3: SDA stays low",
        "regulator vdd-cam: still off after 20 ms",
    ],
)
def test_what_was_wanted_and_did_not_come_never_passes_without_a_level(message: str) -> None:
    assert judge("kernel-log", f"[   12.345678] {message}\n").verdict is Verdict.UNKNOWN
    told_as_information = f"kern  :info  : [   12.345678] {message}\n"
    assert judge("kernel-log", told_as_information).verdict is Verdict.PASS  # the kernel's own word counts
