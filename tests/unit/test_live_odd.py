"""Live on odd devices and at odd moments: it says only what was measured."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from tests.unit.live_parts import CHARTS, DEVICE, Stage, cut, facts_of, judging, recorded
from tests.waiting import wait_until
from utils.errors import RecordingNotWritable
from utils.live.recordings.picture import draw
from utils.live.recordings.recorder import Recorder
from utils.live.recordings.soak import judge_soak
from utils.live.samples.clock import Clock
from utils.live.samples.history import CounterSums, SampleHistory
from utils.live.samples.measures import Measured, measure
from utils.live.samples.sampler import Sampler
from utils.live.samples.series import Counter


def test_things_of_one_name_are_told_apart() -> None:
    zones = [f"/sys/class/thermal/thermal_zone{n}/type:\x1b[1macpitz" for n in range(2)]
    rails = [f"/sys/class/hwmon/hwmon{n}/in1_label:VDD_IN" for n in (1, 2)]
    fans = [f"/sys/class/thermal/cooling_device{n}/type:Processor" for n in range(2)]
    now = (
        "/sys/class/thermal/thermal_zone1/temp:90000\n"
        "/sys/class/thermal/cooling_device0/cur_state:3\n/sys/class/thermal/cooling_device1/cur_state:0\n"
        "/sys/class/hwmon/hwmon1/in1_input:4700\n/sys/class/hwmon/hwmon2/in1_input:4990\n"
    )
    found = measure(facts_of("\n".join([*zones, *rails, *fans]) + "\n"), None, cut(now), "", judging)
    assert found.values == {
        "temperature.acpitz (zone 1)": 90,
        "voltage.VDD_IN": 4.7,
        "voltage.VDD_IN (2)": 4.99,
        "slowed.Processor": 3,
        "slowed.Processor (2)": 0,
    }


def test_more_than_a_chart_holds_is_said_and_busy_is_never_more_than_all() -> None:
    then = "".join(f"/proc/stat:cpu{n} 100 0 100 800 0 0 0 0 0 0\n" for n in range(128))
    now = then.replace("cpu0 100 0 100 800", "cpu0 130 0 100 780").replace(" 800 ", " 900 ")
    found = measure(facts_of(""), cut(then), cut(now), "", judging)
    assert (found.values["cpu.0"], found.left_out) == (100, {"cpu": 128 - 24})
    history = SampleHistory()
    for step in range(100):
        found = Measured()
        found.add("network", f"veth{step}.in", 1.0)
        found.count(Counter(f"veth{step}.errors", "", ""), 1)
        history.add(step, found)
    chart = history.described()["charts"][0]
    assert (len(chart["series"]), chart["left_out"]) == (48, 1)


def test_counts_after_a_restart_of_the_device_begin_at_nought_there_too() -> None:
    tally = CounterSums()
    for value in (3, 4):
        found = Measured()
        found.count(Counter("oc1", "", ""), value)
        counts = tally.add(found)
        tally.restarted()
    assert counts == {"oc1": 4}


@pytest.mark.parametrize("by_s", [3600, -3600])
def test_a_laptops_clock_that_is_set_does_not_move_the_samples(by_s: int) -> None:
    times = {"wall": 10_000.0, "steady": 5.0}
    clock = Clock(lambda: times["wall"], lambda: times["steady"])
    times |= {"wall": 10_001.0 + by_s, "steady": 6.0}
    assert clock.now_ms() == 10_001_000
    clock.begin(10_001_000)
    assert clock.now_ms() == 1000 * max(10_001, 10_001 + by_s)


def test_a_link_that_stays_lost_is_counted_to_the_end_and_nothing_is_seen_meanwhile() -> None:
    samples = recorded(30, values={"slowed.cpu-throttle-alert": 1})
    samples.append({"seq": 99, "at": 45_000, "values": {}, "counts": {}, "gap": "The link was lost."})
    found = judge_soak(samples, CHARTS, judging, planned_s=60, ended_at=60_000)
    assert "Gaps 1, 30 s without data; Throttling 0 s" in found.sentence


def test_a_value_that_is_not_said_is_no_line_in_a_picture() -> None:
    samples = recorded(6)
    for at in (2, 3, 5):
        del samples[at]["values"]["voltage.VDD_IN"]
    picture = draw(CHARTS["charts"][0], samples, [])
    assert picture is not None
    assert [piece.count("L") for piece in picture.paths[0].d.split("M")[1:]] == [1, 0, 0]


def test_a_full_disk_ends_a_recording_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(DEVICE)
    recorder = Recorder(Sampler(stage, judging, grace_s=0.1), tmp_path)
    name = recorder.start(60)
    assert wait_until(lambda: len(recorder.read(name).samples) > 2)
    write, room = os.write, [100]

    def until_full(file: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken, room[0] = min(len(data), room[0]), max(0, room[0] - len(data))
        return write(file, data[:taken])

    monkeypatch.setattr("utils.live.recordings.recorder.os.write", until_full)
    assert wait_until(lambda: not recorder.running)
    assert recorder.read(name).ended == "disk-full"
    assert (tmp_path / f"{name}.jsonl").read_bytes().endswith(b"}\n")
    assert wait_until(lambda: stage.running == 0)
    with pytest.raises(RecordingNotWritable):
        recorder.start(60)
    assert (recorder.running, recorder.names()) == ("", [name])


@pytest.mark.parametrize("disk", ["nvme0n1", "mmcblk0", "sda", "hda", "vda", "xvda"])
def test_each_disk_that_the_check_up_knows_has_a_chart(disk: str) -> None:
    text = f"/proc/uptime:{{at}}.00 1.00\n/proc/diskstats: 8 0 {disk} 1 1 {{at}}000 1 1 1 {{at}}000 1 0 1 1\n"
    before, now = cut(text.format(at=10)), cut(text.format(at=12))
    found = measure(facts_of(""), before, now, "", lambda name: None)
    assert found.values[f"disk.{disk}.read"] == pytest.approx(0.512)
