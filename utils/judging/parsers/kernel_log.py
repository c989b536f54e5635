"""Kernel log -> {kernel_lines, lines, graded, uptime_s, events[], meanings[], unknown_count, unknown[] ...}.

events: {kind, severity, count, first_line, last_line}, one a kind, worst first. kind is one of the signature
library, or one of these:
- power and heat: under-voltage over-current-alarm thermal-throttle thermal-critical
- disks: ext4-error remounted-read-only mmc-error nvme-error io-error
- buses: usb-enumeration usb-over-current pcie-aer-corrected pcie-aer-uncorrected pcie-aer-fatal i2c-error
- devices: gpu-fault camera-timeout can-bus-off link-down
- kernel: kernel-oops soft-lockup hung-task oom-kill
severity: fail, warn or info. meanings: the same by signature, with its words. unknown: error messages that
no signature knows (see _kernel_survey.unknown_facts). graded: whether the kernel's levels are told. uptime_s:
seconds since boot of the newest line, None where the log does not say. Only the kernel's own messages are
judged; of what programs log beside it only the camera service's time-outs count. Silence is only a reading
where the text is such a log.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.catalogue.known import in_force
from utils.judging.catalogue.signature import Harmless
from utils.judging.guard import LOG
from utils.judging.parsers._kernel_counted import LINK
from utils.judging.parsers._kernel_lines import KERNEL, USER, KernelLine, read
from utils.judging.parsers._kernel_survey import (
    Survey,
    events,
    for_board,
    kernel_only,
    meanings,
    survey,
    unknown_facts,
)
from utils.judging.parsers._text import refuse
from utils.model.results import Reading

BOUNDS = LOG
__all__ = ["BOUNDS", "READS", "for_board", "parse"]
_EMPTY = re.compile(r"(?m)^[ \t]{0,20}-- No entries --\s{0,20}$")


READS = (
    "kernel_lines lines graded uptime_s events[kind severity count times first_line last_line] "
    "meanings[id kind title said who means next_step related severity count times first_line last_line] "
    "unknown_count unknown_critical unknown_first unknown_lines unknown_more unknown[shape level count "
    "first_line]"
)


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    log = read(stdout)
    kernel = [line for line in log.kernel if line.message]
    found = survey(kernel, (line for line in log.lines if line.origin == USER))
    if not log.is_log:
        found = Survey(found.hits, ())
    if found.quiet and (not kernel or not log.is_log):
        if _EMPTY.search(stdout):
            raise Undecided("The journal holds no entries for this: nothing was checked.", Cause.NOT_SAID)
        raise refuse(stdout, stderr, exit_status)
    if found.quiet and _is_half_a_line(stdout, kernel):
        raise Undecided("The log is a single line that breaks off: nothing was checked.", Cause.CUT_OFF)
    seconds = [line.seconds for line in kernel if line.seconds is not None]
    return {
        "kernel_lines": kernel_only(kernel) or len(kernel),
        "lines": len(log.lines),
        "graded": any(line.level is not None for line in kernel),
        "uptime_s": max(seconds, default=None),
        "events": events(found.hits),
        "meanings": meanings(found.hits),
        **unknown_facts(found.unknown),
    }


def _is_half_a_line(text: str, kernel: list[KernelLine]) -> bool:
    """One line without an end that is not known to be harmless as it stands."""
    known = [line for line in kernel if line.origin == KERNEL] or kernel  # not what was pasted beside them
    message = known[0].message
    if len(known) > 1 or text.endswith(("\n", "}")) or LINK.search(message[:300]):
        return False
    return not isinstance(in_force().find(message), Harmless)
