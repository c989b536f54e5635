"""/etc/nv_tegra_release -> {l4t, major, revision, jetpack, gcid, board, eabi, date, kernel_variant}.

l4t: "36.4.3"; `REVISION: 5` is "32.5.0". jetpack: the JetPack of this release, None where we do not know it.
All other values as printed, None for what is not said; BOARD names a family, not the model.
"""

from __future__ import annotations

import re

from utils.errors import NotApplicable
from utils.judging.parsers._text import plain, refuse
from utils.model.results import Reading

# What follows the revision (a comma, the line's end) proves that the number was not cut.
_RELEASE = re.compile(
    r"(?m)^(?:\S*nv_tegra_release:)?[ \t]*(?:#[ \t]*)?R(\d{2,3})[ \t]*\([a-z -]+\),[ \t]*"
    r"REVISION:[ \t]*(\d+(?:\.\d+)*)[ \t]*[,\n]"
)
_FIELD = re.compile(r"\b(GCID|BOARD|EABI|DATE|KERNEL_VARIANT):[ \t]*([^,\r\n]+)")
_ABSENT = re.compile(r"nv_tegra_release\b.*: No such file")
_JETPACK = {  # also in rbonghi/jetson_stats, jtop/core/jetson_variables.py
    "32.1.0": "4.2",
    "32.2.0": "4.2.1",
    "32.2.1": "4.2.2",
    "32.2.3": "4.2.3",
    "32.3.1": "4.3",
    "32.4.2": "4.4 DP",
    "32.4.3": "4.4",
    "32.4.4": "4.4.1",
    "32.5.0": "4.5",
    "32.5.1": "4.5.1",
    "32.5.2": "4.5.1",
    "32.6.1": "4.6",
    "32.7.1": "4.6.1",
    "32.7.2": "4.6.2",
    "32.7.3": "4.6.3",
    "32.7.4": "4.6.4",
    "32.7.5": "4.6.5",
    "32.7.6": "4.6.6",
    "34.1.0": "5.0 DP",
    "34.1.1": "5.0.1 DP",
    "35.1.0": "5.0.2",
    "35.2.1": "5.1",
    "35.3.1": "5.1.1",
    "35.4.1": "5.1.2",
    "35.5.0": "5.1.3",
    "35.6.0": "5.1.4",
    "35.6.1": "5.1.5",
    "35.6.2": "5.1.5",
    "35.6.3": "5.1.5",
    "35.6.4": "5.1.6",
    "36.2.0": "6.0 DP",
    "36.3.0": "6.0",
    "36.4.0": "6.1",
    "36.4.2": "6.1",
    "36.4.3": "6.2",
    "36.4.4": "6.2.1",
    "36.4.7": "6.2.1",
    "36.5.0": "6.2.2",
    "38.2.0": "7.0",
    "38.2.1": "7.0",
    "38.2.2": "7.0",
    "38.4.0": "7.1",
    "39.2.0": "7.2",
}
READS = "l4t major revision jetpack gcid board eabi date kernel_variant"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    text = plain(stdout)
    release = _RELEASE.search(text)
    if not release:
        absent = _ABSENT.search(stderr) or _ABSENT.search(stdout)
        if absent:
            raise NotApplicable("Not a Jetson Linux system: it has no /etc/nv_tegra_release.")
        raise refuse(stdout, stderr, exit_status)
    number = l4t_number(release[1], release[2])
    fields = {key: value.strip() for key, value in _FIELD.findall(text)}
    return {
        "l4t": number,
        "major": int(release[1]),
        "revision": release[2],
        "jetpack": _JETPACK.get(number),
        "gcid": fields.get("GCID"),
        "board": fields.get("BOARD"),
        "eabi": fields.get("EABI"),
        "date": fields.get("DATE"),
        "kernel_variant": fields.get("KERNEL_VARIANT"),
    }


def l4t_number(major: str, revision: str) -> str:
    """("36", "4.3") -> "36.4.3"; ("32", "5") -> "32.5.0"."""
    parts = [major, *revision.split(".")]
    return ".".join([*parts, "0"] if len(parts) == 2 else parts)
