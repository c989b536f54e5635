"""The matrix of a fleet run: worst first both ways; what is wrong everywhere once; a suspected hub."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from utils.bench.fleet import BayCheckup, FleetRun
from utils.bench.matrix import Column, laid_out, matrix
from utils.errors import DeviceUnreachable
from utils.model.outcome import Answer, outcome
from utils.model.results import Result, Verdict

TITLES = {"fan": "Fan", "disk": "Disk space", "time": "Time source", "over-current": "Over-current"}


def part(bay: str, **verdicts: str) -> BayCheckup:
    """A bay whose check-up is over; words: "fail", or "fail: what it says"."""
    results = [
        Result(
            name.replace("_", "-"), Verdict(text.partition(": ")[0]), text.partition(": ")[2] or f"{name}."
        )
        for name, text in verdicts.items()
    ]
    answers = {each.diagnostic: Answer.of(each) for each in results}
    checkup: Any = SimpleNamespace(
        id=f"of-{bay}", finished=True, cancelled=False, duration_s=1.0, last_event=1,
        runs={each.diagnostic: SimpleNamespace(finished=True, error=None) for each in results},
        results=lambda: results, device_ids=lambda: {f"s-{bay}"},
        outcome=lambda: outcome(list(answers), answers),
    )  # fmt: skip
    return BayCheckup(bay_of(bay), checkup)


def bay_of(bay: str, port: str = "") -> Any:
    door = SimpleNamespace(settings=SimpleNamespace(target=SimpleNamespace(usb_port=port)))
    return SimpleNamespace(id=bay, title=f"at {bay}", door=door)


def shown(*parts: BayCheckup) -> dict[str, Any]:
    return matrix(FleetRun({each.bay.id: each for each in parts}), TITLES)


def test_boards_and_diagnostics_stand_worst_first() -> None:
    found = shown(
        part("a", fan="pass", disk="pass"),
        part("b", fan="warn", disk="pass"),
        part("c", fan="pass", disk="fail"),
    )
    assert [each["bay"] for each in found["bays"]] == ["c", "b", "a"]
    assert [each["diagnostic"] for each in found["rows"]] == ["disk", "fan"]
    assert found["verdict"] == "fail"
    assert found["rows"][0]["cells"]["c"] == {"verdict": "fail", "summary": "disk."}


def test_what_is_fine_everywhere_takes_no_row() -> None:
    assert shown(part("a", fan="pass"), part("b", fan="info"))["rows"] == []


def test_what_is_wrong_on_every_board_is_said_once_as_the_benchs() -> None:
    found = shown(part("a", time="warn: No time source."), part("b", time="warn: No time source."))
    assert [each["text"] for each in found["common"]] == ["All 2 boards: No time source."]
    assert found["rows"] == []


def test_boards_that_say_different_words_share_the_diagnostics_title_alone() -> None:
    found = shown(part("a", disk="fail: 100 % full."), part("b", disk="fail: 99 % full."))
    assert [each["text"] for each in found["common"]] == ["All 2 boards: Disk space."]


def test_different_verdicts_are_not_the_benchs() -> None:
    found = shown(part("a", disk="fail"), part("b", disk="warn"))
    assert (found["common"], [each["diagnostic"] for each in found["rows"]]) == ([], ["disk"])


def test_a_board_that_is_missing_hides_nothing_of_what_the_others_share() -> None:
    missing = BayCheckup(bay_of("c"), None, DeviceUnreachable("No board is at usb-1-2."))
    found = shown(part("a", time="warn: No time source."), part("b", time="warn: No time source."), missing)
    assert [each["text"] for each in found["common"]] == ["All 2 boards that were checked: No time source."]
    assert (found["bays"][-1]["bay"], found["bays"][-1]["state"]) == ("c", "not started")
    assert "No board" in found["bays"][-1]["cause"]


def test_nothing_is_the_benchs_while_one_board_has_no_result_yet() -> None:
    runs = {"time": SimpleNamespace(finished=False, error=None)}
    waiting: Any = SimpleNamespace(
        id="x", finished=False, cancelled=False, duration_s=None, verdict=None, runs=runs,
        results=list, device_ids=set, outcome=lambda: outcome(["time"], {}, running=True),
    )  # fmt: skip
    found = shown(part("a", time="warn"), part("b", time="warn"), BayCheckup(bay_of("c"), waiting))
    assert found["common"] == []


def test_a_hub_whose_boards_alone_show_a_weak_supply_is_suspected() -> None:
    weak = {"over_current": "fail"}
    found = shown(part("usb-1-2.1", **weak), part("usb-1-2.3", **weak), part("usb-1-4", over_current="pass"))
    assert len(found["suspects"]) == 1
    assert "usb-1-2" in found["suspects"][0]


@pytest.mark.parametrize(
    ("ports", "hub"),
    [
        (["usb-1-2.1", "usb-1-2.4"], "usb-1-2"),
        (["usb-1-2.1.3", "usb-1-2.1.4"], "usb-1-2.1"),
        (["usb-1-2.1.3", "usb-1-2.2"], "usb-1-2"),
        (["usb-1-2.1", "usb-1-3.1"], ""),
        (["usb-1-2.1", "usb-2-2.1"], ""),
        (["usb-1-2", "usb-1-3"], ""),
        (["usb-1-2.1"], ""),
    ],
)
def test_the_suspected_hub_is_the_one_nearest_to_all_weak_boards(ports: list[str], hub: str) -> None:
    parts = [part("main" if n == 0 else port, over_current="fail") for n, port in enumerate(ports)]
    parts[0] = BayCheckup(bay_of("main", ports[0]), parts[0].checkup)  # main is bound to its port
    found = shown(*parts, part("usb-9-9.1", over_current="pass"))["suspects"]
    assert [each.partition("the hub at ")[2].partition(" ")[0] for each in found] == ([hub] if hub else [])


def test_no_hub_is_suspected_where_others_have_the_same_or_one_of_its_boards_has_not() -> None:
    weak = {"over_current": "fail"}
    assert (
        shown(part("usb-1-2.1", **weak), part("usb-1-2.3", **weak), part("usb-1-4", **weak))["suspects"] == []
    )
    assert shown(part("usb-1-2.1", **weak), part("usb-1-2.3", over_current="pass"))["suspects"] == []


def test_a_part_of_the_boards_stands_as_in_the_whole_matrix_with_the_same_rows_and_sentences() -> None:
    columns = [
        Column(
            f"b{n}", f"at b{n}", f"board {n}", "finished", verdict,
            {
                "fan": Result("fan", verdict, "fan."),
                "time": Result("time", Verdict.WARN, "No time source."),
            },
        )
        for n, verdict in enumerate([Verdict.PASS, Verdict.FAIL, Verdict.PASS, Verdict.WARN, Verdict.PASS])
    ]  # fmt: skip
    whole = laid_out(columns, TITLES)
    parts = [laid_out(columns, TITLES, slice(first, first + 2)) for first in (0, 2, 4)]
    assert [bay for each in parts for bay in each["bays"]] == whole["bays"]
    assert [each["bay"] for each in parts[0]["bays"]] == ["b1", "b3"]
    for each in parts:
        assert (each["common"], each["suspects"]) == (whole["common"], whole["suspects"])
        assert [row["diagnostic"] for row in each["rows"]] == ["fan"]
        assert set(each["rows"][0]["cells"]) == {bay["bay"] for bay in each["bays"]}
    assert whole["common"][0]["text"] == "All 5 boards: No time source."
