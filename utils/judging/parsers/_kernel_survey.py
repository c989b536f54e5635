"""Lines of a kernel log -> what each means: known events, harmless, or messages that nobody here knows.

Some messages count only together with others: a link that drops twice, a port that loses its device
repeatedly. They are in _kernel_counted.py. A message is unknown if no entry of the signature library fits it
and it looks like an error. The kernel then graded it so (level 0 to 3), or its words speak of one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from utils.judging.catalogue.known import in_force
from utils.judging.catalogue.matching import KnownMessages, words_of
from utils.judging.catalogue.signature import Harmless, Signature
from utils.judging.parsers._kernel_counted import ARGUS, counted, settled
from utils.judging.parsers._kernel_lines import KERNEL, KernelLine
from utils.judging.parsers._kernel_named import named
from utils.judging.parsers._kernel_words import speaks_of_trouble
from utils.redact import redact

FAIL, WARN, INFO = "fail", "warn", "info"
RANK = {FAIL: 0, WARN: 1, INFO: 2}
ERROR, CRITICAL = 3, 2
"""Levels of the kernel: error, and critical; less is worse."""
SETTLES = {"mmc-settled", "usb-firmware-late"}
"""Signatures of errors that the same device may have got over later."""
GOING_DOWN = "watchdog did not stop"
"""What a board prints as well when it is shut down on purpose."""
_LAST = 10
"""Lines in which a log tells that the board was shut down on purpose."""
_LINES_SHOWN = 20
_SHAPES_KEPT = 500
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """A line that is a known event."""

    signature: Signature
    severity: str
    line: KernelLine


@dataclass(frozen=True, slots=True)
class Survey:
    """hits: known events. unknown: lines that nobody here knows, in order."""

    hits: tuple[KnownEvent, ...]
    unknown: tuple[KernelLine, ...]

    @property
    def quiet(self) -> bool:
        """Whether nothing in it is worse than information."""
        return not self.unknown and all(hit.severity == INFO for hit in self.hits)


def meaning(message: str, level: int | None, known: KnownMessages) -> Signature | Harmless | int | None:
    """The entry that fits; of an unknown error its level (3 where the log does not say); None otherwise."""
    words = words_of(message)
    graded = level is not None and level <= ERROR
    worried = graded or speaks_of_trouble(words, level, message)
    entry = known.find(message, words, worried=worried)
    if entry is not None or not worried:
        return entry
    return level if graded else ERROR


def survey(lines: Iterable[KernelLine], others: Iterable[KernelLine] = ()) -> Survey:
    """Of the kernel's lines; of the others (programs') only the camera service's time-outs count."""
    known = in_force()
    kernel = list(lines)
    hits: list[KnownEvent] = []
    unknown: list[KernelLine] = []
    seen: dict[tuple[str, int | None], Signature | Harmless | int | None] = {}
    for line in kernel:
        key = line.message, line.level
        if key not in seen:
            seen[key] = meaning(*key, known)
        found = seen[key]
        if isinstance(found, Signature):
            hits.append(KnownEvent(found, found.severity, line))
        elif isinstance(found, int):
            unknown.append(line)
    hits += [
        KnownEvent(known.by_id[name], severity, line)
        for name, severity, line in counted(kernel, _kinds(hits))
    ]
    hits += [
        KnownEvent(known.by_id["capture-timeout-argus"], FAIL, line) for line in others if ARGUS(line.raw)
    ]
    return Survey(tuple(_without_echoes(_settled(hits, kernel))), tuple(unknown))


def _kinds(hits: Iterable[KnownEvent]) -> set[str]:
    return {hit.signature.kind for hit in hits}


def _settled(hits: list[KnownEvent], lines: list[KernelLine]) -> Iterator[KnownEvent]:
    """What came up after its errors is information."""
    names = settled(lines)
    down = any(line.message.startswith("reboot: ") for line in lines[-_LAST:])
    for hit in hits:
        calm = hit.signature.id in SETTLES and hit.line.message.split(":", 1)[0] in names
        calm = calm or (down and GOING_DOWN in hit.line.message)
        yield KnownEvent(hit.signature, INFO, hit.line) if calm else hit


def _without_echoes(hits: Iterable[KnownEvent]) -> Iterator[KnownEvent]:
    """What only repeats another event counts only where that event is not in the log."""
    found = list(hits)
    kinds = {hit.signature.kind for hit in found if hit.severity != INFO and not hit.signature.after}
    for hit in found:
        echo = kinds if "any" in hit.signature.after else kinds.intersection(hit.signature.after)
        if not echo:
            yield hit


def events(hits: Sequence[KnownEvent]) -> list[dict[str, Any]]:
    """One event a kind, worst first: {kind, severity, count, times, first_line, last_line}."""
    found = [{"kind": kind, **_summed(group)} for kind, group in _grouped(hits, "kind")]
    return sorted(found, key=lambda event: RANK[str(event["severity"])])


