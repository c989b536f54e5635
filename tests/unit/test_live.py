"""What is watched live: from raw text to samples, counts and gaps. No socket."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from tests.unit.live_parts import (
    CATALOGUE,
    DEVICE,
    FIRST,
    HEAD,
    SECOND,
    Stage,
    cut,
    facts_of,
    judging,
)
from tests.waiting import wait_until
from utils.demo.live import ModuleState, facts, interval_of
from utils.demo.machine import Machine
from utils.demo.saved_answers import SavedAnswers as Recorded
from utils.errors import BadRequest
from utils.live.samples.block import MAX_BLOCK_BYTES, ConstantBlock, Cutter, TooMuch
from utils.live.samples.clock import Clock
from utils.live.samples.history import KEPT_MS, MOST_SAMPLES, CounterSums, SampleHistory
from utils.live.samples.hurry import FAST_S, Hurry
from utils.live.samples.measures import Measured, measure
from utils.live.samples.sampler import Sampler
from utils.live.samples.script import FACTS_END, SAMPLE_END, sampling
from utils.live.samples.series import Counter
from utils.model.results import Device


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
    assert isinstance(blocks[0], ConstantBlock)
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
    values = ModuleState(machine)
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
    history = SampleHistory()
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
    tally = CounterSums()
    assert [tally.add(counted(oc1=value))["oc1"] for value in (7, 9, 2, 3)] == [0, 2, 4, 5]


def test_a_gap_is_marked_once_and_an_hour_is_kept() -> None:
    history = SampleHistory()
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
    history = SampleHistory()
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


def test_it_samples_while_somebody_looks_and_once_for_all() -> None:
    stage = Stage(DEVICE)
    sampler = Sampler(stage, judging, grace_s=0.1)
    with sampler.viewer(), sampler.viewer():
        assert wait_until(lambda: sampler.described()["last_seq"] > 2)
        assert stage.running == 1
    assert wait_until(lambda: stage.running == 0)
    assert wait_until(lambda: sampler.described()["state"] == "off")
    assert list(sampler.samples(0)["gaps"].values()) == ["Nobody looked."]
    with sampler.viewer():
        assert wait_until(lambda: sampler.described()["state"] == "on")
    assert stage.started == 2


def test_another_device_begins_anew_and_a_reboot_is_marked() -> None:
    stage = Stage(DEVICE)
    sampler = Sampler(stage, judging, grace_s=0.1)
    with sampler.viewer():
        assert wait_until(lambda: sampler.described()["last_seq"] > 2)
        stage.device = replace(DEVICE, boot_id="boot-2")
        stage.lost.set()
        assert wait_until(lambda: sampler.described()["markers"])
        before = sampler.described()["last_seq"]
        assert before > 2
        stage.device = Device("SHA256:two", serial="2", hostname="two", boot_id="boot-3", device_id="2-two")
        stage.lost.set()
        assert wait_until(lambda: (sampler.described()["device"] or {}).get("serial") == "2")
        assert [each["note"] for each in sampler.described()["markers"]] == [
            "Another device is here now; before it was one · 1."
        ]
        assert wait_until(lambda: sampler.samples(0)["seq"])
        assert sampler.samples(0)["seq"][0] == 1


def test_a_board_that_comes_back_finds_its_samples_and_markers_again() -> None:
    stage = Stage(DEVICE)
    sampler = Sampler(stage, judging, grace_s=0.1)

    def plug(device: Device) -> None:
        stage.device = device
        stage.lost.set()
        assert wait_until(lambda: (sampler.described()["device"] or {}).get("serial") == device.serial)

    other = Device("SHA256:two", serial="2", hostname="two", boot_id="boot-3", device_id="2-two")
    with sampler.viewer():
        assert wait_until(lambda: sampler.described()["last_seq"] > 2)
        sampler.mark("before the swap")
        before = sampler.described()
        plug(other)
        assert sampler.described()["history"] != before["history"]
        plug(DEVICE)
        now = sampler.described()
    assert now["history"] == before["history"]
    assert now["last_seq"] >= before["last_seq"]
    assert [each["note"] for each in now["markers"]] == [
        "before the swap", "This device is here again; before it was two · 2.",
    ]  # fmt: skip
    assert sampler.samples(0)["gaps"], "no line is drawn across the time in which it was away"


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
        assert wait_until(lambda: sampler.described()["last_seq"] > 2)
    assert stage.started == 2


def test_a_silence_of_the_device_is_a_gap() -> None:
    clock = {"now": 1_000.0}
    sampler = Sampler(
        Stage(DEVICE), judging, grace_s=0.1, clock=Clock(lambda: clock["now"], lambda: clock["now"])
    )
    with sampler.viewer():
        assert wait_until(lambda: sampler.described()["last_seq"] > 2)
        clock["now"] += 600
        assert wait_until(lambda: sampler.samples(0)["gaps"])
    assert next(iter(sampler.samples(0)["gaps"].values())) == "No sample came for 600 s."


def test_samples_come_fast_during_a_wiggle_test_and_through_a_reload_and_then_as_was_chosen() -> None:
    sampler = Sampler(Stage(DEVICE), judging, grace_s=0.3)
    hurry = Hurry(sampler)

    def every_s() -> float:
        return float(sampler.described()["interval_s"])

    with hurry.viewer():
        assert every_s() == FAST_S
    with hurry.viewer():  # the page is back
        time.sleep(0.4)
        sampler.set_interval(10)
        assert every_s() == FAST_S
    assert wait_until(lambda: every_s() == 10)
    sampler.set_interval(0.2)
    with hurry.viewer():
        assert every_s() == 0.2


@pytest.mark.parametrize("seconds", [0.1, 61, float("nan")])
def test_an_interval_outside_the_range_is_refused(seconds: float) -> None:
    with pytest.raises(BadRequest):
        Sampler(Stage(DEVICE)).set_interval(seconds)
