"""One kernel message by itself -> (kind, severity) of the known message that it is, ("", "") if none. Pure.

The kernel log's parser judges a whole log; here a line that is just being read is recognised. What counts
only together with others (one link that dropped, one USB reset) is information then.
What each kind means for a technician stands in the catalogue, at the kernel log's check.
"""

from __future__ import annotations

import re

from utils.parsers._kernel_lines import KERNEL, read
from utils.parsers._kernel_rules import BENIGN, FAIL, HINT, INFO, RULES, WARN, Rule

NONE = ("", "")
LINK = re.compile(
    r"(?i)^(?P<name>(?!ata\d|pci)[a-z].{0,80}?)[:\s]\s*(?:NIC )?(?:Copper |Fib(?:er|re) )?"
    r"(?:link (?:is |became |status definitely )?(?P<state>up|down)|link status is: (?P<flag>[01])"
    r"|carrier (?P<carrier>on|off|lost)|link change old \d+ new (?P<speed>\d+))\b"
)
LINK_UP = re.compile(r"(?i)up|on|[1-9]\d*")
NO_LINK = re.compile(r"(?i)\bpcie?\b|phy link|slot\(|\bata\d|\bdp\b|display|hdmi|\bdrm\b")
RESET = re.compile(r"\busb (\S+): reset \S+ USB device")
CLOCK = re.compile(r"\bcpufreq: cpu\d+,\s*cur:\d+,\s*set:(\d+),\s*delta:(\d+)")
ARGUS = re.compile(r"\bnvargus-daemon\[\d+\]: .*(?:Error Timeout|[Tt]imed out|TIMEOUT)")
_SOME_LINK = re.compile(r"(?i)link|carrier|reset|cpufreq")
# Each line that HINT or _SOME_LINK lets through has one of these; to look for them costs a tenth of that.
_WORDS = tuple(
    """
    error fail time memory oom lockup stall blocked oops bug panic abort warning temperature therm throttl
    volt brown current alarm aer: severity= dpc: only corrupt down ready stuck enumerate accepting responding
    died dead config bad nvrm nvgpu gk20a exception corr syncpt pxl ack err_rec frame reply bus arbitration
    overflow unexpected nak shut page kill handle fabric emask medium orphan fs unchecked removing cqe
    interrupt frozen fatal hang pbdma errs descriptor reset [# kthread lost cycle busy rejecting cannot
    debounce limit link carrier cpufreq
    """.split()  # noqa: SIM905 - a list of ninety quoted words would be no help
)


def _worth_a_look(text: str) -> bool:
    low = text.lower()
    return any(word in low for word in _WORDS)


def rule_of(message: str) -> Rule | None:
    """The first rule that fits a kernel message."""
    if not HINT.search(message) or BENIGN.search(message):
        return None
    return next((rule for rule in RULES if rule.pattern.search(message)), None)


def capped_clock(message: str) -> str:
    """Severity of a clock that is far below the one set ("" if it is not): firmware caps it."""
    match = CLOCK.search(message)
    if not match or not int(match[1]):
        return ""
    short = int(match[2]) / int(match[1])
    return FAIL if short > 0.3 else WARN if short > 0.1 else ""


def link_state(message: str) -> tuple[str, str]:
    """Which network link went "up" or "down"; ("", "") if the message tells of none."""
    match = LINK.search(message)
    if not match or NO_LINK.search(message):
        return NONE
    state = next(group for group in match.group("state", "flag", "carrier", "speed") if group)
    return match["name"], "up" if LINK_UP.fullmatch(state) else "down"


def signature(message: str) -> tuple[str, str]:
    """Of a kernel message without its time stamp."""
    message = message[:1500]
    if not _worth_a_look(message):
        return NONE
    rule = rule_of(message)
    if rule is not None:
        return rule.kind, rule.severity
    if not _SOME_LINK.search(message):
        return NONE
    if severity := capped_clock(message):
        return "over-current-alarm", severity
    if link_state(message)[1] == "down":
        return "link-down", INFO
    return ("usb-enumeration", INFO) if RESET.search(message) else NONE


def signature_of_text(text: str, *, bare: bool = False) -> tuple[str, str]:
    """Of a line with whatever stands before the message; only the kernel's own count, and time-outs of the
    camera service. bare: it is known not to be of the kernel."""
    text = text[:2000]
    if not _worth_a_look(text):
        return NONE
    if "argus" in text and ARGUS.search(text):
        return "camera-timeout", FAIL
    stamped = "kern" in text or text[:1] in "[<0123456789"  # each form of a kernel's line has one of these
    if bare or not stamped or not (HINT.search(text) or _SOME_LINK.search(text)):
        return NONE
    lines = read(text).lines
    return signature(lines[0].message) if len(lines) == 1 and lines[0].origin == KERNEL else NONE
