"""tegrastats lines -> samples of memory, cores, GPU, temperatures and power, and what follows from them.

    samples[]: ram_used_mb ram_total_mb swap_used_mb swap_total_mb (MB)
               cpus[{load_percent, frequency_mhz}]  a core that is off: both null
               gpu_load_percent                      null where only clocks are printed
               temperatures[{sensor, celsius}]       sensors that are off (-256) are left out
               rails[{rail, now_mw, average_mw, maximum_mw}]
    hottest             {sensor, celsius} of all samples without constants; null: no temperature printed
    constant_sensors[]  names that measure nothing: PMIC, and what never moves while others do
    memory_peaks[]      {ram_used_percent, swap_used_percent}: no sample was worse than these in both
    core_count, cores_online, shared_clock (legacy layout: one clock for all cores)
    largest_free_block  {blocks, block_mb} of the last sample
    cut                 the text ends before or within the temperatures, no sample has them whole

Null is what was not said. The last line may be cut off, since `timeout` ends the tool. It is then no sample,
but a temperature that stands in it whole still counts. No limits here.
"""

from __future__ import annotations

import re
from typing import Any

from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

_START = re.compile(
    r"(?<![A-Za-z])RAM\s+(\d{1,9})/(\d{1,9})\s*MB"
    # what follows tells the tool's own line from a sentence about it
    r"(?=\s*(?:\(lfb\b|I?RAM\b|SWAP\b|(?:CPU|cpu)\s*\[|EMC|GR3D|\Z))"
)
_SWAP = re.compile(r"(?<!\S)SWAP\s+(\d{1,9})/(\d{1,9})\s*MB")
_LFB = re.compile(r"\(lfb (\d{1,9})x(\d{1,9})(k|M)B\)")
_CPU = re.compile(r"(?i)(?<!\S)CPU\s*\[([^\]]*)\](?:@(\d{1,9}))?")
_CORE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)%(?:@(\d{1,9}))?")
_GPU = re.compile(r"(?<!\S)GR3D2?(?:_FREQ)?\s+(\d{1,9}(?:\.\d{1,9})?)%")
_ENGINE = re.compile(r"(?<!\S)(?:GR3D|EMC)(?:_FREQ)?\s")
_TEMPERATURE = re.compile(
    r"(?<!\S)([A-Za-z][\w.-]*)@(-?\d{1,9}(?:[.,]\d{1,9})?)C"  # now
    r"(?:/-?\d{1,9}(?:[.,]\d{1,9})?C)*(?!\S)"  # the highest so far
)
_RAIL = re.compile(
    r"(?<!\S)([A-Za-z][\w.+-]*)\s+(?:(-?\d{1,9})mW(?:/(-?\d{1,9})mW)?(?:/(-?\d{1,9})mW)?"
    r"|(-?\d{1,9})/(-?\d{1,9})(?:/(-?\d{1,9}))?)(?!\S)"
)
_OFF_CELSIUS = -200  # a sensor that is powered down reads -256
READS = (
    "samples[ram_used_mb ram_total_mb swap_used_mb swap_total_mb cpus[load_percent frequency_mhz] "
    "gpu_load_percent temperatures[sensor celsius] rails[rail now_mw average_mw maximum_mw]] "
    "hottest[sensor celsius] constant_sensors memory_peaks[ram_used_percent swap_used_percent] "
    "core_count cores_online shared_clock largest_free_block[blocks block_mb] cut"
)
NEVER_ZERO = "samples.temperatures.celsius samples.ram_total_mb cores_online"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = _sample_texts(plain(stdout))
    if not lines:
        raise refuse(stdout, stderr, exit_status)
    samples = [_sample(line) for line in lines]
    whole = samples[:-1] if len(lines) > 1 and _shorter(lines[-1], lines[-2]) else samples
    constant = _constant_sensors(whole)
    cores, legacy = whole[0]["cpus"], _legacy(lines[0])
    return {
        "samples": whole,
        "hottest": _hottest(samples, constant),
        "constant_sensors": constant,
        "memory_peaks": _memory_peaks(whole),
        "core_count": len(cores) or None,
        "cores_online": sum(core["load_percent"] is not None for core in cores) if cores else None,
        "shared_clock": legacy,
        "largest_free_block": _largest_free_block(lines),
        "cut": not legacy and _lacks_temperatures(lines),
    }


def _sample_texts(text: str) -> list[str]:
    """Each sample from its RAM field to the end of its line; prefixes such as a date are left away."""
    starts = [match.start() for match in _START.finditer(text)]
    ends = [*starts, len(text)][1:]
    parts = [text[start:end].split("\n")[0] for start, end in zip(starts, ends, strict=True)]
    return [part for number, part in enumerate(parts) if _CPU.search(part) or _is_tail(parts, number)]


def _is_tail(parts: list[str], number: int) -> bool:
    """A text without cores is a sample only where it is tegrastats' own: cut, or with its other fields."""
    cut_after_whole = number == len(parts) - 1 and any(_CPU.search(part) for part in parts[:-1])
    return cut_after_whole or bool(_LFB.search(parts[number]) or _ENGINE.search(parts[number]))


