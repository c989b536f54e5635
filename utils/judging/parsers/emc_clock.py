"""Clock of the memory controller (EMC) from the boot processor's debug files -> {rate_mhz, max_mhz, locked}.

locked: true when something (jetson_clocks) holds the clock; null where it is not said.
"""

from __future__ import annotations

from utils.errors import Cause, Undecided
from utils.judging.parsers._sysfs import number, wanted
from utils.model.results import Reading

_PATH = (
    r"/sys/kernel/debug/(?:bpmp/debug/clk/emc/(rate|max_rate|mrq_rate_locked)"
    r"|tegra_bwmgr/(emc_rate|emc_max_rate))"
)
_FIELDS = {"rate": "rate", "emc_rate": "rate", "max_rate": "max", "emc_max_rate": "max"}
READS = "rate_mhz max_mhz locked"
NEVER_ZERO = "rate_mhz"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    values: dict[str, int] = {}
    for hit, text in wanted(stdout, stderr, exit_status, _PATH):
        name, value = hit.group(1) or hit.group(2), number(text)
        if value is not None:
            values[_FIELDS.get(name, name)] = value
    if values.get("rate", 0) <= 0:
        raise Undecided("The kernel gives no memory clock.", Cause.NOT_SAID)
    locked = values.get("mrq_rate_locked")
    return {
        "rate_mhz": round(values["rate"] / 1_000_000),
        "max_mhz": round(values["max"] / 1_000_000) if values.get("max", 0) > 0 else None,
        "locked": None if locked is None else locked > 0,
    }
