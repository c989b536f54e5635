"""Recordings of what is watched live: begun, ended, interrupted, drawn, and judged at the end. No socket."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from tests.unit.live_parts import CHARTS, DEVICE, Stage, judging, recorded
from tests.waiting import wait_until
from utils.errors import RecordingRuns, UnknownRecording
from utils.live.recordings.picture import draw, scale, ticks
from utils.live.recordings.recorder import Recorder, parse
from utils.live.recordings.soak import judge_soak
from utils.live.samples.sampler import Sampler
from utils.model.results import Device, Verdict
from utils.settings import PROJECT


def test_a_quiet_recording_is_fine_and_says_what_was_seen() -> None:
    found = judge_soak(recorded(60), CHARTS, judging, planned_s=60)
    assert found.verdict is Verdict.PASS
    assert found.sentence == (
        "Throttling 0 s; Lowest input voltage (VDD_IN) 4.97 V; OC1 under-voltage +0; Hottest 60.0 °C (cpu)."
    )


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"values": {"voltage.VDD_IN": 4.7}}, Verdict.FAIL, "4.70 V"),
        ({"values": {"voltage.VDD_IN": 4.86}}, Verdict.WARN, "4.86 V"),
        ({"counts": {"oc1": 2}}, Verdict.FAIL, "OC1 under-voltage +2"),
        ({"counts": {"cameras": 1}}, Verdict.WARN, "Cameras changed 1 time"),
        ({"values": {"temperature.cpu": 99.5}}, Verdict.FAIL, "99.5 °C"),
        ({"values": {"temperature.cpu": 90.0}}, Verdict.WARN, "90.0 °C"),
        ({"values": {"slowed.cpu-throttle-alert": 1}}, Verdict.WARN, "Throttling"),
    ],
)
def test_each_fault_is_seen_with_the_catalogues_limits(changes: Any, verdict: Verdict, words: str) -> None:
    found = judge_soak(recorded(60, **changes), CHARTS, judging, planned_s=60)
    assert (found.verdict, words in found.sentence) == (verdict, True), found
    worst = next(line for line in found.lines if line.verdict is verdict)
    assert worst.limit or worst.next_step, worst
    assert worst.next_step, worst


def test_what_is_missing_is_never_fine() -> None:
    assert judge_soak([], CHARTS, judging, planned_s=60).verdict is Verdict.UNKNOWN
    early = judge_soak(recorded(30), CHARTS, judging, planned_s=60)
    assert (early.verdict, early.recorded_s, early.missed_s) == (Verdict.UNKNOWN, 30, 30)
    samples = recorded(60)
    samples[20] = {"seq": 21, "at": 20_000, "values": {}, "counts": {}, "gap": "The link was lost."}
    lost = judge_soak(samples, CHARTS, judging, planned_s=60)
    assert lost.verdict is Verdict.WARN
    assert "Gaps 1, 2 s without data" in lost.sentence
    assert judge_soak(recorded(60), CHARTS, judging, planned_s=60, reboots=1).verdict is Verdict.FAIL


def test_a_gap_ends_the_line_of_a_picture_and_no_peak_is_lost() -> None:
    samples = recorded(3000)
    samples[1500]["values"]["voltage.VDD_IN"] = 4.5
    samples[2000] = {"seq": 2001, "at": 2_000_000, "values": {}, "counts": {}, "gap": "lost"}
    picture = draw(CHARTS["charts"][0], samples, [{"at": 1000, "note": "x"}])
    assert picture is not None
    assert picture.paths[0].low == 4.5
    assert picture.paths[0].d.count("M") == 2
    assert len(picture.paths[0].d) < 40_000
    assert len(picture.gaps) == len(picture.marks) == 1
    assert draw({**CHARTS["charts"][0], "series": []}, samples, []) is None


@pytest.fixture
def stage() -> Stage:
    return Stage(DEVICE)


def test_a_recording_goes_on_without_viewers_and_ends_by_itself(stage: Stage, tmp_path: Path) -> None:
    recorder = Recorder(Sampler(stage, judging, grace_s=0.1), tmp_path / "recordings")
    name = recorder.start(0.5)
    with pytest.raises(RecordingRuns):
        recorder.start(1)
    assert (recorder.running, recorder.names()) == (name, [name])
    assert wait_until(lambda: not recorder.running)
    found = recorder.read(name)
    assert (found.ended, found.device["serial"] if found.device else None) == ("finished", "1")
    assert len(found.samples) > 3
    assert wait_until(lambda: stage.running == 0)


def test_another_device_ends_a_recording(stage: Stage, tmp_path: Path) -> None:
    sampler = Sampler(stage, judging, grace_s=0.1)
    recorder = Recorder(sampler, tmp_path)
    name = recorder.start(60)
    assert wait_until(lambda: sampler.described()["last_seq"] > 2)
    early, known = stage.device, replace(stage.device, device_id="of-its-serial")
    both = (known.device_id, early.device_id)
    stage.ids_of = lambda some: both if some in both else (some,)  # type: ignore[method-assign]
    stage.device = known  # the same board, whose serial number was read meanwhile
    stage.lost.set()
    assert wait_until(lambda: sampler.described()["device"]["device_id"] == known.device_id)
    so_far = sampler.described()["last_seq"]
    assert wait_until(lambda: sampler.described()["last_seq"] > so_far + 2)
    assert recorder.running == name
    stage.device = Device("SHA256:two", serial="2", boot_id="boot-3", device_id="2-two")
    stage.lost.set()
    assert wait_until(lambda: not recorder.running)
    found = recorder.read(name)
    assert (found.ended, found.device["serial"] if found.device else None) == ("device-changed", "1")
    ended: list[str] = []
    bound = recorder.start(60, board=known.device_id, then=ended.append)  # of the board that is not there
    assert wait_until(lambda: ended == [bound])
    found = recorder.read(bound)
    assert (found.ended, found.device, found.samples) == ("device-changed", None, [])
    assert wait_until(lambda: stage.running == 0)


def test_a_torn_recording_is_read_as_one_that_was_interrupted(stage: Stage, tmp_path: Path) -> None:
    recorder = Recorder(Sampler(stage, judging, grace_s=0.1), tmp_path)
    name = recorder.start(0.3)
    assert wait_until(lambda: not recorder.running)
    path = tmp_path / f"{name}.jsonl"
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join(whole[:-3]) + whole[-3][:20])
    found = recorder.read(name)
    assert (found.ended, len(found.samples) > 0) == ("interrupted", True)
    with ThreadPoolExecutor(6) as readers:  # a long one takes hundreds of megabytes: once for all of them
        assert all(each is found for each in readers.map(recorder.read, [name] * 6))
    for wrong in ("../audit", "20261125-000000-zzz", ""):
        with pytest.raises(UnknownRecording):
            recorder.read(wrong)


@budget(40)
@given(st.lists(st.text(max_size=60) | st.sampled_from(['{"kind":"sample"}', '{"kind":"head"}', "[]", "1"])))
def test_no_file_breaks_the_reader_of_recordings(lines: list[str]) -> None:
    assert parse(lines, "x").id == "x"


JUNK = (
    st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.floats() | st.just([]) | st.just({})
)


@st.composite
def damaged(draw_one: st.DrawFn) -> str:
    """A line of a real recording with one value anywhere in it replaced."""
    kind, whole = draw_one(
        st.sampled_from(
            [
                ("head", {"started_at": "2026-11-28T10:00:00Z", "planned_s": 60}),
                ("sample", recorded(1)[0]),
                ("marker", {"at": 5, "note": "moved the cable"}),
                ("live", {"device": {"label": "a", "boot_id": "b"}, **CHARTS}),
                ("end", {"why": "finished", "at": 5}),
            ]
        )
    )
    data = json.loads(json.dumps({"kind": kind, **whole}))
    place = data
    while True:
        key = draw_one(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not inner or not isinstance(inner, dict | list) or draw_one(st.booleans()):
            place[key] = draw_one(JUNK)
            return json.dumps(data)
        place = inner


@budget(150)
@given(st.lists(damaged(), max_size=6))
def test_a_damaged_line_costs_itself_alone_and_breaks_neither_verdict_nor_pictures(lines: list[str]) -> None:
    whole = [json.dumps({"kind": "sample", **each}) for each in recorded(3)]
    whole.append(json.dumps({"kind": "live", "device": {"label": "a", "boot_id": "b"}, **CHARTS}))
    found = parse([*lines, *whole, *lines], "x")
    assert len(found.samples) >= 3
    judge_soak(found.samples, found.described, judging, planned_s=found.planned_s, reboots=found.reboots)
    for chart in found.described["charts"]:
        draw(chart, found.samples, found.markers)


AXES = json.loads((PROJECT / "tests/page/scale.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", AXES, ids=[each["why"] for each in AXES])
def test_the_axis_of_a_picture_is_that_of_the_page(case: dict[str, Any]) -> None:
    assert scale(case["most"], case["values"], case["limits"]) == pytest.approx(case["ends"])


@pytest.mark.parametrize(
    ("lasted_s", "second", "last"),
    [
        (57.3, "10 s", "50 s"), (60, "10 s", "60 s"), (1754, "5 min", "25 min"), (1800, "5 min", "30 min"),
        (5400, "15 min", "90 min"), (36000, "2 h", "10 h"),
    ],
)  # fmt: skip
def test_the_time_axis_of_a_report_has_steps_of_a_clock(lasted_s: float, second: str, last: str) -> None:
    found = ticks([{"at": 5000}, {"at": 5000 + int(lasted_s * 1000)}])
    assert (found[0], found[1][1], found[-1][1]) == ((0, f"0 {second.split()[1]}"), second, last)
    step = found[1][0]
    assert [x for x, _ in found] == pytest.approx([step * at for at in range(len(found))], abs=0.5)
    assert 720 - step < found[-1][0] <= 720
