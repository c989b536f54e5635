"""What is watched live: from raw text to samples, counts, gaps, a recording's verdict. No socket."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from utils.catalogue.loader import builtin_catalogue
from utils.demo.live import Values, facts
from utils.demo.machine import Machine
from utils.demo.recording import Recording as Recorded
from utils.errors import BadRequest, OutcomeUnknown, RecordingRuns, UnknownRecording
from utils.live.block import MAX_BLOCK_BYTES, Block, Cutter, Facts, TooMuch
from utils.live.clock import Clock
from utils.live.history import KEPT_MS, MOST_SAMPLES, History, Tally
from utils.live.measures import Measured, measure
from utils.live.picture import draw
from utils.live.recorder import Recorder, parse
from utils.live.sampler import Sampler
from utils.live.script import FACTS_END, SAMPLE_END, interval_of, sampling
from utils.live.series import Counter
from utils.live.soak import judge_soak
from utils.result import Device, LinkState, LinkStatus, Verdict

CATALOGUE = builtin_catalogue()
judging = CATALOGUE.diagnostics.get
FIRST = """\
/proc/uptime:100.00 700.00
/proc/stat:cpu  100 0 100 800 0 0 0 0 0 0
/proc/stat:cpu0 100 0 100 800 0 0 0 0 0 0
/proc/diskstats: 259 0 nvme0n1 1 1 1000 1 1 1 2000 1 0 1 1
/proc/diskstats: 259 1 nvme0n1p1 1 1 9000 1 1 1 9000 1 0 1 1
/proc/net/dev:Inter-|   Receive                     |  Transmit
/proc/net/dev: face |bytes    packets errs drop fifo frame compressed multicast|bytes packets errs drop
/proc/net/dev:  usb0: 1000 10 0 0 0 0 0 0 5000 10 0 0 0 0 0 0
/sys/class/hwmon/hwmon1/in1_input:4968
/sys/class/hwmon/hwmon1/curr1_input:1000
/sys/class/hwmon/hwmon3/oc1_event_cnt:3
/sys/bus/usb/devices/1-2/devnum:4
"""
SECOND = (
    FIRST.replace("100.00 700.00", "102.00 701.00")
    .replace("cpu  100 0 100 800", "cpu  150 0 150 900")
    .replace("cpu0 100 0 100 800", "cpu0 150 0 150 900")
    .replace("1000 1 1 1 2000", "1000 1 1 1 10000")
    .replace("usb0: 1000", "usb0: 5000")
    .replace("cnt:3", "cnt:5")
    .replace("devnum:4", "devnum:5")
)
HEAD = "/sys/class/hwmon/hwmon1/in1_label:VDD_IN\n"


def cut(text: str) -> Block:
    return Cutter().feed(f"{text}{SAMPLE_END}\n".encode())[0]


def facts_of(text: str) -> Facts:
    block = Cutter().feed(f"{text}{FACTS_END}\n".encode())[0]
    assert isinstance(block, Facts)
    return block


def test_the_script_is_known_again_by_its_interval_and_nothing_else_is() -> None:
    assert interval_of(sampling(0.5)) == 0.5
    assert interval_of(sampling(60)) == 60
    assert interval_of("sleep 1 || exit") is None
    assert interval_of(sampling(1).replace("/proc/uptime", "/etc/shadow")) is None


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox sh"])
def test_each_shell_samples_this_computer(shell: str) -> None:
    if not shutil.which(shell.split()[0]):
        pytest.skip(f"{shell} is not installed")
    process = subprocess.Popen(
        [*shell.split(), "-c", sampling(0.2)], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stdout is not None
        cutter, blocks = Cutter(), []
        until = time.monotonic() + 10
        while len(blocks) < 3 and time.monotonic() < until:
            blocks += cutter.feed(process.stdout.read1(1 << 16))
    finally:
        process.kill()
        process.wait()
    assert isinstance(blocks[0], Facts)
    found = measure(blocks[0], blocks[1], blocks[2], "", judging)
    assert {"cpu.all", "memory.ram"} <= set(found.values)


def test_rates_are_by_the_devices_own_clock() -> None:
    found = measure(facts_of(HEAD), cut(FIRST), cut(SECOND), "", judging)
    assert found.values["cpu.all"] == 50.0
    assert found.values["disk.nvme0n1.write"] == 8000 * 512 / 2 / 1e6
    assert found.values["network.usb0.in"] == 2.0
    assert not any("p1" in key for key in found.values)
    assert found.values["voltage.VDD_IN"] == 4.968
    assert found.values["power.VDD_IN"] == 4.968
    assert found.counts["oc1"] == 5
    assert found.rises["usb.came"] == 1


def test_what_was_not_said_is_absent_and_never_zero() -> None:
    found = measure(facts_of(""), None, cut("/proc/uptime:1.00 1.00\n"), "", judging)
    assert found.values == {}
    assert found.counts == {"cameras": 0}
    first = measure(facts_of(HEAD), None, cut(FIRST), "", judging)
    assert not any(key.startswith(("cpu.", "disk.", "network.")) for key in first.values)


def test_limits_are_the_boards_and_the_catalogues() -> None:
    machine = Machine()
    recorded = Recorded(CATALOGUE, machine)
    head = facts_of("\n".join(facts(machine, recorded)) + "\n")
    values = Values(machine)
    blocks = [cut("\n".join(values.lines()) + "\n") for _ in range(2)]
    found = measure(head, blocks[0], blocks[1], values.beside(), judging)
    hot = found.series["temperature.cpu-thermal"].limits
    assert [(limit.value, limit.verdict) for limit in hot] == [(99.0, "warn"), (104.5, "fail")]
    low = found.series["voltage.VDD_IN"].limits
    assert [(limit.value, limit.verdict) for limit in low] == [(4.75, "fail"), (4.9, "warn")]
    assert {"gpu.emc", "clock.emc", "slowed.cpufreq-cpu0", "memory.swap"} <= set(found.values)
    twelve = measure(head, None, cut(SECOND.replace("4968", "12100")), "", judging)
    assert twelve.series["voltage.VDD_IN"].limits == ()


@budget(40)
@given(st.binary(max_size=4000), st.integers(1, 50))
def test_no_bytes_of_a_device_break_the_cutter_or_the_measures(data: bytes, piece: int) -> None:
    cutter = Cutter()
    text = data + f"\n{FACTS_END}\n".encode() + data + f"\n{SAMPLE_END}\n".encode()
    blocks = [block for at in range(0, len(text), piece) for block in cutter.feed(text[at : at + piece])]
    assert len(blocks) >= 2
    found = measure(blocks[0], blocks[-1], blocks[-1], data.decode("utf-8", "replace"), judging)
    history = History()
    history.add(1, found)
    json.dumps([history.after(0), history.described()], allow_nan=False)


def test_a_block_without_an_end_is_given_up() -> None:
    cutter = Cutter()
    assert cutter.feed(b"x" * MAX_BLOCK_BYTES) == []
    with pytest.raises(TooMuch):
        cutter.feed(b"x")


def counted(**counts: int) -> Measured:
    return Measured(counts=counts, counters={key: Counter(key, key, "Power") for key in counts})


def test_counts_begin_at_nought_and_do_not_fall_when_the_device_starts_anew() -> None:
    tally = Tally()
    assert [tally.add(counted(oc1=value))["oc1"] for value in (7, 9, 2, 3)] == [0, 2, 4, 5]


def test_a_gap_is_marked_once_and_an_hour_is_kept() -> None:
    history = History()
    assert history.gap(0, "nothing yet") is None
    history.add(0, Measured(values={"cpu.all": 1.0}))
    assert history.gap(1000, "The link was lost.") is not None
    assert history.gap(2000, "The link was lost.") is None
    history.add(KEPT_MS + 500, Measured(values={"cpu.all": 2.0, "cpu.0": 1.5}))
    found = history.after(0)
    assert found["seq"][-2:] == [2, 3]
    assert found["gaps"] == {"2": "The link was lost."}
    assert {key: column[-2:] for key, column in found["values"].items()} == {
        "cpu.all": [None, 2],
        "cpu.0": [None, 1.5],
    }
    assert history.after(2)["seq"] == [3]
    assert history.after(99)["seq"] == []


def test_the_history_is_bounded_and_its_time_never_goes_back() -> None:
    history = History()
    for number in range(MOST_SAMPLES + 2000):
        history.add(number, Measured(values={"cpu.all": float(number)}))
    found = history.after(0)
    assert len(found["seq"]) <= MOST_SAMPLES + 500
    assert found["values"]["cpu.all"][-1] == MOST_SAMPLES + 1999
    assert found["seq"][-1] == history.last_seq
    sample, _ = history.add(5, Measured())
    assert sample["at"] > MOST_SAMPLES + 1999
    for hour in range(1, 4):
        history.add(hour * 2 * KEPT_MS, Measured())
    assert len(history.after(0)["seq"]) < 600


# -- the sampler on a stand-in for the door ---------------------------------------------------------


class Stage:
    """A door whose samples come when the test says so."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.state = LinkState.CONNECTED
        self.running = 0
        self.started = 0
        self.lost = threading.Event()

    def status(self) -> LinkStatus:
        return LinkStatus(self.state, "ubuntu@x", device=self.device)

    @contextmanager
    def keep_connected(self) -> Iterator[None]:
        yield

    @contextmanager
    def stream(
        self, command: str, *, effect: str, cancel: threading.Event
    ) -> Iterator[Iterator[tuple[str, bytes]]]:
        self.running += 1
        self.started += 1
        try:
            yield self._chunks(cancel)
        finally:
            self.running -= 1

    def _chunks(self, cancel: threading.Event) -> Iterator[tuple[str, bytes]]:
        boot = self.device.boot_id
        yield "stdout", f"/proc/sys/kernel/random/boot_id:{boot}\n{FACTS_END}\n".encode()
        self.lost.clear()
        while not cancel.wait(0.01):
            if self.lost.is_set():
                raise OutcomeUnknown
            yield "stdout", f"{FIRST}{SAMPLE_END}\n".encode()
        from utils.errors import Cancelled

        raise Cancelled


