"""What a reading cannot hold: numbers that no device measures and no kernel counts. Pure.

    impossible(reading, NEVER_ZERO) -> why it cannot be, as a sentence, or ""

A part that was never read answers zeros or all ones; a text that was damaged has negative counts. Such a
reading is no evidence, neither for health nor for a fault. What the numbers are is told by their names, which
hold the unit.

Here stands what follows from a number's name and unit alone, whichever diagnostic read it. Its parser says
what needs more than one number, or the meaning of the text (a year, "every address answers").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from utils.model.results import Reading

_ALL_ONES = {2**31 - 1, 2**32 - 1, 2**32}
_BEYOND = 2**63 - 1
_MAY_BE_NEGATIVE = (
    "celsius", "dbm", "db", "offset_s", "offset_ms", "ppm", "amps", "watts", "_mw", "_w", "priority",
    "exit_status", "epoch_s", "code",
)  # fmt: skip
# An IPv6 route to nowhere has metric 4294967295; flags are bits; NVMe counts with 128 bits.
_ANY_NUMBER = {"metric", "value", "media_errors"}
_CELSIUS = (-90.0, 250.0)  # of what is measured now; a limit may be a number that no sensor reaches
_MHZ_MAX = 20_000
_NUMBERS, _NO_NUMBERS = (int, float), (str, bool, type(None))  # made once: this is asked of each value
_ALWAYS_FINE = 100  # from 0 to here a number can be whatever its name says
_MEASURED_CELSIUS = {"celsius", "temperature_celsius"}
_SHARES = {
    "available_percent", "used_percent", "memory_percent", "max_used_percent", "memory_available_percent",
    "loss_percent", "load_percent", "pwm_percent", "some_avg10", "some_avg60", "some_avg300", "full_avg60",
}  # fmt: skip


def impossible(reading: Reading, never_zero: str = "") -> str:
    """Why this reading cannot be; "" where it can. never_zero: paths whose values are not 0 all together."""
    watched: dict[str, list[float]] = {path: [] for path in never_zero.split()}
    if wrong := _wrong_within(reading, "", watched):
        return wrong
    for path, found in watched.items():
        if found and not any(found):
            return f"{_named(path)} reads 0 everywhere, which cannot be: it was not measured."
    return ""


def _wrong_within(value: Any, path: str, watched: Mapping[str, list[float]]) -> str:
    """What is wrong with the first number in it that cannot be. watched: gets the values at its paths."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if not isinstance(inner, _NO_NUMBERS) and (
                wrong := _wrong_within(inner, f"{path}.{name}" if path else name, watched)
            ):
                return wrong
    elif isinstance(value, list):
        for inner in value:
            if not isinstance(inner, _NO_NUMBERS) and (wrong := _wrong_within(inner, path, watched)):
                return wrong
    elif isinstance(value, _NUMBERS):
        if path in watched:
            watched[path].append(value)
        return _wrong(path.rpartition(".")[2], value)
    return ""


def _wrong(name: str, value: float) -> str:
    if 0 <= value <= _ALWAYS_FINE or name in _ANY_NUMBER:
        return ""
    if value in _ALL_ONES or abs(value) >= _BEYOND:
        return f"{_named(name)} reads {value:.10g}, all ones, which cannot be: it was not measured."
    if value < 0 and not name.endswith(_MAY_BE_NEGATIVE):
        return f"{_named(name)} reads {value:.10g}, which cannot be: it is never negative."
    if name in _MEASURED_CELSIUS and not _CELSIUS[0] <= value <= _CELSIUS[1]:
        return f"{_named(name)} reads {value:.10g} °C, which cannot be."
    if name.endswith("_mhz") and value > _MHZ_MAX:
        return f"{_named(name)} reads {value:.10g}, which cannot be."
    if name in _SHARES and value > 100:
        return f"{_named(name)} reads {value:.10g}, which cannot be: a share is 100 % at most."
    return ""


def _named(path: str) -> str:
    name = path.rpartition(".")[2].replace("_", " ")
    return name[:1].upper() + name[1:]
