"""What the tests of Live share: raw text of a device, a door that plays samples, a made-up recording."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from utils.demo.local_door import Local, LocalDoor
from utils.errors import Cancelled, OutcomeUnknown
from utils.judging.catalogue.loader import builtin_catalogue
from utils.live.samples.block import Block, ConstantBlock, Cutter
from utils.live.samples.script import FACTS_END, SAMPLE_END
from utils.model.results import Device

CATALOGUE = builtin_catalogue()
judging = CATALOGUE.diagnostics.get
FIRST = """\
/proc/uptime:100.00 700.00
/proc/stat:cpu  100 0 100 800 0 0 0 0 0 0
/proc/stat:cpu0 100 0 100 800 0 0 0 0 0 0
/proc/diskstats: 259 0 nvme0n1 1 1 1000 1 1 1 2000 1 0 1 1
/proc/diskstats: 259 1 nvme0n1p1 1 1 9000 1 1 1 9000 1 0 1 1
/proc/net/dev:Inter-|   Receive                     |  Transmit
/proc/net/dev: face |bytes    packets errs drop fifo frame compressed multicast|bytes packets errs drop
/proc/net/dev:  usb0: 1000 10 0 0 0 0 0 0 5000 10 0 0 0 0 0 0
/sys/class/hwmon/hwmon1/in1_input:4968
/sys/class/hwmon/hwmon1/curr1_input:1000
/sys/class/hwmon/hwmon3/oc1_event_cnt:3
/sys/bus/usb/devices/1-2/devnum:4
"""
SECOND = (
    FIRST.replace("100.00 700.00", "102.00 701.00")
    .replace("cpu  100 0 100 800", "cpu  150 0 150 900")
    .replace("cpu0 100 0 100 800", "cpu0 150 0 150 900")
    .replace("1000 1 1 1 2000", "1000 1 1 1 10000")
    .replace("usb0: 1000", "usb0: 5000")
    .replace("cnt:3", "cnt:5")
    .replace("devnum:4", "devnum:5")
)
HEAD = "/sys/class/hwmon/hwmon1/in1_label:VDD_IN\n"


def cut(text: str) -> Block:
    return Cutter().feed(f"{text}{SAMPLE_END}\n".encode())[0]


def facts_of(text: str) -> ConstantBlock:
    block = Cutter().feed(f"{text}{FACTS_END}\n".encode())[0]
    assert isinstance(block, ConstantBlock)
    return block


class Stage(LocalDoor):
    """A door whose samples come when the test says so."""

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self.running = 0
        self.started = 0
        self.lost = threading.Event()

    @contextmanager
    def stream(self, command: str, *, effect: str, cancel: threading.Event) -> Iterator[Local]:
        self.running += 1
        self.started += 1
        try:
            yield Local(self._chunks(cancel), self.device)
        finally:
            self.running -= 1

    def _chunks(self, cancel: threading.Event) -> Iterator[tuple[str, bytes]]:
        boot = self.device.boot_id
        self.lost.clear()  # before anybody can know that it is here
        yield "stdout", f"/proc/sys/kernel/random/boot_id:{boot}\n{FACTS_END}\n".encode()
        while not cancel.wait(0.01):
            if self.lost.is_set():
                raise OutcomeUnknown
            yield "stdout", f"{FIRST}{SAMPLE_END}\n".encode()
        raise Cancelled


DEVICE = Device("SHA256:one", serial="1", hostname="one", boot_id="boot-1", device_id="1-one")


CHARTS = {
    "charts": [
        {
            "id": "voltage", "title": "Input voltage", "unit": "V", "most": None, "decimals": 3,
            "series": [{"key": "voltage.VDD_IN", "label": "VDD_IN", "limits": []}],
        },
        {
            "id": "temperature", "title": "Temperatures", "unit": "°C", "most": None, "decimals": 1,
            "series": [
                {
                    "key": "temperature.cpu", "label": "cpu",
                    "limits": [
                        {"value": 99.0, "verdict": "warn", "label": ""},
                        {"value": 104.5, "verdict": "fail", "label": ""},
                    ],
                }
            ],
        },
    ],
    "counters": [
        {"key": "oc1", "label": "OC1 under-voltage", "gauge": False, "alarm": True},
        {"key": "cameras", "label": "Cameras", "gauge": True, "alarm": True},
    ],
    "markers": [],
}  # fmt: skip


def recorded(seconds: int, **at_last: Any) -> list[dict[str, Any]]:
    """A sample a second; at_last replaces values of the last one."""
    samples = [
        {
            "seq": n + 1,
            "at": n * 1000,
            "values": {"voltage.VDD_IN": 4.97, "temperature.cpu": 60.0, "slowed.cpu-throttle-alert": 0},
            "counts": {"oc1": 0, "cameras": 2},
        }
        for n in range(seconds + 1)
    ]
    for kind, changes in at_last.items():
        samples[-1][kind] = {**samples[-1][kind], **changes}
    return samples
