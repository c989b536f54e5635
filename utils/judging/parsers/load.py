"""`loadavg 0.42 0.51 0.47 2/412 9381`, `cores 8` -> {load1, load5, load15, cores, per_core, running, tasks}.

per_core: the five-minute load over the number of cores, two decimals.
"""

from __future__ import annotations

import re

from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_LOAD = re.compile(r"(?m)^loadavg (\d+\.\d\d) (\d+\.\d\d) (\d+\.\d\d) (\d+)/(\d+) \d+[ \t\r]*$")
_CORES = re.compile(r"(?m)^cores ([1-9]\d{0,3})[ \t\r]*$")
READS = "load1 load5 load15 cores per_core running tasks"
NEVER_ZERO = "tasks"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    load, cores = _LOAD.search(stdout), _CORES.search(stdout)
    if not load or not cores:
        raise refuse(stdout, stderr, exit_status)
    return {
        "load1": float(load[1]),
        "load5": float(load[2]),
        "load15": float(load[3]),
        "cores": int(cores[1]),
        "per_core": round(float(load[2]) / int(cores[1]), 2),
        "running": int(load[4]),
        "tasks": int(load[5]),
    }