DEVICE = Device("SHA256:one", serial="1", hostname="one", boot_id="boot-1")


def wait_for(condition: Callable[[], Any], timeout_s: float = 10) -> Any:
    until = time.monotonic() + timeout_s
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.01)
    assert found
    return found


def test_it_samples_while_somebody_looks_and_once_for_all() -> None:
    stage = Stage(DEVICE)
    sampler = Sampler(stage, judging, grace_s=0.1)
    with sampler.viewer(), sampler.viewer():
        wait_for(lambda: sampler.described()["last_seq"] > 2)
        assert stage.running == 1
    wait_for(lambda: stage.running == 0)
    wait_for(lambda: sampler.described()["state"] == "off")
    assert list(sampler.samples(0)["gaps"].values()) == ["Nobody looked."]
    with sampler.viewer():
        wait_for(lambda: sampler.described()["state"] == "on")
    assert stage.started == 2


def test_another_device_begins_anew_and_a_reboot_is_marked() -> None:
    stage = Stage(DEVICE)
    sampler = Sampler(stage, judging, grace_s=0.1)
    with sampler.viewer():
        wait_for(lambda: sampler.described()["last_seq"] > 2)
        stage.device = replace(DEVICE, boot_id="boot-2")
        stage.lost.set()
        wait_for(lambda: sampler.described()["markers"])
        before = sampler.described()["last_seq"]
        assert before > 2
        stage.device = Device("SHA256:two", serial="2", hostname="two", boot_id="boot-3")
        stage.lost.set()
        wait_for(lambda: (sampler.described()["device"] or {}).get("serial") == "2")
        assert [each["note"] for each in sampler.described()["markers"]] == [
            "Another device is here now; before it was one · 1."
        ]
        wait_for(lambda: sampler.samples(0)["seq"])
        assert sampler.samples(0)["seq"][0] == 1


