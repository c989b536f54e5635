"""A small lab of simulated boards, by the tool that measures a large one: all is called, and all comes."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests.bench.scale.__main__ import measured
from tests.bench.scale.site import Site
from tests.warm import Warm

pytestmark = pytest.mark.live

SOME = ["memory", "uptime", "disk-space", "failed-units"]


def test_every_board_of_every_bench_is_called_once_and_all_that_it_says_reaches_the_hub(
    tmp_path: Path,
) -> None:
    lab = Site(tmp_path, None, stations=2, boards=5, processes=1, start=Warm)
    with lab as site:
        report = measured(site, pages=False, quiet_s=0.1, away=100, diagnostics=SOME)
        assert (report.accepted, report.refused) == (10, [])
        assert (report.checkups, report.runs) == (10, 10 * len(SOME))
        assert (report.waited, report.caught_up) == (100, 100)
        told = site.ask("GET", "/api/v1/lab")
        assert site.ask("GET", f"/api/v1/lab?since={told['version']}")["whole"] is False
        facts = site.facts()
        assert (facts["waiting"], facts["parked"]) == (0, 0)
