"""What 20,000 kernel lines cost to be matched with the library of known messages, in processor time."""

from __future__ import annotations

import time

from tests.bench.report import TRUTH, Section, Target, ms
from tests.bench.rig import Rig
from tests.unit.kernel_texts import alike, different, log_lines
from utils.judging.catalogue.known import in_force
from utils.judging.parsers._kernel_lines import read
from utils.judging.parsers._kernel_survey import meaning

LINES, LIMIT_MS = 20_000, 150
FORMS = {"lines that differ in numbers": alike, "lines that differ in words": different}


def section(rig: Rig, *, quick: bool) -> Section:
    """The best of several, for the machine may have other work. No rig is needed."""
    found = Section("Known kernel messages", [f"{LINES:,} lines", "CPU time"])
    for name, suffix in FORMS.items():
        text = "\n".join(log_lines(LINES, suffix))
        best = min(_matched(text) for _ in range(5 if quick else 20))
        found.rows.append([name, ms(best)])
        found.targets.append(
            Target(f"{LINES:,} {name} are matched", best * 1000, LIMIT_MS, "ms", source=TRUTH)
        )
    return found


def _matched(text: str) -> float:
    lines, known = read(text).lines, in_force()
    began = time.thread_time()
    for line in lines:
        meaning(line.message, line.level, known)
    return time.thread_time() - began
