"""Which tests can be collected here. All of them with requirements-dev.txt, as `make test` has it.

With requirements.txt alone, the files that need more than pytest are left out, and the header says so:
nothing is left out silently, and a missing package is no error in the middle of a run.
"""

from __future__ import annotations

import copy
import gc
import importlib.util
import itertools
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tests.warm  # noqa: F401 - names what all workers share, before there are any
from utils.redact import redact

HERE = Path(__file__).parent
gc.disable()  # until all is collected: none of it is garbage, and a third of the time went on looking
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background of a script: all that a
    signal.signal(signal.SIGINT, signal.default_int_handler)  # test starts would be deaf to Ctrl+C
STATISTICS = "_hypothesis_stats"
CASES = re.compile(r"(\d+)(?= passing, \d+ failing)")
ONLY_IN_DEV = ("hypothesis", "jsonschema", "playwright", "axe_playwright_python", "schemathesis")


def _needs(path: Path) -> set[str]:
    imported = re.findall(r"(?m)^(?:from|import) (\w+)", path.read_text(encoding="utf-8"))
    return set(imported) & MISSING


MISSING = {name for name in ONLY_IN_DEV if importlib.util.find_spec(name) is None}
LEFT_OUT = sorted(path for path in HERE.rglob("*.py") if _needs(path)) if MISSING else []
# a folder whose fixtures need it is left out as a whole
collect_ignore = [str(path.parent if path.name == "conftest.py" else path) for path in LEFT_OUT]


@pytest.fixture(scope="module", autouse=True)
def own_secrets() -> Iterator[None]:
    """A file's passwords are its own: a later file's texts hold them as ordinary words."""
    kept = copy.deepcopy(vars(redact))
    yield
    vars(redact).update(kept)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Any]:
    """A server for all tests of a process; each takes a database of its own."""
    from tests import postgres

    with postgres.running() as found:
        yield found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cases hypothesis and schemathesis made up."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    texts = [text for report in reports if (text := getattr(report, STATISTICS, ""))]
    cases = sum(int(number) for text in texts for number in CASES.findall(text))
    if cases:
        terminalreporter.write_line(f"{cases} made-up cases in {len(texts)} tests (make fuzz: many more)")


SERVERS = HERE / "servers"
LONGEST = ("by_ssh", "proof", "stopping", "strange_shells", "second_path", "floods", "sudo", "link")
"""Of tests/servers: they take a minute or so, which is waiting. All wait for one that comes last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file of each folder in turn, of the servers' two: what waits runs beside what computes."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    turns: list[tuple[float, Path]] = []
    for folder, found in itertools.groupby(files, key=lambda path: path.parent):
        paths, fast = list(found), 1
        if folder == SERVERS:
            paths, fast = sorted(paths, key=lambda path: path.stem.removeprefix("test_") not in LONGEST), 2
        turns += [(place / fast, path) for place, path in enumerate(paths)]
    items[:] = [item for _, path in sorted(turns, key=lambda turn: turn[0]) for item in files[path]]


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_report_header() -> list[str]:
    if not MISSING:
        return []
    return [f"left out without {', '.join(sorted(MISSING))} (requirements-dev.txt): {len(LEFT_OUT)} files"]
