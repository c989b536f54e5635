"""Waiting for a state: how long, by itself and beside other tests."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from tests import waiting


@pytest.mark.parametrize(
    ("beside", "asked_s", "waited_s"), [(False, 2, 2), (True, 2, 10), (True, 10, 30), (True, 60, 60)]
)
def test_beside_other_tests_a_short_time_is_a_longer_one(
    monkeypatch: pytest.MonkeyPatch, beside: bool, asked_s: int, waited_s: int
) -> None:
    monkeypatch.delenv(waiting.SIDE_BY_SIDE, raising=False)
    if beside:
        monkeypatch.setenv(waiting.SIDE_BY_SIDE, "1")
    now = [100.0]
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=lambda _: now.__setitem__(0, now[0] + 1))
    monkeypatch.setattr(waiting, "time", clock)
    assert not waiting.wait_until(lambda: False, asked_s)
    assert now[0] == 100 + waited_s


def test_what_waits_for_a_state_acts_then_and_once() -> None:
    true, acted = threading.Event(), threading.Semaphore(0)
    waiting.once(true.is_set, acted.release)
    assert not acted.acquire(timeout=0.05)
    true.set()
    assert acted.acquire(timeout=10)
    assert not acted.acquire(timeout=0.05)
