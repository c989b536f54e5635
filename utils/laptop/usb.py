"""Which boards hang on this laptop's USB, and where, from sysfs. Linux only; reads files, runs nothing.

A module that has booted shows a network gadget (0955:7020) with its serial number. One in force recovery
shows "APX" and waits to be flashed. Others of that vendor (game controllers, debug chips) are no boards. A
place is named by its port: "usb-1-2.3" is bus 1, port 2, port 3 of the hub there.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from utils.model.words import with_unit

SYSFS = Path("/sys")
VENDOR = "0955"
BOOTED = {"7020": "Linux for Tegra", "7035": "Linux for Tegra, being flashed"}
# Ids of modules in force recovery (lsusb shows them as "APX").
RECOVERY = {
    "7023": "AGX Orin", "7223": "AGX Orin 32 GB", "7323": "Orin NX 16 GB", "7423": "Orin NX 8 GB",
    "7523": "Orin Nano 8 GB", "7623": "Orin Nano 4 GB", "7019": "AGX Xavier", "7819": "AGX Xavier 64 GB",
    "7919": "AGX Xavier Industrial", "7e19": "Xavier NX", "7018": "TX2", "7418": "TX2 4 GB", "7c18": "TX2",
    "7721": "TX1", "7f21": "Nano", "7026": "Thor",
}  # fmt: skip
PORT = re.compile(r"usb-(\d{1,3}-\d{1,3}(\.\d{1,3}){0,5})", re.ASCII)
_BEST_FIRST = ("cdc_ncm", "cdc_ether", "", "rndis_host")
"""Drivers of network functions. A board that offers RNDIS and NCM is reached by NCM: RNDIS is slower and
changes its MAC."""


@dataclass(frozen=True)
class UsbBoard:
    """One device on the bus. nics, ttys: names the laptop gave its network and serial functions, best first.

    port: "usb-1-2.3". speed: Mbit/s, as text. set_up: whether the laptop chose a configuration for it.
    """

    product_id: str
    product: str
    serial: str
    speed: str
    nics: tuple[str, ...]
    ttys: tuple[str, ...]
    port: str = ""
    vendor_id: str = VENDOR
    vendor: str = ""
    set_up: bool = True

    @property
    def in_recovery(self) -> bool:
        return self.vendor_id == VENDOR and (self.product_id in RECOVERY or self.product == "APX")

    @property
    def booted(self) -> bool:
        return not self.in_recovery and (self.product_id in BOOTED or bool(self.nics))

    @property
    def is_ours(self) -> bool:
        """Whether this is a board: of the vendor, and booted or waiting to be flashed."""
        return self.vendor_id == VENDOR and (self.booted or self.in_recovery)

    @property
    def name(self) -> str:
        """What it is, for people."""
        known = RECOVERY.get(self.product_id) if self.in_recovery else ""
        return known or self.product or BOOTED.get(self.product_id) or "NVIDIA device"

    def __str__(self) -> str:
        """As a technician reads it: "Orin NX 16 GB (0955:7323, serial 1424…, 480 Mbit/s)"."""
        facts = [f"{self.vendor_id}:{self.product_id}"]
        if self.serial.strip("0"):
            facts.append(f"serial {self.serial}")
        if self.speed.replace(".", "", 1).isdigit():  # the kernel may say "unknown"
            facts.append(with_unit(float(self.speed), "Mbit/s"))
        facts += [f"network {nic}" for nic in self.nics] + [f"serial console /dev/{tty}" for tty in self.ttys]
        return f"{self.name} ({', '.join(facts)})"


def port_name(text: str) -> str:
    """A port as bench.toml or SSH_IP may write it ("1-2.3" or "usb-1-2.3"), else ""."""
    name = text if text.startswith("usb-") else f"usb-{text}"
    return name if PORT.fullmatch(name) else ""


def boards(sysfs: Path | None = None) -> list[UsbBoard] | None:
    """Every NVIDIA device on the bus, in the order of their ports; None where there is no USB bus."""
    every = _folders(sysfs)
    if every is None:
        return None
    return [_board(folder) for folder in every if _text(folder / "idVendor") == VENDOR]


def names_now(sysfs: Path | None = None) -> frozenset[str]:
    """The names of all USB devices and network interfaces.

    They are cheap to ask, and differ after any change of cables or names. Empty where nobody can tell.
    """
    root = sysfs or SYSFS
    try:
        return frozenset([*os.listdir(root / "bus/usb/devices"), *os.listdir(root / "class/net")])
    except OSError:
        return frozenset()


def strangers(sysfs: Path | None = None) -> list[UsbBoard]:
    """USB network devices of other vendors: to be listed, never to be contacted."""
    found = (folder for folder in _folders(sysfs) or [] if _text(folder / "idVendor") not in ("", VENDOR))
    return [board for board in map(_board, found) if board.nics]


def board_at(port: str, sysfs: Path | None = None) -> UsbBoard | None:
    """The NVIDIA device that is plugged in at this port ("usb-1-2.3") now."""
    match = PORT.fullmatch(port)
    if match is None or not sys.platform.startswith("linux"):
        return None
    folder = (sysfs or SYSFS) / "bus/usb/devices" / match[1]
    return _board(folder) if _text(folder / "idVendor") == VENDOR else None


def board_behind(interface: str, sysfs: Path | None = None) -> UsbBoard | None:
    """The board that this interface leads to: a USB port, or a name that the laptop gave."""
    if not interface or PORT.fullmatch(interface):
        return board_at(interface, sysfs)
    return next((board for board in boards(sysfs) or [] if interface in board.nics), None)


def serial_behind(interface: str) -> str:
    """The serial number that the board there shows on USB now; "" where nobody knows."""
    board = board_behind(interface)
    return board.serial if board is not None else ""


def nic_at(port: str, sysfs: Path | None = None) -> str:
    """The network interface of the board at this port: the best one that is up; "" without any."""
    board = board_at(port, sysfs)
    if board is None:
        return ""
    folder = (sysfs or SYSFS) / "bus/usb/devices" / board.port.removeprefix("usb-")
    up = (nic for nic in board.nics if _operstate(folder, nic) != "down")
    return next(up, next(iter(board.nics), ""))


def _folders(sysfs: Path | None) -> list[Path] | None:
    if sysfs is None and not sys.platform.startswith("linux"):
        return None
    try:
        return sorted(((sysfs or SYSFS) / "bus/usb/devices").iterdir(), key=_by_port)
    except OSError:
        return None


def _by_port(folder: Path) -> tuple[list[int], str]:
    return [int(part) for part in re.findall(r"\d{1,9}", folder.name)], folder.name


def _board(device: Path) -> UsbBoard:
    text = {name: _text(device / name) for name in ("idVendor", "idProduct", "product", "serial", "speed")}
    functions = list(device.glob("*:*"))
    nics = [(_rank(each), path.name) for each in functions for path in each.glob("net/*")]
    ttys = [path.name for each in functions for path in each.glob("tty/*")]
    choice = device / "bConfigurationValue"
    return UsbBoard(
        text["idProduct"], text["product"], text["serial"], text["speed"],
        tuple(name for _, name in sorted(nics)), tuple(sorted(ttys)),
        port=f"usb-{device.name}", vendor_id=text["idVendor"], vendor=_text(device / "manufacturer"),
        set_up=bool(_text(choice)) or not choice.exists(),
    )  # fmt: skip


def _rank(function: Path) -> int:
    driver = (function / "driver").resolve().name if (function / "driver").exists() else ""
    return _BEST_FIRST.index(driver) if driver in _BEST_FIRST else _BEST_FIRST.index("")


def _operstate(device: Path, nic: str) -> str:
    return next((_text(path) for path in device.glob(f"*:*/net/{nic}/operstate")), "")


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()[:200].decode("utf-8", "replace").strip()
    except OSError:  # not said, or pulled out while we look
        return ""
    return "".join(char if char.isprintable() else "?" for char in raw)
