"""Two looks at the USB devices and the numbers that they got, about 2 s apart
-> {seconds, uptime_s, buses[], changed[], young[]}.

Lines `dev PORT bus=N number=N id=V:P connected=MILLISECONDS PRODUCT`; "connected=" where the kernel does not
tell. A bus gives each device that it finds the next number (1 to 127, then again from 1). The highest number
less the devices that are there is how often one was found again, at least. buses[]: {bus, present, highest,
again, again_per_hour}. changed[]: {port, what} where a device came, went or was found again between the
looks. young[]: {port, id, product, connected_s, uptime_s}, of devices that were found over 60 s after the
boot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.judging.parsers._looks import Looks, two_looks
from utils.model.results import Reading

_DEVICE = re.compile(
    r"^dev (\S{1,40}) bus=(\d{1,3}) number=(\d{1,3}) id=([0-9a-f]{4}:[0-9a-f]{4})"
    r" connected=(\d{0,15}) ?(.{0,200})$"
)
_LAST_NUMBER = 127
_BOOT_S = 60
READS = (
    "seconds uptime_s buses[bus present highest again again_per_hour] changed[port what] "
    "young[port id product connected_s uptime_s]"
)


@dataclass(frozen=True)
class _Device:
    port: str
    bus: int
    number: int
    id: str
    connected_s: int | None
    product: str


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    looks = two_looks(between(stdout, stderr, exit_status, of="usb enumerations"))
    first, second = _devices(looks.first), _devices(looks.second)
    return {
        "seconds": looks.seconds,
        "uptime_s": looks.uptime_s,
        "buses": list(_buses(second.values(), looks.uptime_s)),
        "changed": list(_changed(first, second)),
        "young": [_shown(device, looks) for device in second.values() if _young(device, looks)],
    }


def _devices(lines: Iterable[str]) -> dict[str, _Device]:
    found: dict[str, _Device] = {}
    for line in lines:
        told = _DEVICE.match(line)
        if told is None or told[1] in found:
            raise unread(line)
        connected = int(told[5]) // 1000 if told[5] else None
        found[told[1]] = _Device(told[1], int(told[2]), int(told[3]), told[4], connected, told[6].strip())
    if not found:
        raise Undecided(
            "The output is cut off: a look saw no USB device, not even a root hub.", Cause.CUT_OFF
        )
    return found


def _buses(devices: Iterable[_Device], uptime_s: float) -> Iterator[Reading]:
    numbers: dict[int, list[int]] = {}
    for device in devices:
        numbers.setdefault(device.bus, []).append(device.number)
    for bus, given in sorted(numbers.items()):
        again = max(given) - len(given)
        if len(set(given)) < len(given) or not 0 <= again < _LAST_NUMBER:
            raise Undecided(
                f"The numbers of the devices on bus {bus} contradict each other.", Cause.IMPLAUSIBLE
            )
        yield {
            "bus": bus,
            "present": len(given),
            "highest": max(given),
            "again": again,
            "again_per_hour": round(again * 3600 / uptime_s, 1),
        }


def _changed(first: dict[str, _Device], second: dict[str, _Device]) -> Iterator[Reading]:
    for port in sorted(first.keys() | second.keys()):
        if port not in second:
            yield {"port": port, "what": "went away"}
        elif port not in first:
            yield {"port": port, "what": "came"}
        elif first[port].number != second[port].number:
            yield {"port": port, "what": "was lost and found again"}


def _young(device: _Device, looks: Looks) -> bool:
    return device.connected_s is not None and looks.uptime_s - device.connected_s > _BOOT_S


def _shown(device: _Device, looks: Looks) -> Reading:
    return {
        "port": device.port,
        "id": device.id,
        "product": device.product or None,
        "connected_s": device.connected_s,
        "uptime_s": int(looks.uptime_s),
    }
