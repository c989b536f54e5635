"""python -m tests.bench.scale: 50 benches with 20 simulated boards each, one hub, and what that takes.

A fleet check-up of all boards, the page Lab in a real browser, and a hub that was away. It prints its tables;
--write puts them into docs/scale.md. It takes some eight minutes on two quiet cores,
and says each figure as it comes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import postgres
from tests.bench.scale import page as browser
from tests.bench.scale.meters import idle_share, spent
from tests.bench.scale.report import Report, written
from tests.bench.scale.site import Site

QUIET_S, CHURN_S = 15.0, 20.0
CHANGES = 100
"""Changes of boards a second while the page is watched."""
AWAY = 5000
"""Records that wait for a hub that was away."""
_LONGEST_S = 900.0
_ASKED = (
    ("overview, all of it", "/api/v1/lab"),
    ("matrix of the check-up", "/api/v1/lab/matrix"),
    ("list of all boards", "/api/v1/devices"),
)


def measured(
    site: Site,
    *,
    pages: bool,
    quiet_s: float = QUIET_S,
    away: int = AWAY,
    diagnostics: list[str] | None = None,
) -> Report:
    """All figures of a lab whose benches are there. diagnostics: of the check-up, None for all."""
    report = Report(site.stations, site.boards, empty_bytes=site.bytes())
    _quiet(site, report, "quiet, nobody looks", quiet_s)
    if pages:
        with browser.opened(f"http://127.0.0.1:{site.hub.port}/lab", site.places) as (page, opened):
            report.opened = opened
            print(opened, flush=True)
            report.watched["quiet"] = _quiet(
                site, report, "quiet, one page open", quiet_s, lambda: browser.watched(page, quiet_s)
            )
            site.churn(CHANGES)
            report.watched[f"{CHANGES} changes a second"] = _quiet(
                site, report, f"{CHANGES} changes a second, one page open", CHURN_S,
                lambda: browser.watched(page, CHURN_S),
            )  # fmt: skip
            print(*report.watched.items(), sep="\n", flush=True)
            site.churn(0)
            _fleet(site, report, diagnostics)
            report.matrix = browser.matrix(page)
    else:
        _fleet(site, report, diagnostics)
    for name, path in _ASKED:
        report.asked[name] = _asked(site, path)
    _away(site, report, away)
    report.memory = site.meters.now()
    return report


def _quiet(
    site: Site, report: Report, name: str, seconds: float, watch: Callable[[], Any] | None = None
) -> Any:
    """What each part takes of a processor meanwhile, and the messages."""
    before, facts, began = site.meters.now(), site.facts(), time.monotonic()
    found = watch() if watch else time.sleep(seconds)
    lasted = time.monotonic() - began
    report.took(name, lasted, spent(before, site.meters.now()), _since(facts, site.facts()))
    return found


def _fleet(site: Site, report: Report, diagnostics: list[str] | None) -> None:
    """A check-up of every board; until its last record is in the hub's database.

    No board answers before all calls are answered. Benches of their own would not wait for each other's
    processors; here all share two.
    """
    site.order("answering", False)
    before, facts, began = site.meters.now(), site.facts(), time.monotonic()
    calls = site.ask("POST", "/api/v1/lab/checkups", {"diagnostics": diagnostics})["calls"]
    report.called_s = time.monotonic() - began
    site.order("answering", True)
    report.accepted = sum(each["answer"] == "accepted" for each in calls)
    report.refused = [each for each in calls if each["answer"] != "accepted"]
    while time.monotonic() - began < _LONGEST_S and not site.has_all(report.accepted):
        time.sleep(0.5)
    report.fleet_s = time.monotonic() - began
    report.checkups, report.runs = site.count("checkups"), site.count("runs")
    print(
        f"{report.accepted} of {report.accepted + len(report.refused)} called, {report.checkups} came",
        flush=True,
    )
    report.evidence, report.database_bytes = site.count("evidence"), site.bytes()
    name = f"check-up of {report.accepted} boards"
    report.took(name, report.fleet_s, spent(before, site.meters.now()), _since(facts, site.facts()))


def _away(site: Site, report: Report, count: int) -> None:
    """The hub ends, records wait for it, and it is back."""
    kept = site.count("runs")
    with site.without_hub():
        site.parts[0].say("write", count)
        report.waited = site.parts[0].heard()["waiting"]
        before = site.meters.now()
        began = time.monotonic()
    report.started_s = time.monotonic() - began
    while time.monotonic() - began < _LONGEST_S and site.count("runs") < kept + count:
        time.sleep(0.1)
    report.caught_up_s = time.monotonic() - began
    report.caught_up = site.count("runs") - kept
    report.caught_up_cpu = spent(before, site.meters.now())


def _asked(site: Site, path: str) -> tuple[float, int]:
    """Milliseconds and bytes of an answer, the best of five."""
    found: list[tuple[float, int]] = []
    for _ in range(5):
        began = time.monotonic()
        size = site.size(path)
        found.append((1000 * (time.monotonic() - began), size))
    return min(found)


def _since(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after}


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=__doc__)
    parser.add_argument("--stations", type=int, default=50)
    parser.add_argument("--boards", type=int, default=20)
    parser.add_argument("--processes", type=int, default=10, help="so many for all benches together")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scale.md")
    options = parser.parse_args()
    idle, load, began = idle_share(2), os.getloadavg()[0], time.monotonic()
    print(f"Before it: {100 * idle:.0f} % of the processors idle, load {load:.1f}.", flush=True)
    with tempfile.TemporaryDirectory(prefix="v3-scale-") as folder, postgres.running() as database:
        lab = Site(
            Path(folder), database,
            stations=options.stations, boards=options.boards, processes=options.processes,
        )  # fmt: skip
        with lab as site:
            joined_s = time.monotonic() - began
            print(f"All {options.stations} benches are there after {joined_s:.0f} s.", flush=True)
            report = measured(site, pages=True)
    report.idle, report.load, report.all_s = idle, load, time.monotonic() - began
    print(report.text())
    if options.write:
        written(report)
    return 1 if report.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