def meanings(hits: Sequence[KnownEvent]) -> list[dict[str, Any]]:
    """One entry a meaning, worst first, with its words for a technician. What only repeats what another
    line of its kind began is counted there."""
    opened: dict[str, int] = {}
    for hit in hits:
        if hit.signature.opens:
            opened[hit.signature.kind] = min(RANK[hit.severity], opened.get(hit.signature.kind, 9))
    own = [
        hit for hit in hits if hit.signature.opens or RANK[hit.severity] < opened.get(hit.signature.kind, 9)
    ]
    found = [_meaning(group) for _, group in _grouped(own, "id")]
    return sorted(found, key=lambda entry: RANK[str(entry["severity"])])


def _meaning(group: Sequence[KnownEvent]) -> dict[str, Any]:
    signature, summed = group[0].signature, _summed(group)
    said = signature.said or f"{signature.title}: logged"
    return {
        **_words(signature),
        "said": f"{said} {summed['times']}",
        "who": named(hit.line.message for hit in _opening(group)),
        **summed,
    }


def _words(signature: Signature) -> dict[str, Any]:
    return {
        "id": signature.id,
        "kind": signature.kind,
        "title": signature.title,
        "means": signature.means,
        "next_step": signature.next_step,
        "related": list(signature.related),
    }


def _grouped(hits: Iterable[KnownEvent], field: str) -> Iterable[tuple[str, list[KnownEvent]]]:
    groups: dict[str, list[KnownEvent]] = defaultdict(list)
    for hit in hits:
        groups[getattr(hit.signature, field)].append(hit)
    return groups.items()


def _summed(group: Sequence[KnownEvent]) -> dict[str, Any]:
    opening = _opening(group)
    return {
        "severity": min((hit.severity for hit in group), key=RANK.__getitem__),
        "count": len(opening),
        "times": "once" if len(opening) == 1 else f"{len(opening)} times",
        "first_line": group[0].line.shown,
        "last_line": group[-1].line.shown,
    }


def _opening(group: Sequence[KnownEvent]) -> Sequence[KnownEvent]:
    return [hit for hit in group if hit.signature.opens] or group


# Not the number of an error: "error -5" (it broke) is no "error -110" (it did not answer).
_VARIES = re.compile(
    r"0x[0-9a-fA-F]{1,16}|\b[0-9a-f]{8,16}\b|(?<![\s(=:,]-)(?<![\s(=:,]-\d)(?<![\s(=:,]-\d\d)\d{1,20}"
)


def shape(message: str) -> str:
    """The message without its numbers: what stays the same when it comes again."""
    return _VARIES.sub("#", message[:_SHOWN])


def shape_of(message: str, level: int | None) -> str:
    """Its shape; what is critical is another message than the same words at a milder level."""
    critical = level is not None and level <= CRITICAL
    return f"{shape(message)} [critical]" if critical else shape(message)


def is_normal(named: str, normal: Collection[str]) -> bool:
    """Whether a person called messages of this shape normal. What is kept of them is without secrets."""
    return named in normal or redact(named) in normal


def unknown_facts(lines: Sequence[KernelLine]) -> dict[str, Any]:
    """{unknown_count, unknown_critical, unknown_first, unknown_lines, unknown_more, unknown[{shape, level,
    count, first_line}]}; unknown_lines: the first ones, as text; unknown_more: messages beyond the list."""
    groups: dict[str, list[KernelLine]] = defaultdict(list)
    for line in lines:
        groups[shape_of(line.message, line.level)].append(line)
    found: list[dict[str, Any]] = [
        {
            "shape": name,
            "level": min((line.level for line in group if line.level is not None), default=None),
            "count": len(group),
            "first_line": group[0].shown,
        }
        for name, group in groups.items()
    ]
    ranked = sorted(found, key=_worst_first)
    more = sum(int(item["count"]) for item in ranked[_SHAPES_KEPT:])
    return facts_of(ranked[:_SHAPES_KEPT], more)


def _worst_first(item: Mapping[str, Any]) -> int:
    return 9 if item["level"] is None else int(item["level"])


def facts_of(ranked: Sequence[dict[str, Any]], more: int = 0) -> dict[str, Any]:
    """As unknown_facts(), of groups that are counted already, those of the worst level first."""
    critical = [item for item in ranked if item["level"] is not None and int(item["level"]) <= CRITICAL]
    return {
        "unknown_count": sum(int(item["count"]) for item in ranked) + more,
        "unknown_critical": sum(int(item["count"]) for item in critical),
        "unknown_first": ranked[0]["first_line"] if ranked else None,
        "unknown_lines": "\n".join(str(item["first_line"]) for item in ranked[:_LINES_SHOWN]),
        "unknown_more": more,
        "unknown": list(ranked),
    }


def for_board(reading: dict[str, Any], normal: Collection[str]) -> dict[str, Any]:
    """The reading without the unknown messages that are normal for its board; these stand in `normal`."""
    unknown = reading["unknown"]
    usual = [item for item in unknown if is_normal(item["shape"], normal)]
    left = [item for item in unknown if item not in usual]
    return {**reading, **facts_of(left, int(reading["unknown_more"])), "normal": usual}


def kernel_only(lines: Iterable[KernelLine]) -> int:
    """How many of them have the kernel's prefix."""
    return sum(1 for line in lines if line.origin == KERNEL)
