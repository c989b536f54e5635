"""GPU clock domains of devfreq -> {jetson, gpus[]}.

    gpus[]: name clock_mhz min_mhz max_mhz load_percent governor

jetson: the device tree names an NVIDIA Tegra chip. gpus may be empty there: then the GPU driver is not
loaded. load_percent is null where the driver tells none (Thor). A clock of 0 means that the GPU sleeps.
"""

from __future__ import annotations

from typing import Any

from utils.errors import NotApplicable
from utils.judging.parsers._sysfs import number, wanted
from utils.model.results import Reading

_PATH = (
    r"/proc/device-tree/(?P<tree>compatible)"
    r"|/sys/class/devfreq/(?P<gpu>[^/]+)/(?P<what>cur_freq|min_freq|max_freq|governor|device/load)"
)
READS = "jetson gpus[name clock_mhz min_mhz max_mhz load_percent governor]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    jetson = False
    raw: dict[str, dict[str, str]] = {}
    for hit, value in wanted(stdout, stderr, exit_status, _PATH):
        if hit["tree"]:
            jetson = "nvidia,tegra" in value
        else:
            raw.setdefault(hit["gpu"], {})[hit["what"]] = value
    gpus = [_gpu(name, files) for name, files in sorted(raw.items())]
    if not gpus and not jetson:
        raise NotApplicable("This board has no GPU that the kernel controls.")
    return {"jetson": jetson, "gpus": gpus}


def _gpu(name: str, files: dict[str, str]) -> dict[str, Any]:
    load = number(files.get("device/load"))
    return {
        "name": name,
        "clock_mhz": _mhz(files.get("cur_freq")),
        "min_mhz": _mhz(files.get("min_freq")),
        "max_mhz": _mhz(files.get("max_freq")),
        "load_percent": load / 10 if load is not None and 0 <= load <= 1000 else None,
        "governor": files.get("governor"),
    }


def _mhz(text: str | None) -> int | None:
    value = number(text)
    return round(value / 1_000_000) if value is not None and value >= 0 else None
