"""Blocks -> values: what a sample says, with rates from the block before. Pure; the parsers do the reading.

    measure(facts, before, now, beside, judging) -> Measured

A value that the device did not say is absent, never 0: a chart has a gap there. Rates are by the
device's own clock (/proc/uptime), so a late packet makes no false peak.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from utils.errors import NotApplicable, Undecided
from utils.judging.catalogue.models import Diagnostic
from utils.judging.kernel_line import plain
from utils.judging.parsers import (
    cooling_devices,
    diskstats,
    gpu_devfreq,
    meminfo,
    over_current,
    power_rails,
    proc_net_dev,
    thermal_zones,
)
from utils.live.samples.block import Block
from utils.live.samples.series import MOST_COUNTERS, MOST_SERIES, Counter, LimitLine, Series, fixed_limits
from utils.model.results import Reading, Verdict

FindDiagnostic = Callable[[str], Diagnostic | None]
"""A diagnostic's id -> the diagnostic as it judges this device, for its limits."""

Net = dict[str, list[int]]
"""/proc/net/dev: the 16 numbers of each interface."""
_NET_DEV = "/proc/net/dev"
_SECTOR_BYTES = 512  # of /proc/diskstats, whatever the disk's own
_CPU = re.compile(r"(?m)^cpu(\d{0,4}) {1,9}((?:\d{1,20} ){6,20}\d{1,20}) ?$")
_EMC = re.compile(r"(?<!\S)EMC_FREQ (\d{1,3})%(?:@(\d{1,5}))?")
_GR3D = re.compile(r"(?<!\S)GR3D_FREQ (\d{1,3})%")
_INPUT_RAILS = ("VDD_IN", "VIN", "POM_5V_IN")
_BUSY_COLUMNS = (0, 1, 2, 5, 6, 7)  # user nice system irq softirq steal; 3 idle, 4 waiting for a disk


@dataclass
class Measured:
    """uptime_s: the device's clock. values: by key. counts: counters as the device has them now. rises:
    what happened since the block before, where the device itself does not count. left_out: by chart, how
    many series it has no room for."""

    uptime_s: float | None = None
    values: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    rises: dict[str, int] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def add(
        self, chart: str, name: str, value: float | None, label: str = "", limits: Iterable[LimitLine] = ()
    ) -> None:
        """One value, unless it was not said or the chart is full."""
        key = f"{chart}.{name}"
        full = sum(each.chart == chart for each in self.series.values()) >= MOST_SERIES
        if value is not None and full and key not in self.series:
            self.left_out[chart] = self.left_out.get(chart, 0) + 1
            return
        if value is None:
            return
        self.values[key] = round(value, 3)
        self.series[key] = Series(key, label or name, tuple(limits))

    def count(self, counter: Counter, value: int | None, *, rise: bool = False) -> None:
        """One counter, unless it was not said. rise: value is what came since the block before."""
        full = len(self.counters) >= MOST_COUNTERS and counter.key not in self.counters
        if value is None or full:
            return
        (self.rises if rise else self.counts)[counter.key] = value
        self.counters[counter.key] = counter


def measure(facts: Block, before: Block | None, now: Block, beside: str, judging: FindDiagnostic) -> Measured:
    """One sample. beside: the last line of tegrastats, "" without it."""
    found = Measured(uptime_s=uptime_s(now))
    _cpu(found, before, now)
    _memory(found, now)
    _temperatures(found, facts, now)
    _rails(found, facts, now, judging)
    gpus = _gpus(now)
    _gpu(found, gpus, beside)
    _clocks(found, gpus, now, beside)
    _cooling(found, facts, now)
    passed_s = _passed_s(before, now)
    _disks(found, before, now, passed_s)
    net = proc_net_dev.rows(now.file(_NET_DEV))
    _network(found, before, net, passed_s)
    _counters(found, before, now, net)
    return found