def test_samples_of_a_boot_that_the_link_does_not_know_yet_are_not_taken() -> None:
    stage = Stage(DEVICE)
    sampler = Sampler(stage, judging, grace_s=0.1)
    boots = iter(["other", "boot-1", "boot-1", "boot-1"])
    chunks = stage._chunks

    def late(cancel: threading.Event) -> Iterator[tuple[str, bytes]]:
        known, stage.device = stage.device, replace(DEVICE, boot_id=next(boots))
        found = chunks(cancel)
        first = next(found)
        stage.device = known
        yield first
        yield from found

    stage._chunks = late  # type: ignore[method-assign]
    with sampler.viewer():
        wait_for(lambda: sampler.described()["last_seq"] > 2)
    assert stage.started == 2


def test_a_silence_of_the_device_is_a_gap() -> None:
    clock = {"now": 1_000.0}
    sampler = Sampler(
        Stage(DEVICE), judging, grace_s=0.1, clock=Clock(lambda: clock["now"], lambda: clock["now"])
    )
    with sampler.viewer():
        wait_for(lambda: sampler.described()["last_seq"] > 2)
        clock["now"] += 600
        wait_for(lambda: sampler.samples(0)["gaps"])
    assert next(iter(sampler.samples(0)["gaps"].values())) == "No sample came for 600 s."


@pytest.mark.parametrize("seconds", [0.1, 61, float("nan")])
def test_an_interval_outside_the_range_is_refused(seconds: float) -> None:
    with pytest.raises(BadRequest):
        Sampler(Stage(DEVICE)).set_interval(seconds)


# -- recordings -------------------------------------------------------------------------------------

