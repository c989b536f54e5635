"""What is asked of a device for its log, and what is known about a single line of one. No socket."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from utils.errors import BadRequest
from utils.judging.parsers._kernel_signature import signature, signature_of_text
from utils.live.logs.decode import Turn
from utils.live.logs.logs import parse_choices
from utils.live.logs.source import Position, Source, command


@pytest.mark.parametrize(
    "source",
    [
        Source("other"),
        Source("journal", unit="a b"),
        Source("journal", unit="-x"),
        Source("kernel", unit="a.service"),
        Source("journal", priority=8),
        Source("file", path="relative"),
        Source("file", path="/a\nb"),
        Source("file"),
        Source("kernel", boot=1),
        Source("file", path="/x", boot=-1),
    ],
)
def test_what_is_no_log_is_refused(source: Source) -> None:
    with pytest.raises(BadRequest):
        source.validate()


@pytest.mark.parametrize(
    "source",
    [
        Source("kernel"),
        Source("journal", unit="getty@tty1.service", priority=3),
        Source("journal", boot=-2),
        Source("file", path="/tmp/a b'$(touch /tmp/owned)\"`\\.log"),
    ],
)
def test_each_command_is_shell_that_parses_and_quotes_what_it_is_given(source: Source) -> None:
    source.validate()
    text = command(source, replace(Position(), cursor="s=1;$(id)'", mode="journal"), "abc")
    for shell in (["sh", "-n"], ["bash", "-n"], ["busybox", "sh", "-n"]):
        assert subprocess.run([*shell, "-c", text], capture_output=True, check=False).returncode == 0


def test_what_a_person_typed_is_never_run(tmp_path: Path) -> None:
    hostile = f"{tmp_path}/a b'$(touch {tmp_path}/owned)\"`touch {tmp_path}/owned`\\.log"
    at = Position(mode="journal", cursor=f"s=1;$(touch {tmp_path}/owned)'")
    for source in (Source("file", path=hostile), Source("journal", boot=-1)):
        source.validate()
        done = subprocess.run(
            ["sh", "-c", command(source, at, "abc")], capture_output=True, check=False, timeout=30
        )
        assert done.stdout.startswith(b"\x1eabc ")
    assert list(tmp_path.iterdir()) == []


def test_choices_are_read_whatever_systemd_prints() -> None:
    text = (
        "== units\n  ssh.service loaded active running OpenBSD Secure Shell server\n"
        "● bad.service not-found inactive dead bad.service\nnoise\n== boots\n"
        " -1 0123456789abcdef0123456789abcdef Mon 2026-01-05 10:00:00 UTC—Mon 2026-01-05 11:00:00 UTC\n"
        "IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY\n"
        "  0 0123456789abcdef0123456789abcdef Mon 2026-01-05 12:00:00 UTC Mon 2026-01-05 13:00:00 UTC\n"
        "== files\n/var/log/syslog\nls: error\n== end\n"
    )
    found = parse_choices(text)
    assert [unit["name"] for unit in found["units"]] == ["ssh.service", "bad.service"]
    assert [boot["boot"] for boot in found["boots"]] == [-1, 0]
    assert found["boots"][0]["time"] == "Mon 2026-01-05 10:00:00 UTC"
    assert found["files"] == ["/var/log/syslog"]


def known(message: str) -> tuple[str, str]:
    return signature(message)[:2]


def test_single_lines_are_known_by_the_kernel_logs_own_rules() -> None:
    assert known("soctherm: OC ALARM 0x00000001") == ("over-current-alarm", "fail")
    assert known("usb 1-2.3: reset high-speed USB device number 5 using tegra-xusb") == (
        "usb-enumeration",
        "info",
    )
    assert known("r8168 0008:01:00.0 eth0: Link is Down") == ("link-down", "info")
    assert known("cpu-throttle-alert: cooling device registered") == ("", "")
    text = "Nov 25 10:00:00 host kernel: [ 12.345678] Out of memory: Killed process 12"
    assert signature_of_text(text)[:3] == ("oom-kill", "fail", "oom-killed")
    assert signature_of_text("Nov 25 10:00:00 host app[12]: Out of memory: Killed process 12")[:2] == ("", "")
    assert Turn("x").count == 0