def uptime_s(block: Block) -> float | None:
    """The device's own clock."""
    match = re.match(r"(\d+\.\d+) ", block.file("/proc/uptime"))
    return float(match[1]) if match else None


def _passed_s(before: Block | None, now: Block) -> float | None:
    then, at = (uptime_s(block) if block else None for block in (before, now))
    return at - then if at is not None and then is not None and at > then else None


def _read(parser: ModuleType, text: str) -> Reading:
    """The parser's reading; {} where the device has no such thing or says nothing of use."""
    try:
        reading: Reading = parser.parse(text, "", 0)
    except (NotApplicable, Undecided):
        return {}
    return reading


def _items(parser: ModuleType, text: str, name: str) -> list[dict[str, Any]]:
    return list(_read(parser, text).get(name) or ())


def _told_apart(items: Iterable[dict[str, Any]], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each with a name of its own: "VDD_IN", "VDD_IN (2)". They stand in the facts' order, which stays."""
    seen: collections.Counter[str] = collections.Counter()
    for item in items:
        seen[item[name]] += 1
        yield (item[name] if seen[item[name]] == 1 else f"{item[name]} ({seen[item[name]]})"), item


def _busy(block: Block) -> Iterator[tuple[str, int, int]]:
    """(name, busy ticks, all ticks) of all cores together and of each."""
    for name, numbers in _CPU.findall(block.file("/proc/stat")):
        ticks = [int(part) for part in numbers.split()][:8]
        yield name, sum(ticks[i] for i in _BUSY_COLUMNS if i < len(ticks)), sum(ticks)


def _cpu(found: Measured, before: Block | None, now: Block) -> None:
    if before is None:
        return
    then = {name: (busy, total) for name, busy, total in _busy(before)}
    for name, busy, total in _busy(now):
        was_busy, was_total = then.get(name, (busy, total))
        if total > was_total and busy >= was_busy:
            share = 100 * (busy - was_busy) / (total - was_total)
            # the kernel's idle ticks may go back a little, which makes more busy ticks than ticks
            found.add("cpu", name or "all", min(share, 100.0), f"Core {name}" if name else "All cores")


def _memory(found: Measured, now: Block) -> None:
    reading = _read(meminfo, now.file("/proc/meminfo"))
    total, free = reading.get("total_kb"), reading.get("available_kb")
    if total and free is not None:
        found.add("memory", "ram", 100 * (total - free) / total, "Memory")
    swap, left = reading.get("swap_total_kb"), reading.get("swap_free_kb")
    if swap and left is not None:
        found.add("memory", "swap", 100 * (swap - left) / swap, "Swap")


def _temperatures(found: Measured, facts: Block, now: Block) -> None:
    text = facts.text("/thermal_zone").removesuffix("end\n") + now.text("/thermal_zone")
    named = _matching(facts, r"/sys/\S+/thermal_zone\d+/type:(.*)")
    types = collections.Counter(plain(name).strip() for (name,) in named)
    for zone in _items(thermal_zones, text, "zones"):
        trips = (
            ("passive_celsius", Verdict.WARN, "slows down"),
            ("critical_celsius", Verdict.FAIL, "shuts down"),
        )
        limits = [
            LimitLine(zone[name], verdict, f"{zone['sensor']} {words}")
            for name, verdict, words in trips
            if zone.get(name) is not None
        ]
        name = zone["sensor"] if types[zone["sensor"]] < 2 else f"{zone['sensor']} (zone {zone['zone']})"
        found.add("temperature", name, zone["celsius"], name, limits)


def _rails(found: Measured, facts: Block, now: Block, judging: FindDiagnostic) -> None:
    parts = ("/hwmon", "/iio:device")
    text = facts.text(*parts).removesuffix("end\n") + now.text(*parts)
    for name, rail in _told_apart(_items(power_rails, text, "rails"), "rail"):
        millivolts = rail["millivolts"]
        if rail["milliwatts"] is not None:
            found.add("power", name, rail["milliwatts"] / 1000)
        if rail["rail"] in _INPUT_RAILS and millivolts:
            limits = _voltage_limits(rail["rail"], millivolts, judging)
            found.add("voltage", name, millivolts / 1000, limits=limits)


def _voltage_limits(rail: str, millivolts: int, judging: FindDiagnostic) -> tuple[LimitLine, ...]:
    """The catalogue's limits, where it judges such a voltage at all (a 12 V supply has none)."""
    diagnostic = judging("input-voltage")
    reading = {"rail": rail, "lowest_mv": 0, "highest_mv": millivolts}
    applies = diagnostic is not None and any(
        condition.all
        and all(
            _below(part.at_most, reading["highest_mv"])
            for part in condition.all
            if part.value == "highest_mv"
        )
        for check in diagnostic.check
        for condition in check.fail
    )
    return fixed_limits(diagnostic, "lowest_mv", 0.001) if applies else ()


def _below(bound: object, value: object) -> bool:
    return not isinstance(bound, int | float) or not isinstance(value, int | float) or value <= bound


def _gpu(found: Measured, gpus: list[dict[str, Any]], beside: str) -> None:
    for gpu in gpus:
        found.add(
            "gpu", gpu["name"], gpu["load_percent"], f"GPU {gpu['name']}" if "." not in gpu["name"] else "GPU"
        )
    if not any(key.startswith("gpu.") for key in found.values) and (match := _GR3D.search(beside)):
        found.add("gpu", "gr3d", float(match[1]), "GPU")
    if match := _EMC.search(beside):
        found.add("gpu", "emc", float(match[1]), "Memory controller")


def _gpus(now: Block) -> list[dict[str, Any]]:
    gpus = _items(gpu_devfreq, now.text("/sys/class/devfreq/"), "gpus")
    return [gpu for gpu in gpus if re.search(r"gpu|gm20b|gp10b|gv11b|ga10b|gb10b", gpu["name"])]


def _clocks(found: Measured, gpus: list[dict[str, Any]], now: Block, beside: str) -> None:
    for line in now.lines:
        if match := re.fullmatch(
            r"/sys/devices/system/cpu/cpufreq/policy(\d{1,3})/scaling_cur_freq:(\d{1,9})", line
        ):
            found.add("clock", f"cpu{match[1]}", int(match[2]) / 1000, f"CPU from core {match[1]}")
    for gpu in gpus:
        found.add(
            "clock", gpu["name"], gpu["clock_mhz"], f"GPU {gpu['name']}" if "." not in gpu["name"] else "GPU"
        )
    if (match := _EMC.search(beside)) and match[2]:
        found.add("clock", "emc", float(match[2]), "Memory controller")


def _cooling(found: Measured, facts: Block, now: Block) -> None:
    text = facts.text("/cooling_device").removesuffix("end\n") + now.text("/cooling_device")
    for name, device in _told_apart(_items(cooling_devices, text, "devices"), "name"):
        if device["kind"] in ("cpu", "gpu", "alert"):
            found.add("slowed", name, device["state"])


def _disks(found: Measured, before: Block | None, now: Block, passed_s: float | None) -> None:
    then = _sectors(before) if before else {}
    for name, (read, written) in _sectors(now).items():
        if passed_s and name in then and read >= then[name][0] and written >= then[name][1]:
            for what, count, was in (("read", read, then[name][0]), ("write", written, then[name][1])):
                rate = (count - was) * _SECTOR_BYTES / passed_s / 1e6
                found.add("disk", f"{name}.{what}", rate, f"{name} {what}")


def _sectors(block: Block) -> dict[str, tuple[int, int]]:
    return {name: (row[2], row[6]) for name, row in diskstats.rows(block.file("/proc/diskstats")).items()}


def _network(found: Measured, before: Block | None, net: Net, passed_s: float | None) -> None:
    then = _net_bytes(proc_net_dev.rows(before.file(_NET_DEV))) if before else {}
    for name, (received, sent) in _net_bytes(net).items():
        if passed_s and name in then and received >= then[name][0] and sent >= then[name][1]:
            for what, count, was in (("in", received, then[name][0]), ("out", sent, then[name][1])):
                found.add("network", f"{name}.{what}", (count - was) / passed_s / 1000, f"{name} {what}")


def _net_bytes(net: Net) -> dict[str, tuple[int, int]]:
    return {name: (row[0], row[8]) for name, row in net.items() if row[0] or row[8]}


def _counters(found: Measured, before: Block | None, now: Block, net: Net) -> None:
    words = {1: "under-voltage", 2: "average over-current", 3: "short current peaks"}
    for counter in _items(over_current, now.text("/oc"), "counters"):
        line = counter["oc"]
        label = f"OC{line} {words.get(line, '')}".strip()
        found.count(Counter(f"oc{line}", label, "Power", alarm=line != 3), counter["events"])
    _link_counters(found, now, net)
    _usb(found, before, now)
    _bus_counters(found, now)
    _can_states(found, now)


def _link_counters(found: Measured, now: Block, net: Net) -> None:
    for name, row in net.items():
        found.count(Counter(f"{name}.errors", f"{name} errors", "Network"), row[2] + row[10])
        found.count(Counter(f"{name}.dropped", f"{name} dropped", "Network", alarm=False), row[3] + row[11])
    for name, changes in _matching(now, r"/sys/class/net/([^/]{1,32})/carrier_changes:(\d{1,9})"):
        if name != "lo":
            found.count(Counter(f"{name}.carrier", f"{name} link changes", "Network"), int(changes))


def _matching(block: Block, pattern: str) -> list[tuple[str, ...]]:
    return [match.groups() for line in block.lines if (match := re.fullmatch(pattern, line))]


def _usb(found: Measured, before: Block | None, now: Block) -> None:
    """A device that comes back, after a bad contact or a reset of its port, gets another number."""
    pattern = r"/sys/bus/usb/devices/([\d.-]+)/devnum:(\d{1,5})"
    devices = set(_matching(now, pattern))
    if devices or (before and _matching(before, pattern)):
        came = devices - set(_matching(before, pattern)) if before else ()
        found.count(Counter("usb.devices", "USB devices", "USB", gauge=True), len(devices))
        found.count(Counter("usb.came", "USB reconnects", "USB"), len(came), rise=True)


def _bus_counters(found: Measured, now: Block) -> None:
    cameras = {path for (path,) in _matching(now, r"/sys/class/video4linux/(video\d{1,4})/name:.*")}
    found.count(Counter("cameras", "Cameras", "Cameras", gauge=True), len(cameras))
    errors: dict[str, int] = {}
    for kind, count in _matching(now, r"/sys/bus/pci/devices/[^/]+/aer_dev_(\w+):TOTAL_\w+ (\d{1,18})"):
        errors[kind] = errors.get(kind, 0) + int(count)
    for kind, total in errors.items():
        found.count(Counter(f"aer.{kind}", f"PCIe {kind} errors", "PCIe"), total)


_CAN_STATES = ("ERROR-ACTIVE", "ERROR-WARNING", "ERROR-PASSIVE", "BUS-OFF", "STOPPED", "SLEEPING")


def _can_states(found: Measured, now: Block) -> None:
    """A CAN controller's state as a step: 0 is healthy."""
    name = ""
    for line in now.other:
        text = plain(line).strip()
        if re.fullmatch(r"v?x?s?l?can\d{1,3}", text):
            name = text
        elif name and (match := re.fullmatch(r"state ([A-Z-]{2,16})", text)) and match[1] in _CAN_STATES:
            step = _CAN_STATES.index(match[1])
            found.count(Counter(f"{name}.state", f"{name} state", "CAN", gauge=True, words=_CAN_STATES), step)
