"""eMMC wear registers -> {devices[], cut_off}.

devices[]: {name, known, life_a, life_b, life, pre_eol, life_used_percent}.
Text: lines `name life_a life_b pre_eol` as sysfs prints them in hex (0x01), "-" for what a device does
not have; also sysfs's own two lines (life_time, pre_eol_info) and the three lines of `mmc extcsd read`.
life is the worse of both kinds of cells: 1 to 10 for each tenth of the rated life, 11 for exceeded;
life_used_percent is the upper end of that tenth. 0x00 means "not defined": None. known is false when
none of the three says anything.
"""

from __future__ import annotations

import re
from itertools import pairwise

from utils.errors import NotApplicable
from utils.judging.parsers._text import is_noise, plain, refuse
from utils.model.results import Reading

# The kernel prints two digits; a lone 0 is what is left of a cut number.
_HEX = r"(0[xX](?:[0-9a-fA-F]{2}|[1-9a-fA-F])|-)"
_LINE = re.compile(rf"^(\S+?):?\s++{_HEX}[\s,]++{_HEX}[\s,]++{_HEX}$")
_LIFE_TIME = re.compile(rf"^{_HEX}\s+{_HEX}$")
_PRE_EOL = re.compile(rf"^{_HEX}$")
_EXTCSD = re.compile(r"(LIFE_TIME_EST_TYP_A|LIFE_TIME_EST_TYP_B|PRE_EOL_INFO)\]?:?\s++" + _HEX + r"\s*$")
READS = "devices[name known life_a life_b life life_used_percent pre_eol] cut_off"
LOOKS_AT_EACH = True


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    lines = [line.strip() for line in plain(stdout).splitlines() if line.strip() and not is_noise(line)]
    if any(line == "no eMMC" for line in lines):
        raise NotApplicable("The device has no eMMC that tells its wear.")
    devices = _named(lines) or _sysfs(lines) or _extcsd(lines)
    if not devices:
        raise refuse(stdout, stderr, exit_status)
    cut_off = bool(_named(lines)) and not _LINE.match(lines[-1]) and ": " not in lines[-1]
    return {"devices": devices, "cut_off": cut_off}


def _named(lines: list[str]) -> list[Reading]:
    return [_device(*match.groups()) for line in lines if (match := _LINE.match(line))]


def _sysfs(lines: list[str]) -> list[Reading]:
    """`cat life_time pre_eol_info`: two values, then one."""
    pairs = [(_LIFE_TIME.match(first), _PRE_EOL.match(second)) for first, second in pairwise(lines)]
    return [_device("eMMC", life[1], life[2], eol[1]) for life, eol in pairs if life and eol]


def _extcsd(lines: list[str]) -> list[Reading]:
    found = {match[1]: match[2] for line in lines if (match := _EXTCSD.search(line))}
    if len(found) < 3:
        return []
    life_a, life_b, pre_eol = (found[key] for key in sorted(found))
    return [_device("eMMC", life_a, life_b, pre_eol)]


def _device(name: str, life_a: str, life_b: str, pre_eol: str) -> Reading:
    a, b, eol = (None if text == "-" else int(text, 16) or None for text in (life_a, life_b, pre_eol))
    life = max((value for value in (a, b) if value is not None), default=None)
    return {
        "name": name,
        "known": any(value is not None for value in (a, b, eol)),
        "life_a": a,
        "life_b": b,
        "life": life,
        "life_used_percent": None if life is None else min(life, 11) * 10,
        "pre_eol": eol,
    }
