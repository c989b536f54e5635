"""Boot logs of healthy boards stay green, and a fault among their lines still shows."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

from tests.each import each
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


@each(LINES)
def test_what_looks_bad_on_a_healthy_board_is_known(name: str) -> None:
    found = judge("kernel-log", "\n".join(LINES[name]) + "\n")
    assert found.reading["unknown_count"] == 0, found.reading["unknown_lines"]
    assert found.verdict in GREEN, found.reading["events"]


@each(LINES)
def test_a_fault_among_them_is_no_pass(name: str) -> None:
    faulty = {fault: "\n".join([*LINES[name], f"[  900.125000] {fault}"]) + "\n" for fault in FAULTS}
    assert not [fault for fault, text in faulty.items() if judge("kernel-log", text).verdict in GREEN]


NO_FAULT = [
    "bcmgenet fd580000.ethernet: failed to get enet clock",
    "bcmgenet fd580000.ethernet: failed to get enet-eee clock",
    "brcmfmac: brcmf_set_channel: set chanspec 0x100c fail, reason -52",
    "brcmfmac: brcmf_vif_set_mgmt_ie: vndr ie set error : -52",
    "spi-nor spi0.0: unrecognized JEDEC id bytes: 00, 00, 00",
    "tegra_aotag tegra-aotag: Invalid temp readout",
    "nvethernet 2310000.ethernet: failed to read MDIO address",
    "dp lt: switching from state 0 (Reset) to state 4 (link training fail/disable)",
    "arm-scmi firmware:scmi: Failed. SCMI protocol 23 not active.",
    "rockchip-snps-pcie3-phy fe8c0000.phy: failed to find rockchip,pipe_grf regmap",
    "pci 0002:20:00.0: BAR 1: failed to assign [mem size 0x40000000]",
]
FAULT = [
    "bcmgenet fd580000.ethernet: failed to connect to PHY",
    "brcmfmac: brcmf_run_escan: error (-52)",
    "brcmfmac: brcmf_fil_cmd_data: Firmware error: (-52)",
    "spi-nor spi0.0: unrecognized JEDEC id bytes: 20, ba, 19",
    "nvethernet 2310000.ethernet: failed to read MAC address",
    "dp lt: switching from state 2 (clock recovery) to state 4 (link training fail/disable)",
    "mmc1: error -110 whilst initialising SDIO card",
    "mmc0: Timeout waiting for hardware interrupt.",
    "pci 0002:21:00.0: BAR 0: failed to assign [mem size 0x40000000]",
    "es8316 1-0011: Failed to reset the codec: -121",
]


@each(NO_FAULT)
def test_an_optional_thing_that_is_not_there_is_no_fault(message: str) -> None:
    assert judge("kernel-log", f"[    2.125000] {message}\n").verdict in GREEN


@each(FAULT)
def test_the_same_driver_s_fault_still_counts(message: str) -> None:
    assert judge("kernel-log", f"[    2.125000] {message}\n").verdict not in GREEN


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        ("zynqmp-display fd4a0000.display: failed to get PHY lane 0", "ethernet-phy"),
        ("rsi mmc1:0001:2: failed to open /config.txt", "mmc-error"),
        ("tegra-xusb-padctl 3520000.padctl: failed to get pinctrl", "usb-enumeration"),
        ("flux 3000.flux: failed to get clock: -2", "firmware-processor"),
    ],
)
def test_a_message_is_not_counted_for_another_part_of_the_board(message: str, wrong: str) -> None:
    found = judge("kernel-log", f"[    2.125000] {message}\n")
    assert wrong not in [event["kind"] for event in found.reading["events"]]
    assert found.verdict not in GREEN


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
    shown = tomllib.loads(LIST.read_text(encoding="utf-8"))["read"]
    assert set(LINES) <= {log.name.removesuffix(".txt") for log in read} | {log["name"] for log in shown}


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
