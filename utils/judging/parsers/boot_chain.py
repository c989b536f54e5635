"""What the boot waited for, or still waits for.

{finished, uptime_s, target, reached_s, slowest, took_s, waiting[], first}. Text: `uptime SECONDS`, the lines
of `systemd-analyze critical-chain` as "chain: UNIT @WHEN +TOOK", and `job UNIT TYPE STATE` for each job of
systemd. slowest and took_s: the unit of the chain that took longest. waiting[]: {unit, type} of the jobs that
run, for which all others wait; first: the first one's unit.
"""

from __future__ import annotations

import re

from utils.errors import Cause, Undecided
from utils.judging.parsers._listing import between, unread
from utils.judging.parsers._systemd import require_systemd
from utils.model.results import Reading

_UPTIME = re.compile(r"^uptime (\d{1,10})(?:\.\d{1,3})?$")
_UNIT = re.compile(
    r"^[\s\u2514\u2500`|-]{0,80}([\w@.:\\-]{1,120}\.\w{2,12})(?: @([\w. ]{1,40}?))?(?: \+([\w. ]{1,40}))?$"
)
_JOB = re.compile(r"^job (\S{1,120}) ([a-z-]{1,20}) (running|waiting)$")
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(h|min|ms|us|s)(?= |$)")
_SECONDS = {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 0.001, "us": 0.000001}
_BESIDE = re.compile(r"(?i)^(?:the time .{1,100} character|please try again later|hint: .{0,100})\.?$")
_NOT_YET = re.compile(r"(?i)bootup is not yet finished")
READS = "finished uptime_s target reached_s slowest took_s waiting[unit type] first"


def parse(stdout: str, stderr: str, exit_status: int | None) -> Reading:
    require_systemd(stdout, stderr)
    lines = [
        line.removeprefix("chain:").strip() for line in between(stdout, stderr, exit_status, of="boot chain")
    ]
    lines = [line for line in lines if line]
    uptime = next((int(found[1]) for line in lines if (found := _UPTIME.match(line))), None)
    jobs = [found for line in lines if (found := _JOB.match(line))]
    chain = [found for line in lines if (found := _UNIT.match(line)) and (found[2] or found[3])]
    not_yet = any(_NOT_YET.search(line) for line in (*lines, stderr))
    if uptime is None or not (chain or not_yet):
        raise Undecided("The output is cut off: it names no unit of the boot.", Cause.CUT_OFF)
    if strange := next((line for line in lines if not _known(line)), ""):
        raise unread(strange)
    waiting = [{"unit": job[1], "type": job[2]} for job in jobs if job[3] == "running"]
    spans = [(_seconds(unit[3]), unit[1]) for unit in chain if unit[3]]
    took, slowest = max(spans, default=(None, None))
    reached = _seconds(chain[0][2]) if chain else None
    if reached is not None and (reached <= 0 or reached > uptime + 1):
        raise Undecided("The boot ended at a time that cannot be.", Cause.IMPLAUSIBLE)
    return {
        "finished": not not_yet,
        "uptime_s": uptime,
        "target": chain[0][1] if chain else None,
        "reached_s": reached,
        "slowest": slowest,
        "took_s": took,
        "waiting": waiting,
        "first": waiting[0]["unit"] if waiting else None,
    }


def _known(line: str) -> bool:
    return any(kind.search(line) for kind in (_UPTIME, _UNIT, _JOB, _BESIDE, _NOT_YET))


def _seconds(text: str | None) -> float:
    """ "1min 30.123s" in seconds."""
    return round(sum(float(number) * _SECONDS[unit] for number, unit in _SPAN.findall(text or "")), 3)
