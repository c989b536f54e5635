"""What the demo's module measures: believable values that move, in the sampler's own text.

Loads come and go, temperatures follow slowly, and the input voltage sags under load. Each deep sag counts as
an under-voltage event: the fault that the check-up finds too. Names, limits and wiring are those of the
saved answers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from utils.demo.channel_io import CommandIO
from utils.demo.machine import Machine
from utils.demo.saved_answers import SavedAnswers
from utils.live.samples.script import FACTS_END, SAMPLE_END, sampling

_CORES = 8
_RAM_KB = 15_757_840
_SAG_EVERY_S = 47.0
_SAG_S = 2.5
_BUSES = (
    "/sys/bus/usb/devices/1-2/devnum:2",
    "/sys/bus/usb/devices/1-2.1/devnum:5",
    "/sys/bus/usb/devices/2-2/devnum:2",
    "/sys/class/video4linux/video0/name:vi-output, imx477 9-001a",
    "/sys/class/video4linux/video1/name:vi-output, imx477 10-001a",
    "/sys/bus/pci/devices/0004:01:00.0/aer_dev_correctable:TOTAL_ERR_COR 3",
    "/sys/bus/pci/devices/0004:01:00.0/aer_dev_fatal:TOTAL_ERR_FATAL 0",
    "can0",
    "state ERROR-PASSIVE",
)
_FACT_ENDS = ("/type", "_type", "_temp", "/max_state", "_label")


def play(interval_s: float, values: ModuleState, saved: SavedAnswers, io: CommandIO) -> int:
    """Sample until it is stopped. Raises Stopped."""
    io.out("\n".join([*facts(values.machine, saved), FACTS_END, ""]).encode())
    while True:
        io.out("\n".join([*values.lines(), SAMPLE_END, ""]).encode())
        io.err(f"{values.beside()}\n".encode())
        if not io.wait(interval_s):
            return 130


def facts(machine: Machine, saved: SavedAnswers) -> Iterator[str]:
    """Names, labels and trip points, of the saved answers."""
    yield f"/proc/sys/kernel/random/boot_id:{machine.boot_id}"
    for name in ("temperatures", "throttling-now", "power-rails"):
        for line in saved.text(name).splitlines():
            if line.partition(":")[0].endswith(_FACT_ENDS):
                yield line


class ModuleState:
    """The module's state as it is when lines() is called. One for the module: what it counts never falls."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._last = machine.uptime_s
        self._busy = [self._last * 100 * 0.04 for _ in range(_CORES)]
        self._written = 3_318_904.0
        self._sent = 31_104_220.0
        self._sags = 3
        self._sagging = False
        self._heat = 0.3

    def lines(self) -> Iterator[str]:
        """The lines of one block."""
        now = self.machine.uptime_s
        passed, self._last = max(0.0, now - self._last), now
        load = _load(now)
        self._heat += (load - self._heat) * min(1.0, passed / 20)
        yield f"/proc/uptime:{self.machine.proc_uptime.strip()}"
        yield from self._cpu(now, passed)
        used = 0.31 + 0.05 * load + 0.01 * math.sin(now / 40)
        yield f"/proc/meminfo:MemTotal:       {_RAM_KB} kB"
        yield f"/proc/meminfo:MemFree:        {round(_RAM_KB * (1 - used) * 0.6)} kB"
        yield f"/proc/meminfo:MemAvailable:   {round(_RAM_KB * (1 - used))} kB"
        yield "/proc/meminfo:SwapTotal:       7878912 kB"
        yield "/proc/meminfo:SwapFree:        7846144 kB"
        yield from self._traffic(load, passed)
        yield from self._sensors(load)
        yield from self._power(now, load)

    def beside(self) -> str:
        """A line of tegrastats, as far as the sampler reads it."""
        load = _load(self.machine.uptime_s)
        return f"RAM 5120/15388MB (lfb 4x4MB) EMC_FREQ {round(4 + 20 * load)}%@2133 GR3D_FREQ 0%"

    def _cpu(self, now: float, passed: float) -> Iterator[str]:
        rows = []
        for core in range(_CORES):
            share = min(0.99, 0.03 + _load(now + core * 3.1) * (0.9 if core < 4 else 0.45))
            self._busy[core] += share * passed * 100
            rows.append((round(self._busy[core]), round(now * 100 - self._busy[core])))
        busy, idle = (sum(column) for column in zip(*rows, strict=True))
        yield f"/proc/stat:cpu  {busy} 0 0 {idle} 0 0 0 0 0 0"
        for core, (ticks, rest) in enumerate(rows):
            yield f"/proc/stat:cpu{core} {ticks} 0 0 {rest} 0 0 0 0 0 0"

    def _traffic(self, load: float, passed: float) -> Iterator[str]:
        self._written += passed * load * 9000
        self._sent += passed * (1800 + load * 240_000)
        sectors = round(self._written)
        yield f"/proc/diskstats: 259 0 nvme0n1 88214 20117 6120448 31880 41207 38860 {sectors} 92105 0 6 1"
        yield "/proc/net/dev:Inter-|   Receive                                              |  Transmit"
        yield "/proc/net/dev: face |bytes    packets errs drop fifo frame compressed multicast|bytes  packets"
        sent = round(self._sent)
        yield f"/proc/net/dev:  usb0: {sent // 12} 52188 0 0 0 0 0 0 {sent} 61302 0 0 0 0 0 0"
        yield "/proc/net/dev:  eth0: 412882011 301227 0 214 0 0 0 1820 38220114 190442 0 0 0 0 0 0"
        yield "/sys/class/net/eth0/carrier_changes:2"
        yield "/sys/class/net/usb0/carrier_changes:1"

    def _sensors(self, load: float) -> Iterator[str]:
        for zone, above in enumerate((3.0, 0.6, -1.0, -0.8, -1.2, 1.8, 2.3, 1.1, 3.0)):
            celsius = 48.6 + above + 16 * self._heat + 0.15 * math.sin(self._last / 3 + zone)
            yield f"/sys/class/thermal/thermal_zone{zone}/temp:{round(celsius * 1000)}"
        for device in range(13):
            yield f"/sys/class/thermal/cooling_device{device}/cur_state:{1 if device == 3 else 0}"
        for policy, most in ((0, 1_984_000), (4, 1_984_000)):
            step = round(load * 10) / 10
            clock = 729_600 + round((most - 729_600) * step)
            yield f"/sys/devices/system/cpu/cpufreq/policy{policy}/scaling_cur_freq:{clock}"
        yield f"/sys/class/devfreq/17000000.gpu/cur_freq:{306_000_000 + 102_000_000 * round(load)}"
        yield f"/sys/class/devfreq/17000000.gpu/device/load:{round(900 * load)}"

    def _power(self, now: float, load: float) -> Iterator[str]:
        sagging = now % _SAG_EVERY_S < _SAG_S
        self._sags += sagging and not self._sagging
        self._sagging = sagging
        millivolts = round(4976 - 70 * load - (190 if sagging else 0) + 6 * math.sin(now * 2.1))
        milliamps = round(1250 + 1900 * load)
        base = "/sys/class/hwmon/hwmon1"
        for channel, volts, amps in ((1, millivolts, milliamps), (2, 4952, milliamps * 0.4), (3, 4960, 400)):
            yield f"{base}/in{channel}_input:{volts}"
            yield f"{base}/curr{channel}_input:{round(amps)}"
        for line, events in ((1, self._sags), (2, 0), (3, 41 + round(now / 300))):
            yield f"/sys/class/hwmon/hwmon3/oc{line}_event_cnt:{events}"
        yield from _BUSES


def _load(at: float) -> float:
    """0 to 1: bursts of work every half minute over a quiet base."""
    burst = 1 / (1 + math.exp(-8 * math.sin(at / 9.5) + 2))
    return min(1.0, max(0.0, 0.08 + 0.7 * burst + 0.06 * math.sin(at * 1.7)))


def interval_of(command: str) -> float | None:
    """Tell the interval of a sampling command; None when it is another command."""
    match = re.search(r"(?m)^sleep (\d+(?:\.\d+)?) \|\| exit$", command)
    return float(match[1]) if match and command == sampling(float(match[1])) else None
