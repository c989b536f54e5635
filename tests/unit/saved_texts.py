"""The fixtures as material for the truth tests: texts by diagnostic and what each must get. Reads only.

SHARED_LAYOUT names the texts that are rightly data for more than one diagnostic. It is the only
exemption from "another tool's text is no data", and each line of it says which layout it means.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from utils.judge import judge
from utils.model.results import Result

FIXTURES = Path(__file__).parent / "fixtures"

SHARED_LAYOUT = {
    "boot-time": r"Bootup is not yet finished",  # systemd-analyze, whatever it is asked
    "disk-space": r"(?m)^Filesystem\s.*(?:Use%|Capacity)\s+Mounted on",  # any df table
    "inodes": r"(?m)^Filesystem\s+Inodes\s",  # df -i
    "kernel-log": r'(?m)"_TRANSPORT": ?"kernel"|^\[kernel\]$',  # in journalctl's JSON, or among other logs
    "memory": r"(?m)^MemAvailable:\s+\d+ kB",  # lines of /proc/meminfo between others
    "nvme-health": r'(?m)^\s*"critical_warning":',  # the JSON of nvme smart-log or smartctl
    "tegrastats": r"(?m)\bRAM \d+/\d+MB",  # a tegrastats line
    "top-cpu": r"(?m)^\s*(?:USER\s+)?PID\b.*%CPU",  # a ps table with the processor's share
    "top-memory": r"(?m)^\s*(?:USER\s+)?PID\b.*RSS",  # a ps table with the memory used
    "usb-devices": r"(?m)^Bus \d{3} Device \d{3}: ID ",  # lsusb
}

# Single lines that nothing tells from this diagnostic's own, once they stand below its header.
SHARED_LINE = {
    "inodes": r"\s\d{1,3}%\s+/",  # a row of df, below the header of df -i
}


@dataclass(frozen=True)
class Saved:
    """One fixture: whose it is, its text, how its command ended, and the verdicts it may get."""

    diagnostic: str
    case: str
    stdout: str
    stderr: str
    exit_status: int | None
    verdicts: tuple[str, ...]

    @property
    def may_pass(self) -> bool:
        """Whether the whole text may pass."""
        return "pass" in self.verdicts

    @property
    def holds_data(self) -> bool:
        """Whether the whole text is data of its diagnostic."""
        return not {"skip", "unknown"} >= set(self.verdicts)


@cache
def saved_texts() -> tuple[Saved, ...]:
    """Every fixture."""
    return tuple(_read(path) for path in sorted(FIXTURES.glob("*.out")))


@cache
def judged() -> tuple[tuple[Saved, Result], ...]:
    """Every fixture with what is said about it."""
    return tuple(
        (saved, judge(saved.diagnostic, saved.stdout, saved.stderr, saved.exit_status))
        for saved in saved_texts()
    )


def _read(path: Path) -> Saved:
    want = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    verdicts = want["verdict"] if isinstance(want["verdict"], list) else [want["verdict"]]
    diagnostic, _, case = path.stem.partition("--")
    text = path.read_bytes().decode("utf-8", errors="replace")
    return Saved(diagnostic, case, text, want.get("stderr", ""), want.get("exit_status", 0), tuple(verdicts))


def of(diagnostic_id: str) -> list[Saved]:
    """The fixtures of one diagnostic."""
    return [saved for saved in saved_texts() if saved.diagnostic == diagnostic_id]


@cache
def foreign(diagnostic_id: str) -> tuple[Saved, ...]:
    """Each different text of the other diagnostics that is no data of this one."""
    shared = SHARED_LAYOUT.get(diagnostic_id, r"(?!)")
    found = {
        saved.stdout: saved
        for saved in saved_texts()
        if saved.diagnostic != diagnostic_id and saved.stdout.strip() and not re.search(shared, saved.stdout)
    }
    return tuple(found.values())


@cache
def foreign_lines(diagnostic_id: str) -> tuple[str, ...]:
    """Lines of the other diagnostics' data, for mixing into this one's."""
    lines = (line for saved in foreign(diagnostic_id) if saved.holds_data for line in _lines(saved))
    shared = SHARED_LINE.get(diagnostic_id, r"(?!)")
    return tuple(line for line in dict.fromkeys(lines) if not re.search(shared, line))


def _lines(saved: Saved) -> Iterator[str]:
    return (line for line in saved.stdout.splitlines() if line.strip())
