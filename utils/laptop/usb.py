"""Which NVIDIA boards hang on this laptop's USB, from sysfs. Linux only; reads files, runs nothing.

A module that has booted shows a network gadget (0955:7020) with its serial number; one in force recovery
shows "APX" and waits to be flashed. Others of that vendor (game controllers, debug chips) are no boards.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

VENDOR = "0955"
BOOTED = {"7020": "Linux for Tegra", "7035": "Linux for Tegra, being flashed"}
# Ids of modules in force recovery (lsusb shows them as "APX").
RECOVERY = {
    "7023": "AGX Orin", "7223": "AGX Orin 32 GB", "7323": "Orin NX 16 GB", "7423": "Orin NX 8 GB",
    "7523": "Orin Nano 8 GB", "7623": "Orin Nano 4 GB", "7019": "AGX Xavier", "7819": "AGX Xavier 64 GB",
    "7919": "AGX Xavier Industrial", "7e19": "Xavier NX", "7018": "TX2", "7418": "TX2 4 GB", "7c18": "TX2",
    "7721": "TX1", "7f21": "Nano", "7026": "Thor",
}  # fmt: skip


@dataclass(frozen=True)
class Board:
    """One NVIDIA device on the bus. nics, ttys: names the laptop gave its network and serial functions."""

    product_id: str
    product: str
    serial: str
    speed: str
    nics: tuple[str, ...]
    ttys: tuple[str, ...]

    @property
    def in_recovery(self) -> bool:
        return self.product_id in RECOVERY or self.product == "APX"

    @property
    def booted(self) -> bool:
        return not self.in_recovery and (self.product_id in BOOTED or bool(self.nics))

    def __str__(self) -> str:
        """As a technician reads it: "Orin NX 16 GB (0955:7323, serial 1424…, 480 Mbit/s)"."""
        name = RECOVERY.get(self.product_id) or self.product or BOOTED.get(self.product_id)
        facts = [f"{VENDOR}:{self.product_id}"]
        if self.serial.strip("0"):
            facts.append(f"serial {self.serial}")
        if self.speed:
            facts.append(f"{self.speed} Mbit/s")
        facts += [f"network {nic}" for nic in self.nics] + [f"serial console /dev/{tty}" for tty in self.ttys]
        return f"{name or 'NVIDIA device'} ({', '.join(facts)})"


def boards(sysfs: Path = Path("/sys")) -> list[Board] | None:
    """Every NVIDIA device on the bus, in the order of their ports; None where there is no USB bus."""
    folder = sysfs / "bus/usb/devices"
    try:
        devices = sorted(folder.iterdir())
    except OSError:
        return None
    return [_board(device) for device in devices if _text(device / "idVendor") == VENDOR]


def _board(device: Path) -> Board:
    def names(kind: str) -> tuple[str, ...]:
        return tuple(sorted(path.name for path in device.glob(f"*:*/{kind}/*")))

    return Board(
        _text(device / "idProduct"),
        _text(device / "product"),
        _text(device / "serial"),
        _text(device / "speed"),
        names("net"),
        names("tty"),
    )


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()[:200].decode("utf-8", "replace").strip()
    except OSError:  # not said, or pulled out while we look
        return ""
    return "".join(char if char.isprintable() else "?" for char in raw)
