"""`tainted N` (/proc/sys/kernel/tainted) -> {value, flags[{flag, meaning}]}: the bits that are set."""

from __future__ import annotations

import re

from utils.judging.parsers._text import refuse
from utils.model.results import Reading

_LINE = re.compile(r"(?m)^tainted (\d{1,10})[ \t\r]*\n")  # the line's end: a number cut short is another one
_FLAGS = (
    ("P", "a module without a free licence is loaded"),
    ("F", "a module was loaded by force"),
    ("S", "the hardware runs outside its specification"),
    ("R", "a module was removed by force"),
    ("M", "the processor reported a hardware error (machine check)"),
    ("B", "a damaged memory page was found"),
    ("U", "a program asked for this flag"),
    ("D", "the kernel crashed (oops) since boot"),
    ("A", "an ACPI table was overridden"),
    ("W", "the kernel printed a warning since boot"),
    ("C", "a staging driver is loaded"),
    ("I", "a firmware bug was worked around"),
    ("O", "a module built outside the kernel is loaded, as NVIDIA's are"),
    ("E", "an unsigned module is loaded"),
    ("L", "a CPU was stuck (soft lockup) since boot"),
    ("K", "the kernel was patched live"),
    ("X", "a flag of the distribution"),
    ("T", "the kernel was built with a changed structure layout"),
    ("N", "a kernel test ran"),
    ("J", "a program changed the firmware's state by its debugging door"),
)
READS = "value flags[flag meaning]"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    line = _LINE.search(stdout)
    if not line:
        raise refuse(stdout, stderr, exit_status)
    value = int(line[1])
    flags = [
        {"flag": flag, "meaning": meaning} for bit, (flag, meaning) in enumerate(_FLAGS) if value >> bit & 1
    ]
    flags += [
        {"flag": f"bit {bit}", "meaning": "a flag that this program does not know"}
        for bit in range(len(_FLAGS), value.bit_length())
        if value >> bit & 1
    ]
    return {"value": value, "flags": flags}
