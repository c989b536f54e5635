"""nvargus-daemon's properties, uptime, processor, then "[kernel]" and "[argus]" logs -> what helps cameras.

{state, processor, uptime_s, log_from_s, daemon, before_count, after_count, last_trouble, last_ago_s}. state:
works; processor-dead (the camera processor gave up and did not start again); restart-failed (trouble before
and after the daemon was restarted); restart-untried (trouble since the daemon started); settled (none since
it was restarted); daemon-down; unclear (a log without times). log_from_s: seconds since boot of the first
line that the kernel's log still has. before, after: lines of trouble before and after the daemon's start. A
board that has neither a camera processor nor the daemon is not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from utils.errors import Cause, NotApplicable, Undecided
from utils.judging.guard import LOG
from utils.judging.parsers._kernel_lines import KernelLine, read_one
from utils.judging.parsers._listing import listed
from utils.judging.parsers._systemd import property_blocks, require_systemd
from utils.model.results import Reading

BOUNDS = LOG
NEVER_ZERO = "uptime_s"
READS = "state processor uptime_s log_from_s daemon before_count after_count last_trouble last_ago_s"
END = "end of capture"
_SLACK_S = 2.0  # what a daemon says while it is being stopped belongs to the time before

_CAMERA = re.compile(
    r"(?i)rtcpu|\brce\b|camrtc|capture|nvcsi|\bcsi\d|\b(?:tegra-)?vi\d?\b|\bisp\d?\b|pxl_sof|mw_ack"
)
_DEAD = re.compile(
    r"(?i)rtcpu gone bad|rce watchdog failure|halting execution|(?:response|mailbox) timeout"
    r"|\breset, retry \d|boot sync fail|failed to get next frame|control message timed out"
    r"|\brtcpu\b.{0,60}(?:stopped respond|not respond|crashed|hung|(?:boot|suspend|resume) fail"
    r"|failed to (?:boot|resume|start))"
)
_ALIVE = re.compile(r"(?i)rtcpu\S{0,40}: firmware version|\[RCE\] VM\d+ activating")
_CAPTURE = re.compile(
    r"(?i)request timed out|uncorr_err|err_rec: (?:attempting|failed)|null vi channel|vi channel not found"
    r"|pxl_sof|mw_ack_done|capture setup failed|time-?out|timed out"
)
_ARGUS = re.compile(
    r"(?i)waitCsiFrame|Timeout!!|timed? ?out\b|error timeout|critical failure|IoctlFailed"
    r"|Failed to create (?:CameraProvider|CaptureSession)|HwEvents wait"
)
_HARMLESS = re.compile(r"(?i)\bdefault|set to|without time-?out|corr_err: discarding")


@dataclass(frozen=True)
class _Trouble:
    """A line of trouble, and when; 0 where the log does not say."""

    line: KernelLine
    dead: bool = False

    @property
    def seconds(self) -> float:
        return self.line.seconds or 0.0


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    require_systemd(stdout, stderr)
    lines = listed(stdout, stderr, exit_status, end=END)
    if "[kernel]" not in lines or "[argus]" not in lines:
        raise Undecided("The output is cut off: a part of it is missing.", Cause.CUT_OFF)
    at, then = lines.index("[kernel]"), lines.index("[argus]")
    unit, uptime_s, processor = _head(lines[:at])
    if unit.get("LoadState") == "not-found" and processor is None:
        raise NotApplicable("This board has no camera processor and no nvargus-daemon.")
    kernel, argus = _read(lines[at + 1 : then]), _read(lines[then + 1 :])
    if not kernel:
        raise Undecided("Not permitted: this user may read no kernel log.", Cause.NOT_PERMITTED)
    trouble, alive_s = _kernel_trouble(kernel)
    trouble += [_Trouble(line) for line in argus if _is_argus_trouble(line.message)]
    started_s = _started(unit)
    before = [each for each in trouble if started_s is None or each.seconds < started_s + _SLACK_S]
    last = max(trouble, key=lambda each: each.seconds, default=None)
    return {
        "state": _state(unit, trouble, before, alive_s) or _calm(kernel),
        "processor": processor,
        "uptime_s": uptime_s,
        "log_from_s": kernel[0].seconds,
        "daemon": unit.get("ActiveState"),
        "before_count": len(before),
        "after_count": len(trouble) - len(before),
        "last_trouble": last.line.message[:300] if last else None,
        "last_ago_s": max(0, round(uptime_s - last.seconds)) if last and uptime_s is not None else None,
    }


def _head(lines: list[str]) -> tuple[dict[str, str], float | None, str | None]:
    """The daemon's properties, the uptime, the camera processor's name."""
    said = {key: value for key, _, value in (line.partition(" ") for line in lines) if "=" not in key}
    blocks = property_blocks("\n".join(line for line in lines if "=" in line.split(" ", 1)[0]))
    unit = blocks[0] if blocks else {}
    if "LoadState" not in unit:
        raise Undecided("systemctl does not say whether nvargus-daemon is there.", Cause.GARBAGE)
    uptime = said.get("uptime", "")
    seconds = float(uptime) if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", uptime) else None
    return unit, seconds, said.get("processor")


def _read(lines: Iterable[str]) -> list[KernelLine]:
    return [line for line in map(read_one, lines) if line is not None]


def _kernel_trouble(lines: Iterable[KernelLine]) -> tuple[list[_Trouble], float | None]:
    """The lines of trouble, and when the camera processor last said that it lives."""
    found: list[_Trouble] = []
    alive_s: float | None = None
    for line in lines:
        if not _CAMERA.search(line.message) or _HARMLESS.search(line.message):
            continue
        if _DEAD.search(line.message):
            found.append(_Trouble(line, dead=True))
        elif _CAPTURE.search(line.message):
            found.append(_Trouble(line))
        elif _ALIVE.search(line.message):
            alive_s = line.seconds
    return found, alive_s


def _is_argus_trouble(message: str) -> bool:
    return _ARGUS.search(message) is not None and not _HARMLESS.search(message)


def _started(unit: dict[str, str]) -> float | None:
    """When the daemon that runs now was started, in seconds since boot."""
    stamp = unit.get("ActiveEnterTimestampMonotonic", "")
    return int(stamp) / 1e6 if re.fullmatch(r"[1-9]\d{0,15}", stamp) else None


def _state(
    unit: dict[str, str], trouble: list[_Trouble], before: list[_Trouble], alive_s: float | None
) -> str | None:
    """None where there is no trouble and the daemon runs."""
    dead = [each for each in trouble if each.dead]
    if dead and (alive_s is None or dead[-1].seconds > alive_s):
        return "processor-dead"
    if unit.get("ActiveState") != "active":
        return "daemon-down"
    if len(before) < len(trouble):
        return "restart-failed" if before else "restart-untried"
    return "settled" if trouble else None


def _calm(kernel: list[KernelLine]) -> str:
    """No trouble is only worth something in a log that says when it begins."""
    return "unclear" if kernel[0].seconds is None else "works"
