"""The wiggle test: what counts as a change, what is only noted, and what its verdict may never say."""

from __future__ import annotations

from typing import Any

import pytest

from utils.live.samples.codes import Gap
from utils.live.samples.history import SampleHistory
from utils.live.samples.measures import Measured
from utils.live.samples.wiggle import FALL_V, Wiggle
from utils.live.samples.wiggles import Wiggles

BEGAN = 1_700_000_000_000
USB = {"key": "usb", "label": "USB resets", "group": "USB", "gauge": False, "alarm": True, "words": []}
CAN = {"key": "can", "label": "can0", "group": "CAN", "gauge": True, "alarm": False, "words": ["down", "up"]}
RAIL = {"key": "voltage.VDD_IN", "label": "VDD_IN", "limits": []}


def about(**changes: Any) -> dict[str, Any]:
    return {
        "history": "one",
        "state": "on",
        "device": {"label": "board-a"},
        "charts": [{"id": "voltage", "series": [RAIL]}],
        "counters": [USB, CAN],
        **changes,
    }


def test(**changes: Any) -> Wiggle:
    return Wiggle("w", BEGAN, about(**changes), {"usb": 7, "can": 1})


def sample(second: int, volts: float | None = 5.0, usb: int | None = 7, can: int = 1) -> dict[str, Any]:
    values = {} if volts is None else {"voltage.VDD_IN": volts}
    counts = {"can": can} | ({} if usb is None else {"usb": usb})
    return {"seq": second, "at": BEGAN + second * 1000, "values": values, "counts": counts}


def gap(second: int, code: Gap) -> dict[str, Any]:
    return {**sample(second), "values": {}, "counts": {}, "gap": "Because.", "gap_code": code.value}


test.__test__ = False  # type: ignore[attr-defined]


def words(run: Wiggle) -> list[str]:
    return [event.words for event in run.events]


def tile(run: Wiggle, key: str) -> tuple[str, str]:
    return next((each["value"], each["tone"]) for each in run.described()["tiles"] if each["key"] == key)


def test_it_counts_from_what_was_there_before() -> None:
    run = test()
    run.see(sample(1))
    assert run.verdict() == {"code": "quiet", "tone": "ok", "words": "Nothing changed"}
    run.see(sample(2, usb=9))
    assert words(run) == ["USB resets: +2"]
    assert tile(run, "usb") == ("+2", "bad")
    assert run.verdict()["words"] == "1 change detected"


def test_a_gauge_is_named_and_may_be_no_alarm() -> None:
    run = test()
    run.see(sample(1, can=0))
    assert words(run) == ["can0: up → down"]
    assert tile(run, "can") == ("down", "warn")


def test_a_counter_that_was_never_said_before_begins_where_it_is_said() -> None:
    run = Wiggle("w", BEGAN, about(), {})
    run.see(sample(1, usb=40))
    run.see(sample(2, usb=None))
    assert words(run) == []
    assert tile(run, "usb") == ("0", "")


def test_a_sag_is_told_at_its_depth_and_the_noise_of_a_sensor_is_not() -> None:
    run = test()
    for second, volts in enumerate((5.0, 5.0 - FALL_V / 2, 4.5, 4.6), 1):
        run.see(sample(second, volts))
    assert words(run) == ["VDD_IN fell to 4.50 V"]
    assert tile(run, "voltage.VDD_IN") == ("4.50 V", "bad")


def test_a_lost_link_is_a_change_and_its_return_is_listed() -> None:
    run = test()
    run.see(sample(1))
    run.see(gap(2, Gap.LOST))
    assert run.described()["state"] == "link-lost"
    run.see(sample(14))
    assert words(run) == ["Link lost: Because.", "Link back after 12 s"]
    assert run.described()["state"] == "watching"
    assert tile(run, "link") == ("+1", "bad")
    assert run.verdict()["words"] == "1 change detected"


@pytest.mark.parametrize("code", [each for each in Gap if each is not Gap.LOST])
def test_what_was_not_sampled_is_noted_is_no_link_loss_and_never_quiet(code: Gap) -> None:
    run = test()
    run.see(sample(1))
    run.see(gap(2, code))
    run.see(sample(20))
    assert tile(run, "link") == ("0", "")
    assert [event.note for event in run.events] == [True]
    assert run.verdict()["code"] == "partly-watched"


def test_a_test_without_a_sample_never_says_that_nothing_changed() -> None:
    run = test(state="waiting")
    assert run.described()["state"] == "link-lost"
    run.end(BEGAN + 3000)
    assert run.verdict()["code"] == "nothing-measured"


def test_what_a_person_marks_is_in_the_report_and_is_no_change() -> None:
    run = test()
    run.see(sample(1))
    run.mark(BEGAN + 1500, "moved the CSI cable")
    run.end(BEGAN + 2000)
    assert run.verdict()["code"] == "quiet"
    assert "moved the CSI cable" in run.report()


def test_another_device_ends_it_and_says_so_but_keeps_whose_it_was() -> None:
    run = test()
    run.see(sample(1))
    run.meet(about(history="two", device={"label": "board-b"}), BEGAN + 2000)
    run.see(sample(3, usb=90))
    assert run.ended
    assert words(run) == ["Another device is here now"]
    assert run.report().startswith("Wiggle test of board-a")


def test_what_was_not_watched_until_the_end_is_said() -> None:
    run = test()
    run.see(sample(1))
    run.see(gap(2, Gap.UNWATCHED))
    run.end(BEGAN + 9000)
    assert "Not watched since" in run.report()


class Source:
    """A sampler that a test speaks for."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.ring = self

    def listen(self, heard: Any) -> None:
        self.heard = heard

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        self.told.append(data)

    def described(self) -> dict[str, Any]:
        return about()

    def newest_counts(self) -> dict[str, int]:
        return {"usb": 7}

    def now_ms(self) -> int:
        return BEGAN


def test_a_page_is_told_of_news_and_of_nothing_else() -> None:
    source = Source()
    tests = Wiggles(source)  # type: ignore[arg-type]
    one = tests.begin()["wiggle"]
    for second, resets in enumerate((7, 7, 8, 8), 1):
        source.heard("sample", sample(second, usb=resets))
    assert [len(each["shown"]) for each in source.told] == [0, 1]
    tests.end(one)
    source.heard("sample", sample(9, usb=70))
    assert len(source.told) == 2
    assert tests.get(one)["report"]


def test_a_gap_of_the_history_has_its_code_in_the_sample_and_in_the_columns() -> None:
    history = SampleHistory()
    history.add(1000, Measured())
    assert (history.gap(2000, "Nobody looked.", Gap.UNWATCHED) or {})["gap_code"] == "unwatched"
    columns = history.after(0)
    assert columns["gaps"] == {"2": "Nobody looked."}
    assert columns["gap_codes"] == {"2": "unwatched"}
