"""Twenty seconds of the soak; `make soak MINUTES=30` runs it for longer."""

from __future__ import annotations

import pytest

from tests.faults.crew import can_run_root_rows
from tests.faults.soak import Soak

pytestmark = pytest.mark.live
SECONDS = 20


@pytest.mark.skipif(not can_run_root_rows(), reason="needs root, openssh-server, iproute2 (make deps)")
def test_random_faults_lose_nothing_and_repeat_nothing() -> None:
    report = Soak(SECONDS, seed=4).run()
    print(report.text())
    assert not report.faults, report.text()
    assert report.injected >= SECONDS / 8
    assert report.outcomes["ok"] > 2, "too little was done between the faults"