def _sample(line: str) -> dict[str, Any]:
    ram, swap = _pair(_START.search(line)), _pair(_SWAP.search(line))
    gpu = _GPU.search(line)
    return {
        "ram_used_mb": ram[0],
        "ram_total_mb": ram[1],
        "swap_used_mb": swap[0],
        "swap_total_mb": swap[1],
        "cpus": _cpus(line),
        "gpu_load_percent": _number(gpu.group(1)) if gpu else None,
        "temperatures": [
            {"sensor": name, "celsius": celsius} for name, celsius in _sensors(line) if celsius > _OFF_CELSIUS
        ],
        "rails": [_rail(match) for match in _RAIL.finditer(line)],
    }


def _pair(match: re.Match[str] | None) -> tuple[int | None, int | None]:
    if match is None or int(match.group(1)) > int(match.group(2)):
        return None, None
    return int(match.group(1)), int(match.group(2))


def _number(text: str) -> int | float:
    value = float(text.replace(",", "."))
    return int(value) if value.is_integer() else value


def _cpus(line: str) -> list[dict[str, Any]]:
    match = _CPU.search(line)
    if match is None or not match.group(1).strip():
        return []
    shared = match.group(2)
    return [_core(text.strip(), shared) for text in match.group(1).split(",")]


def _core(text: str, shared: str | None) -> dict[str, Any]:
    match = _CORE.fullmatch(text)
    if match is None:  # "off"
        return {"load_percent": None, "frequency_mhz": None}
    clock = match.group(2) or shared
    return {"load_percent": _number(match.group(1)), "frequency_mhz": int(clock) if clock else None}


def _sensors(line: str) -> list[tuple[str, float]]:
    return [(match.group(1), float(_number(match.group(2)))) for match in _TEMPERATURE.finditer(line)]


def _rail(match: re.Match[str]) -> dict[str, Any]:
    values = match.groups()[1:4] if match.group(2) is not None else match.groups()[4:7]
    now, average, maximum = (int(value) if value is not None else None for value in values)
    return {"rail": match.group(1), "now_mw": now, "average_mw": average, "maximum_mw": maximum}


def _legacy(line: str) -> bool:
    """Releases up to R24: one clock after the bracket, no temperatures at all."""
    match = _CPU.search(line)
    return match is not None and match.group(2) is not None


def _shorter(last: str, before: str) -> bool:
    """Whether the last line lacks sensors, power values or cores that the line before it has: it is cut."""
    return any(len(found(last)) < len(found(before)) for found in (_sensors, _powers, _CPU.findall))


def _powers(line: str) -> list[str]:
    return [value for match in _RAIL.finditer(line) for value in match.groups()[1:] if value is not None]


def _lacks_temperatures(lines: list[str]) -> bool:
    """Whether the text ends too early to tell the temperatures; several whole lines may have none."""
    if len(lines) == 1:
        return _cut(lines[0])
    before = lines[:-1]
    return not any(_sensors(line) or (_CPU.search(line) and _ENGINE.search(line)) for line in before)


def _cut(line: str) -> bool:
    """Whether temperatures may be missing at the end: none is there, or a broken word follows the last."""
    matches = list(_TEMPERATURE.finditer(line))
    if not matches:
        return True
    rest = line[matches[-1].end() :].split()
    return len(rest) == 1


def _constant_sensors(samples: list[dict[str, Any]]) -> list[str]:
    seen: dict[str, list[float]] = {}
    for sample in samples:
        for item in sample["temperatures"]:
            seen.setdefault(item["sensor"], []).append(item["celsius"])
    pmic = {name for name in seen if name.lower().startswith("pmic")}
    moving = {name for name, values in seen.items() if len(set(values)) > 1 and name not in pmic}
    still = {name for name, values in seen.items() if len(values) >= 3 and len(set(values)) == 1}
    return [name for name in seen if name in pmic or (moving and name in still)]


def _hottest(samples: list[dict[str, Any]], constant: list[str]) -> dict[str, Any] | None:
    items = [item for sample in samples for item in sample["temperatures"]]
    real = [
        item
        for item in items
        if item["sensor"] not in constant and not item["sensor"].lower().startswith("pmic")
    ]
    return max(real, key=lambda item: item["celsius"], default=None)


def _memory_peaks(samples: list[dict[str, Any]]) -> list[dict[str, float | None]]:
    """The samples' memory use without those that another one exceeds both in RAM and in swap."""
    uses = {_memory_use(sample) for sample in samples if sample["ram_total_mb"]}
    kept = [
        use
        for use in uses
        if not any(other != use and other[0] >= use[0] and other[1] >= use[1] for other in uses)
    ]
    return [
        {"ram_used_percent": ram, "swap_used_percent": None if swap < 0 else swap}
        for ram, swap in sorted(kept)
    ]


def _memory_use(sample: dict[str, Any]) -> tuple[float, float]:
    """(RAM, swap) in percent; swap is -1 where there is none."""
    swap = -1.0
    if sample["swap_total_mb"]:
        swap = 100 * sample["swap_used_mb"] / sample["swap_total_mb"]
    return 100 * sample["ram_used_mb"] / sample["ram_total_mb"], swap


def _largest_free_block(lines: list[str]) -> dict[str, float] | None:
    for line in reversed(lines):
        match = _LFB.search(line)
        if match:
            size = int(match.group(2)) / (1024 if match.group(3) == "k" else 1)
            return {"blocks": int(match.group(1)), "block_mb": size}
    return None
