"""Boot logs of healthy boards stay green, and a fault among their lines still shows."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

from tests.healthy_logs import HEAD, LIST, Log, logs, main
from utils.judge import judge

HERE = Path(__file__).parent
LINES: dict[str, list[str]] = tomllib.loads((HERE / "healthy_lines.toml").read_text(encoding="utf-8"))
GREEN = ("pass", "info")
FAULTS = [
    "Out of memory: Killed process 4242 (python3) total-vm:900kB, anon-rss:800kB",
    "EXT4-fs error (device mmcblk0p1): ext4_find_entry:1455: inode #131: comm ls: reading directory lblock 0",
    "nvme nvme0: controller is down; will reset: CSTS=0xffffffff, PCI_STATUS=0x10",
    "i915 0000:00:02.0: [drm] GPU HANG: ecode 9:1:85dffffb, in Xorg [1234]",
    "pci 0001:01:00.0: BAR 0: failed to assign [mem size 0x01000000]",
    "clocksource: Marking clocksource 'tsc' as unstable because the skew is too large:",
    "flux 3000.flux: capacitor failed to charge",
]


@pytest.mark.parametrize("name", LINES)
def test_what_looks_bad_on_a_healthy_board_is_known(name: str) -> None:
    found = judge("kernel-log", "\n".join(LINES[name]) + "\n")
    assert found.reading["unknown_count"] == 0, found.reading["unknown_lines"]
    assert found.verdict in GREEN, found.reading["events"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[:30])
@pytest.mark.parametrize("name", LINES)
def test_a_fault_among_them_is_no_pass(name: str, fault: str) -> None:
    text = "\n".join([*LINES[name], f"[  900.125000] {fault}"]) + "\n"
    assert judge("kernel-log", text).verdict not in GREEN


def test_usb_firmware_that_came_late_is_no_fault_and_one_that_never_came_is() -> None:
    missing = "[    3.400000] xhci-tegra 3530000.xhci: cannot find firmware....retry after 1 second\n"
    other = "[    4.500000] xhci-tegra 3540000.xhci: Firmware timestamp: 2020-01-02 03:04:05 UTC\n"
    came = "[    4.400000] xhci-tegra 3530000.xhci: Firmware timestamp: 2020-01-02 03:04:05 UTC\n"
    assert judge("kernel-log", missing).verdict == "warn"
    assert judge("kernel-log", missing + other).verdict == "warn"
    assert judge("kernel-log", missing + came).verdict in GREEN


def test_enough_boards_were_read_and_each_has_its_lines() -> None:
    read = logs()
    assert len({log.sha256 for log in read}) == len(read) >= 25
    assert set(LINES) <= {log.name.removesuffix(".txt") for log in read}


def test_the_table_names_a_log_that_is_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = logs()[0]
    (tmp_path / first.name).write_text("[    0.000000] Booting Linux\n")
    assert main(tmp_path) == 1
    shown = capsys.readouterr()
    assert shown.out == HEAD
    assert f"{first.name}: this is another text" in shown.err


def test_a_row_says_what_came_of_the_log(tmp_path: Path) -> None:
    text = b"[    0.000000] Booting Linux on physical CPU 0x0\n"
    (tmp_path / "a.txt").write_bytes(text)
    log = Log("a.txt", "Board", "6.1", "here", hashlib.sha256(text).hexdigest(), "unknown, 2 unknown")
    assert log.row(tmp_path).endswith("| unknown, 2 unknown | pass, 0 unknown |\n")
    assert LIST.is_file()
