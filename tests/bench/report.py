"""What was measured, as lines: targets hit and missed, tables for the terminal and for the docs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

ISSUE, LINK, TRUTH, DESIGN, FLEET, OWN = "issue", "issue 11", "issue 13", "design", "issue 15", "own"


@dataclass(frozen=True)
class Target:
    """A promise: what was measured must not pass the limit (or must reach it, with at_least).

    source: who set the limit. ISSUE: issue 5, which asked for speed. LINK: issue 11, for the link far away
    and for a floor that hangs on no machine. TRUTH: issue 13, texts that must not stop the program.
    FLEET: issue 15, many boards. DESIGN: docs/design.md, which wins over the issue and says what full
    isolation allows. OWN: ours, where neither names a figure.
    """

    text: str
    measured: float
    limit: float
    unit: str = ""
    at_least: bool = False
    source: str = ISSUE

    @property
    def hit(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def row(self) -> list[str]:
        sign = "≥" if self.at_least else "≤"
        return [self.text, number(self.measured) + self.unit, f"{sign} {number(self.limit)}{self.unit}",
                self.source, "hit" if self.hit else "**missed**"]  # fmt: skip


@dataclass
class Section:
    """A heading, a table, remarks."""

    title: str
    header: Sequence[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Markdown that reads well in a terminal too."""
        return [f"### {self.title}", "", *table(self.header, self.rows), "", *(f"{n}\n" for n in self.notes)]


def number(value: float) -> str:
    """Three digits that matter."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def ms(seconds: float) -> str:
    """Seconds as milliseconds."""
    return number(seconds * 1000)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table with even columns; the first column to the left, the others to the right."""
    widths = [max(len(row[n]) for row in (header, *rows)) for n in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(widths[0])
        return (
            "| "
            + " | ".join([first, *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))])
            + " |"
        )

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
    return [line(header), rule, *map(line, rows)]


def targets_section(sections: Sequence[Section]) -> Section:
    """All promises in one table."""
    found = [target for section in sections for target in section.targets]
    missed = sum(not target.hit for target in found)
    result = Section(
        "Targets", ["target", "measured", "limit", "set by", ""], [target.row() for target in found]
    )
    result.notes.append(f"{len(found) - missed} of {len(found)} hit.")
    return result
