"""Each fault of a lab once; `make soak-lab` mixes two hundred of them for ten minutes."""

from __future__ import annotations

import pytest

pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")

from tests import postgres
from tests.faults.soak_lab import Soak
from tests.faults.soak_lab_report import KINDS

pytestmark = pytest.mark.live
SECONDS = 12


@pytest.mark.skipif(postgres.PROGRAMS is None, reason="needs Debian's postgresql (make deps)")
def test_faults_of_a_lab_lose_nothing_and_repeat_nothing() -> None:
    report = Soak(SECONDS, seed=3, each=1).run()
    print(report.text())
    found = [*report.twice, *report.wrong, *report.lost, *report.untrue, *report.missed]
    assert not found, report.text()
    assert report.faults == dict.fromkeys(KINDS, 1)
    assert report.effects > 2, "too little was done between the faults"
