"""The words of a kernel message -> whether they tell of trouble. Pure.

The kernel grades its messages, but many texts come without the grades, and drivers print errors as warnings.
TROUBLE counts at every level. DOUBT is milder. It counts where the kernel called the message a warning, or
where the text does not say. Healthy boards print these words as well, in messages that the library knows as
harmless.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from utils.judging.parsers._kernel_values import values_tell_of_trouble

WARNING = 4
"""A level of the kernel: what it calls a notice, information or debugging is no trouble by milder words."""

# "warning" is none: the kernel warns of much that is well.
TROUBLE = frozenset(
    b"""
    error errors err fail failed fails failing failure failures fault faults faulty timeout timeouts timedout
    timed panic oops corrupt corrupted corruption abort aborted aborting stuck hung hang hangs died dead
    unable
    cannot couldn crash crashed emergency uncorrectable uncorrected unrecoverable unrecovered overrun overruns
    overflow underrun exhausted lockup deadlock stall stalled unreachable unresponsive broken damaged illegal
    violation serror panicked refused refusing lost denied wedged inaccessible malfunction halted invalid
    unexpected unhandled mismatch conflict suspicious dazed didn doesn fatal
    """.split()
)
DOUBT = frozenset(
    b"""
    busy bad wrong missing dropped dropping drops discarding discarded retry retries retrying collision
    collisions arbitration spurious never zeroes unrecognized unrecognised unplugged refuses refuse
    rejected rejecting rejects exceeded exceeds exceeding suspect suspicion degraded overload overloaded
    abnormal abnormally loss unstable critical alert alerts alarm frozen froze poison poisoned disappeared
    detached malformed defective impossible incorrect incorrectly incomplete inconsistent inconsistency
    mismatched mismatches garbage bogus nonsense weird strange insane confused overheated overheating
    overtemp overvoltage undervoltage brownout unclean starved starving starvation saturated unbalanced
    imbalance leaked truncated nack noack glitch glitches babble babbling stale unclaimed resetting
    restarting restarted recovering reinit stopped blocked expected bailing quitting unreliable unusable
    unreadable untrusted violated expired misbehaving buggy underflows shorted shortage trouble troubles
    died dying jammed unanswered unacknowledged desync unsynced etimedout eio enxio eremoteio eproto
    eilseq etime ebusy enomem enodev einval missed gone insufficient weak misconfigured malfunctioning
    underpowered outage nonresponsive deadlocked miscompare warn wanted vanished garbled collapsed
    collapsing bites xrun xruns
    """.split()
)

# The first word with one of the others among the next two: "no ACK", "not yet ready".
_FOLLOWED = {
    first.encode(): frozenset(rest.encode().split())
    for first, rest in {
        "not": "responding stopped respond answer answering ready accepting accept accepted free released "
        "cleared settle settled stop stopping complete completed reached working alive enter locked lock "
        "match matching correct stable reliable synchronized synced plausible enough recover recovered "
        "expected received seen trustworthy trusted acknowledged acked delivered valid initialized "
        "initialised allocated successful sane process",
        "no": "received response answer ack acknowledge acknowledgement reply carrier signal "
        "space progress lock buffers credits link answers window",
        "too": "many large long late small high low hot short fast slow",
        "could": "not", "can": "not", "out": "range",
        "isn": "t", "wasn": "t", "won": "t", "hasn": "t", "haven": "t", "aren": "t", "wouldn": "t",
        "giving": "up", "give": "up", "gave": "up", "gives": "up",
        "voltage": "low", "low": "voltage", "doorbell": "full", "mailbox": "full",
        "fifo": "full", "queue": "full", "table": "full", "under": "voltage",
        "charging": "suspended stopped", "bit": "start flips",
        "reason": "is", "volume": "dirty", "taking": "long",
        "went": "away missing silent", "should": "be", "lane": "down", "lanes": "down", "overlap": "detected",
        "stays": "low high busy off asserted deasserted held zero",
        "still": "low high busy off asserted held", "verify": "differs differ",
        "oscillator": "off stopped failed", "crystal": "off stopped failed",
        "charger": "absent", "chip": "absent", "fan": "absent", "sensor": "absent", "codec": "absent",
        "phy": "absent", "drive": "absent", "panel": "absent",
        "pll": "unlocked unlock lost", "did": "not", "below": "its minimum",
        "beyond": "its limit", "block": "empty", "came": "back", "fell": "off", "holds": "instead",
        "nobody": "cared", "tried": "flag", "link": "slow", "cqe": "recovery",
        "temperature": "above", "temp": "above", "above": "limit threshold", "all": "zeroes zeros ones bad",
    }.items()
}  # fmt: skip
_ALWAYS = ((b"not", b"responding"), (b"stopped", b"responding"), (b"can", b"t"), (b"never", b"completed"))
_ALWAYS_LAST = frozenset(last for _, last in _ALWAYS)

_AS_EXPECTED = re.compile(r"(?i)\bas expected\b|(?<!out of )(?<!outside )(?<!outside the )\bexpected range\b")

# Numbers that stand for an error of a device: EIO ENXIO EAGAIN ENOMEM EBUSY ENODEV EINVAL EPIPE EPROTO ...
_NUMBER = re.compile(
    r"(?<![\w.,^-])-(?:5|6|11|12|16|19|22|32|71|74|84|107|108|11[0-3]|121)(?![\w.-]| ?d[Bb])"
)


def speaks_of_trouble(words: Sequence[bytes], level: int | None, message: str) -> bool:
    """Whether a message tells of an error by its words (lower case, of letters) or by an error's number."""
    if not TROUBLE.isdisjoint(words):
        return True
    if not _ALWAYS_LAST.isdisjoint(words) and any(b in words and a in words for a, b in _ALWAYS):
        return True
    if level is not None and level > WARNING:
        return False
    if not DOUBT.isdisjoint(words) and not _AS_EXPECTED.search(message):
        return True
    if b"got" in words and b"instead" in words:
        return True
    if not _FOLLOWED.keys().isdisjoint(words) and any(map(_followed, words, words[1:], [*words[2:], b""])):
        return True
    if "-" in message and _NUMBER.search(message):
        return True
    return values_tell_of_trouble(words, message)


def _followed(word: bytes, after: bytes, later: bytes) -> bool:
    others = _FOLLOWED.get(word)
    return others is not None and (after in others or later in others)
