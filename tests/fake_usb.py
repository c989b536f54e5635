"""A folder that looks like /sys to whoever looks for boards on USB; boards are plugged and pulled in it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Gadget:
    """A board's USB side. nics: interface names by driver; consoles: names of its ttys."""

    serial: str = "1423224123456"
    nics: dict[str, str] = field(default_factory=lambda: {"usb0": "cdc_ncm"})
    consoles: tuple[str, ...] = ("ttyACM0",)
    product_id: str = "7020"
    product: str = "Linux for Tegra"
    vendor: str = "0955"
    maker: str = "NVIDIA"
    speed: str = "480"


RECOVERY = Gadget(serial="", nics={}, consoles=(), product_id="7323", product="APX")


class FakeUsb:
    """One host controller of this maker (PCI id) with two root hubs."""

    def __init__(self, root: Path, *, maker: str = "0x8086") -> None:
        self.root = root
        self.bus = root / "bus/usb/devices"
        self.bus.mkdir(parents=True)
        (root / "class/net").mkdir(parents=True)
        self.drivers = root / "bus/usb/drivers"
        controller = root / "devices/pci0000:00/0000:00:14.0"
        for number in (1, 2):
            hub = controller / f"usb{number}"
            hub.mkdir(parents=True)
            _write(hub, idVendor="1d6b", idProduct="0002", product="xHCI Host Controller")
            (self.bus / hub.name).symlink_to(hub)
        (controller / "vendor").write_text(f"{maker}\n")

    def plug(self, port: str, gadget: Gadget) -> None:
        """Put it in at this port ("1-2.3"): all of it at once, as the kernel shows it."""
        made = self.root / f"new-{port}"
        made.mkdir()
        _write(
            made, idVendor=gadget.vendor, idProduct=gadget.product_id, product=gadget.product,
            serial=gadget.serial, speed=gadget.speed, manufacturer=gadget.maker, bConfigurationValue="1",
        )  # fmt: skip
        functions = [("net", name, driver) for name, driver in gadget.nics.items()]
        functions += [("tty", name, "cdc_acm") for name in gadget.consoles]
        for number, (kind, name, driver) in enumerate(functions):
            function = made / f"{port}:1.{number}"
            (function / kind / name).mkdir(parents=True)
            _write(function, bNumEndpoints="03")
            (self.drivers / driver).mkdir(parents=True, exist_ok=True)
            (function / "driver").symlink_to(self.drivers / driver)
        for name in gadget.nics:
            (self.root / "class/net" / name).mkdir(parents=True, exist_ok=True)
        made.rename(self.bus / port)

    def pull(self, port: str) -> None:
        """Take it out."""
        gone = self.root / f"gone-{port}"
        (self.bus / port).rename(gone)
        for interface in gone.glob("*:*/net/*"):
            shutil.rmtree(self.root / "class/net" / interface.name, ignore_errors=True)
        shutil.rmtree(gone)

    def rename(self, port: str, old: str, new: str) -> None:
        """Another name for an interface, as udev gives it."""
        found = next((self.bus / port).glob(f"*:*/net/{old}"))
        found.rename(found.with_name(new))
        (self.root / "class/net" / old).rename(self.root / "class/net" / new)


def _write(folder: Path, **values: str) -> None:
    for name, value in values.items():
        (folder / name).write_text(f"{value}\n")
