"""Why the chip was reset last -> {source, level, kind, words, told_by, watchdogs[]}.

Lines `pmc reason|level VALUE` (the kernel's tegra-pmc), `boot reason|level VALUE` (the device tree that the
boot loader wrote), `watchdog NAME BOOTSTATUS`. source: the first one as told ("SYS_RESET_N"). kind: power-on,
software, watchdog, heat, voltage, clock, wake, security, debugger, boot, or unknown for a name of no table;
None where neither says a source. words: what that means. watchdogs[]: {name, bootstatus}.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.model.results import Reading

_LINE = re.compile(r"^(pmc|boot) (reason|level) (\S.{0,80})$")
_WATCHDOG = re.compile(r"^watchdog (watchdog\d{1,3}) (\d{1,10})$")
_PREFIX = re.compile(r"^(?:TEGRA_|PMC_|RST_SRC_)")
_TOLD_BY = {"pmc": "The power controller (PMC)", "boot": "The boot loader"}
# Names of drivers/soc/tegra/pmc.c in mainline (Tegra30 to Tegra264) and of NVIDIA's boot loaders.
_KINDS = (
    ("power-on", "it was switched on, or its reset line was pulled", r"SYS_RESET(?:_N)?|POWER_ON(?:_RESET)?"),
    (
        "software",
        "software asked for a restart",
        r"MAINSWRST|SW_?REST|SW_MAIN(?:_RESET)?|SW_RESET|MAIN_SW_RST",
    ),
    (
        "watchdog",
        "a watchdog ran out, because the system or one of its processors hung",
        r"WATCHDOG|\w*WDT(?:_POR|_DBG)?",
    ),
    ("heat", "the chip became too hot", r"SENSOR|AOTAG|\w*TSENSE|(?:\w+_)?THERM(?:AL|_FAULT)?"),
    (
        "voltage",
        "a supply of the chip was out of its range",
        r"VFSENSOR|\w*VMON\w*|VREFRO_POWER_?BAD|POD(?:_\w+)?",
    ),
    (
        "clock",
        "a clock of the chip was out of its range",
        r"\w*FMON\w*|OSC_FAULT|CSDC_\w+|SCPM_\w+_(?:XTAL|CLK)",
    ),
    ("wake", "it woke from deep sleep", r"SC7|LP0"),
    (
        "security",
        "the chip's security logic reset it",
        r"(?:FSI_)?HSM|PSC(?:_SW|_TURTLE_MODE)?|FUSECRC(?:_FAULT)?|SCPM",
    ),
    ("debugger", "a debugger reset it", r"CSITE(?:_SW)?|CORESIGHT|NVJTAG_SEL_MONITOR"),
    ("boot", "its boot processor restarted it", r"BPMP_?BOOT(?:_FAULT)?|L1A_ASYNC"),
)
READS = "source level kind words told_by watchdogs[name bootstatus]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    told: dict[str, dict[str, str]] = {}
    watchdogs: list[Reading] = []
    for line in between(stdout, stderr, exit_status, of="reset reason"):
        if field := _LINE.match(line):
            told.setdefault(field[1], {})[field[2]] = field[3].strip()
        elif dog := _WATCHDOG.match(line):
            watchdogs.append({"name": dog[1], "bootstatus": int(dog[2])})
        else:
            raise unread(line)
    by = next((who for who in ("pmc", "boot") if "reason" in told.get(who, {})), None)
    if by is None and not watchdogs:
        raise Undecided("The output is cut off: no line names a source of the reset.", Cause.CUT_OFF)
    source = told[by]["reason"] if by else None
    kind, words = _meaning(source) if source else (None, None)
    return {
        "source": source,
        "level": told[by].get("level") if by else None,
        "kind": kind,
        "words": words,
        "told_by": _TOLD_BY[by] if by else None,
        "watchdogs": watchdogs,
    }


def _meaning(source: str) -> tuple[str, str]:
    name = _PREFIX.sub("", source.upper().replace(" ", "_"))
    known = ((kind, words) for kind, words, names in _KINDS if re.fullmatch(names, name))
    return next(known, ("unknown", "this program does not know that source"))
