"""Requested and measured clock of each CPU cluster, read several times in a row.

    policies[]: policy requested_mhz real_mhz below_percent governor
    worst_below_percent

below_percent: how far the measured clock stays under the requested one, in the kindest of the readings,
since a governor may change its mind between two reads. Null where the kernel measures no clock.
"""

from __future__ import annotations

from typing import Any

from utils.errors import Cause, Undecided
from utils.judging.parsers._sysfs import number, wanted
from utils.model.results import Reading

_PATH = r"/sys/devices/system/cpu/cpufreq/(policy\d+)/(cpuinfo_cur_freq|scaling_cur_freq|scaling_governor)"
READS = "policies[policy requested_mhz real_mhz below_percent governor] worst_below_percent"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    clocks: dict[str, dict[str, list[int]]] = {}
    governors: dict[str, str] = {}
    for hit, text in wanted(stdout, stderr, exit_status, _PATH):
        value = number(text)
        if hit.group(2) == "scaling_governor":
            governors[hit.group(1)] = text
        elif value is not None and value > 0:
            clocks.setdefault(hit.group(1), {}).setdefault(hit.group(2), []).append(value)
    policies = [_policy(name, files, governors.get(name)) for name, files in sorted(clocks.items())]
    if not any(policy["requested_mhz"] for policy in policies):
        raise Undecided("The kernel tells no requested clock.", Cause.NOT_SAID)
    below = [policy["below_percent"] for policy in policies if policy["below_percent"] is not None]
    return {"policies": policies, "worst_below_percent": max(below, default=None)}


def _policy(name: str, files: dict[str, list[int]], governor: str | None) -> dict[str, Any]:
    requested, real = files.get("scaling_cur_freq", []), files.get("cpuinfo_cur_freq", [])
    pairs = list(zip(requested, real, strict=False))
    best = min(pairs, key=lambda pair: _below(*pair), default=None)
    return {
        "policy": name,
        "requested_mhz": round((best[0] if best else max(requested, default=0)) / 1000) or None,
        "real_mhz": round(best[1] / 1000) if best else None,
        "below_percent": round(max(_below(*best), 0), 1) if best else None,
        "governor": governor,
    }


def _below(requested: int, real: int) -> float:
    return 100 * (requested - real) / requested