CHARTS = {
    "charts": [
        {
            "id": "voltage", "title": "Input voltage", "unit": "V", "most": None, "decimals": 3,
            "series": [{"key": "voltage.VDD_IN", "label": "VDD_IN", "limits": []}],
        },
        {
            "id": "temperature", "title": "Temperatures", "unit": "°C", "most": None, "decimals": 1,
            "series": [
                {
                    "key": "temperature.cpu", "label": "cpu",
                    "limits": [
                        {"value": 99.0, "verdict": "warn", "label": ""},
                        {"value": 104.5, "verdict": "fail", "label": ""},
                    ],
                }
            ],
        },
    ],
    "counters": [
        {"key": "oc1", "label": "OC1 under-voltage", "gauge": False, "alarm": True},
        {"key": "cameras", "label": "Cameras", "gauge": True, "alarm": True},
    ],
    "markers": [],
}  # fmt: skip


def recorded(seconds: int, **at_last: Any) -> list[dict[str, Any]]:
    """A sample a second; at_last replaces values of the last one."""
    samples = [
        {
            "seq": n + 1,
            "at": n * 1000,
            "values": {"voltage.VDD_IN": 4.97, "temperature.cpu": 60.0, "slowed.cpu-throttle-alert": 0},
            "counts": {"oc1": 0, "cameras": 2},
        }
        for n in range(seconds + 1)
    ]
    for kind, changes in at_last.items():
        samples[-1][kind] = {**samples[-1][kind], **changes}
    return samples


def test_a_quiet_recording_is_fine_and_says_what_was_seen() -> None:
    found = judge_soak(recorded(60), CHARTS, judging, planned_s=60)
    assert found.verdict is Verdict.PASS
    assert found.sentence == (
        "Slowed down 0 s, Lowest input voltage (VDD_IN) 4.97 V, OC1 under-voltage +0, Hottest 60.0 °C (cpu)."
    )


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"values": {"voltage.VDD_IN": 4.7}}, Verdict.FAIL, "4.70 V"),
        ({"values": {"voltage.VDD_IN": 4.86}}, Verdict.WARN, "4.86 V"),
        ({"counts": {"oc1": 2}}, Verdict.FAIL, "OC1 under-voltage +2"),
        ({"counts": {"cameras": 1}}, Verdict.WARN, "Cameras changed 1 times"),
        ({"values": {"temperature.cpu": 99.5}}, Verdict.FAIL, "99.5 °C"),
        ({"values": {"temperature.cpu": 90.0}}, Verdict.WARN, "90.0 °C"),
        ({"values": {"slowed.cpu-throttle-alert": 1}}, Verdict.WARN, "Slowed down"),
    ],
)
def test_each_fault_is_seen_with_the_catalogues_limits(changes: Any, verdict: Verdict, words: str) -> None:
    found = judge_soak(recorded(60, **changes), CHARTS, judging, planned_s=60)
    assert (found.verdict, words in found.sentence) == (verdict, True), found


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
    wait_for(lambda: not recorder.running)
    found = recorder.read(name)
    assert (found.ended, found.device["serial"] if found.device else None) == ("finished", "1")
    assert len(found.samples) > 3
    wait_for(lambda: stage.running == 0)


def test_another_device_ends_a_recording(stage: Stage, tmp_path: Path) -> None:
    sampler = Sampler(stage, judging, grace_s=0.1)
    recorder = Recorder(sampler, tmp_path)
    name = recorder.start(60)
    wait_for(lambda: sampler.described()["last_seq"] > 2)
    stage.device = Device("SHA256:two", serial="2", boot_id="boot-3")
    stage.lost.set()
    wait_for(lambda: not recorder.running)
    found = recorder.read(name)
    assert (found.ended, found.device["serial"] if found.device else None) == ("device-changed", "1")
    wait_for(lambda: stage.running == 0)


def test_a_torn_recording_is_read_as_one_that_was_interrupted(stage: Stage, tmp_path: Path) -> None:
    recorder = Recorder(Sampler(stage, judging, grace_s=0.1), tmp_path)
    name = recorder.start(0.3)
    wait_for(lambda: not recorder.running)
    path = tmp_path / f"{name}.jsonl"
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join(whole[:-3]) + whole[-3][:20])
    found = recorder.read(name)
    assert (found.ended, len(found.samples) > 0) == ("interrupted", True)
    for wrong in ("../audit", "20261125-000000-zzz", ""):
        with pytest.raises(UnknownRecording):
            recorder.read(wrong)


@budget(40)
@given(st.lists(st.text(max_size=60) | st.sampled_from(['{"kind":"sample"}', '{"kind":"head"}', "[]", "1"])))
def test_no_file_breaks_the_reader_of_recordings(lines: list[str]) -> None:
    assert parse(lines, "x").id == "x"
