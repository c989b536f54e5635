"""Kernel logs for tests and measurements: a real line of each signature, and as many lines as are wanted."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

LINES = tomllib.loads((Path(__file__).parent / "signature_lines.toml").read_text(encoding="utf-8"))
EACH = [(name, line) for name, lines in LINES["lines"].items() for line in lines]


def log_lines(count: int, suffix: Callable[[int], str] = str) -> Iterator[str]:
    """A log as boards print it: mostly healthy lines, each a little different, and some faults."""
    healthy = [
        "usb 1-2: new high-speed USB device number 2 using tegra-xusb",
        "nvme nvme0: 8/0/0 default/read/poll queues",
        "mmc0: new HS400 MMC card at address 0001",
        "thermal_sys: Registered thermal governor 'step_wise'",
        "NET: Registered PF_INET6 protocol family",
        "vdd-3v3-sys: supplied by vdd-5v0-sys",
        "iommu: Default domain type: Translated",
        "tegra-pcie-dw 14160000.pcie: Adding to iommu group 12",
        "r8168 0008:01:00.0 eth0: registered PHC device on eth0",
        *LINES["near"]["healthy"],
    ]
    faults = cycle(line for _, line in EACH)
    for number, line in enumerate(islice(cycle(healthy[:9] * 10 + healthy[9:]), count)):
        text = next(faults) if number % 50 == 0 else line
        yield f"<{6 - number % 3}>[{number / 100:12.6f}] {text} {suffix(number)}"


def alike(number: int) -> str:
    return str(number)


def different(number: int) -> str:
    """As the number, in letters: no two lines have the same words then."""
    return "".join(chr(ord("g") + int(digit)) for digit in str(number))
