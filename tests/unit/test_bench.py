"""The benchmark's own arithmetic: a wrong ruler measures nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from tests.bench.chart import chart
from tests.bench.report import Section, Target, number, table, targets_section
from tests.bench.rig import Rig
from tests.bench.samples import Samples, interleaved
from tests.bench.warm import THIRTY, round_trip


def test_a_target_is_hit_at_its_limit_and_missed_beyond() -> None:
    assert Target("x", 0.5, 0.5).hit
    assert not Target("x", 0.51, 0.5).hit
    assert Target("x", 1.3, 1.3, at_least=True).hit
    assert not Target("x", 1.29, 1.3, at_least=True).hit
    assert "**missed**" in Target("x", 2, 1).row()


def test_all_targets_are_counted_in_one_table() -> None:
    section = Section("one", ["a"], targets=[Target("x", 1, 2), Target("y", 3, 2)])
    assert targets_section([section, section]).notes == ["2 of 4 hit."]


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.01234, "0.0123"), (1.5, "1.5"), (233.4, "233"), (12345.6, "12,346")]
)
def test_numbers_show_what_matters(value: float, text: str) -> None:
    assert number(value) == text


def test_a_table_has_even_lines() -> None:
    lines = table(["name", "ms"], [["a long name", "1"], ["b", "1,000"]])
    assert len({len(line) for line in lines}) == 1


def test_each_is_called_once_a_round_and_the_rare_ones_less_often() -> None:
    calls: list[str] = []
    found = interleaved(
        {name: lambda name=name: calls.append(name) for name in "abc"},  # type: ignore[misc]
        10,
        frozenset("c"),
        every=5,
    )
    assert (calls.count("a"), calls.count("b"), calls.count("c")) == (10, 10, 2)
    assert calls[:4] == ["a", "b", "c", "b"]
    assert len(found["c"].values) == 2


def test_median_and_p95_of_known_times() -> None:
    samples = Samples([float(n) for n in range(1, 101)])
    assert (samples.median, samples.p95) == (50.5, 96.0)


def _policy() -> int:
    told = [sys.executable, "-c", "import os; print(os.sched_getscheduler(0))"]
    return int(subprocess.run(told, capture_output=True, check=True).stdout)


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler") or os.geteuid() != 0, reason="a right of root")
def test_what_is_measured_runs_ahead_of_every_other_process() -> None:
    with subprocess.Popen(["sleep", "60"]) as server:
        made = Rig(SimpleNamespace(_process=server), None)  # type: ignore[arg-type]  # its pid alone counts
        with made.ahead():
            ahead = _policy(), os.sched_getscheduler(server.pid)
        after = _policy(), os.sched_getscheduler(server.pid)
        server.kill()
    assert (ahead, after) == ((os.SCHED_RR, os.SCHED_RR), (os.SCHED_OTHER, os.SCHED_OTHER))


@pytest.mark.parametrize("delay_ms", [2, 20])
def test_the_proxy_delays_by_what_it_says(delay_ms: int) -> None:
    measured = round_trip(delay_ms, 5)
    assert min(measured.values) >= delay_ms / 1000
    assert min(measured.values) < delay_ms / 1000 + 0.02


def test_the_clock_measures_a_pause() -> None:
    found = interleaved({"pause": lambda: time.sleep(0.01)}, 3)["pause"]
    assert 0.01 <= found.median < 0.1


def test_the_chart_is_an_svg_with_a_bar_for_each_and_colours_for_the_dark() -> None:
    text = chart([("near", [("us & them", 0.001, "ours"), ("other", 0.2, "bar")])])
    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["ours", "bar"]
    assert float(bars[0].get("width", "0")) < float(bars[1].get("width", "0"))
    assert "prefers-color-scheme: dark" in text


def test_thirty_probes_are_thirty() -> None:
    assert len(set(THIRTY)) == 30
