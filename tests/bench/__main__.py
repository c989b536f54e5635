"""python -m tests.bench [--quick] [--only PART,...] [--no-write]: measure, print, write docs/benchmarks.md.

A full run writes the page and the chart; a run of some parts only prints. Needs root.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench import (
    checkup,
    cold,
    echo,
    fleet,
    history,
    idle,
    kept,
    matching,
    sampling,
    standing,
    threads,
    throughput,
    warm,
    web,
)
from tests.bench.chart import chart
from tests.bench.peers import LocalShell, Ours
from tests.bench.report import OWN, Section, Target, targets_section
from tests.bench.rig import Rig, rig
from utils.judging.catalogue.loader import builtin_catalogue

ROOT = Path(__file__).resolve().parents[2]
PAGE, CHART = ROOT / "docs/benchmarks.md", ROOT / "docs/img/bench.svg"
BEGIN, END = "<!-- measured: make bench -->", "<!-- /measured -->"
ALONE: dict[str, Callable[..., Section]] = {
    "cold": cold.section, "threads": threads.section, "throughput": throughput.section,
    "checkup": checkup.section, "sampling": sampling.section, "web": web.section, "idle": idle.section,
    "echo": echo.section, "standing": standing.section,
    "kept": kept.section, "matching": matching.section, "history": history.section, "fleet": fleet.section,
}  # fmt: skip
PARTS = ("warm", *ALONE)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: about a minute")
    parser.add_argument("--only", default="", help=f"some of: {','.join(PARTS)}")
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args()
    options.parts = [part for part in options.only.split(",") if part] or list(PARTS)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return options


def main() -> int:
    options = _options()
    if os.name == "nt" or os.geteuid() != 0:
        print(
            "The benchmark starts a real sshd and makes a user for it: run it as root on Linux.",
            file=sys.stderr,
        )
        return 1
    logging.disable(logging.CRITICAL)
    builtin_catalogue()  # read now: a run takes minutes, and the files may be edited meanwhile
    started = time.monotonic()
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    sections: list[Section] = []
    svg = ""
    with rig() as made:
        for part in options.parts:
            print(f"{part} …", file=sys.stderr, flush=True)
            if part == "warm":
                with made.ahead():
                    found = warm.measure(made, quick=options.quick)
                sections += warm.sections(found)
                svg = _chart(found)
            else:
                sections.append(_section(part, made, quick=options.quick))
    sections.append(targets_section(sections))
    text = "\n".join([_machine(time.monotonic() - started, load, quick=options.quick), "",
                      *(line for section in sections for line in section.lines())])  # fmt: skip
    print(text)
    if not options.no_write and set(options.parts) == set(PARTS):
        _write(text, svg)
    return 0


def _section(part: str, made: Rig, *, quick: bool) -> Section:
    """A part that fails says so in its place; what the others measured is not lost."""
    try:
        return ALONE[part](made, quick=quick)
    except Exception as exc:
        failed = Section(f"{part}: not measured", [""], notes=[f"{type(exc).__name__}: {exc}"])
        failed.targets.append(Target(f"{part} could be measured", 0, 1, at_least=True, source=OWN))
        return failed


def _machine(seconds: float, load: str, *, quick: bool) -> str:
    """Where and with what, so that figures of two machines are not mixed."""
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())  # fmt: skip
    ssh = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=False).stderr.split(",")[0]
    versions = ", ".join(f"{name} {_version(name)}" for name in
                         ("paramiko", "fabric", "asyncssh", "ssh2-python", "mitogen"))  # fmt: skip
    return (
        f"Run of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC{', quick' if quick else ''}, {seconds:.0f} s. "
        f"Machine and versions: {os.cpu_count()} cores of {cpu}, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}, {ssh}, {versions}. Load average at the start: {load}."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _chart(found: warm.Warm) -> str:
    kinds = {Ours.name: "ours", LocalShell.name: "floor"}
    groups = []
    for delay in (0, 20):
        rows = [(n, s.median, kinds.get(n, "bar")) for n, s in found.one[delay].items() if s.values]
        if delay:
            rows = [row for row in rows if row[0] != LocalShell.name]
            rows.append(("one round trip (floor)", found.wire[delay].median, "floor"))
        heading = f"One warm command, {delay} ms round trip" if delay else "One warm command, loopback"
        groups.append((heading, sorted(rows, key=lambda row: row[1])))
    return chart(groups)


def _write(text: str, svg: str) -> None:
    """Between the marks of the page; what people wrote around them stays."""
    page = PAGE.read_text()
    head, tail = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{tail}")
    CHART.parent.mkdir(parents=True, exist_ok=True)
    CHART.write_text(svg)


if __name__ == "__main__":
    sys.exit(main())
