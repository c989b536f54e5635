"""What a board should have, set from the page: a profile of its own, shown before it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from utils.bench.expected import drafted, in_force, save
from utils.demo.saved_answers import FOLDER
from utils.errors import BadRequest
from utils.judging.catalogue.library import load_library
from utils.judging.judge import judge_diagnostic
from utils.model.results import Device, Verdict

BOARD = Device(
    "SHA256:a", serial="1424024012345", hostname='rover "7"', model="Orin", device_id="s-0123456789"
)
OTHER = Device("SHA256:b", serial="1424024099999", hostname="rover-8", model="Orin", device_id="s-9876543210")
KIND = """\
name = "rovers"
note = "of the line"
[match]
hostname = "^rover"
[expect]
cameras = 1
critical_units = ["rover.service"]
[limits.disk-space]
"Space used" = { warn = 70, fail = 85 }
"""


def test_it_begins_with_what_counts_now_and_counts_for_this_board_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "profiles" / "rovers.toml"
    theirs.parent.mkdir()
    theirs.write_text(KIND)
    library = load_library(tmp_path)
    assert in_force(library, BOARD) == ("rovers", {
        "cameras": 1, "usb_devices": (), "can_interfaces": (), "critical_units": ("rover.service",),
        "power_mode": "",
    })  # fmt: skip
    wanted = {"cameras": 2, "usb_devices": ["0BDA:5411"], "critical_units": ["rover.service"]}
    draft = drafted(library, BOARD, wanted, tmp_path)
    assert not draft.path.exists()
    assert "+cameras = 2" in draft.difference
    save(draft)
    library = load_library(tmp_path)
    assert library.problems == ()
    mine = library.profile_for(BOARD)
    assert mine == draft.profile
    assert mine is not None
    assert (mine.limits["disk-space"]["Space used"].fail, mine.expect.usb_devices) == (85, ("0bda:5411",))
    assert in_force(library, OTHER)[0] == "rovers"
    assert theirs.read_text() == KIND
    assert draft.path.stat().st_mode & 0o077 == 0
    again = drafted(library, BOARD, {"cameras": 3}, tmp_path)
    assert {"-cameras = 2", "+cameras = 3"} <= set(again.difference)
    assert drafted(library, BOARD, {"cameras": 2}, tmp_path).difference == []


@pytest.mark.parametrize(
    "wrong",
    [{"cameras": -1}, {"usb_devices": ["keyboard"]}, {"critical_units": ["x; reboot"]}, {"power_mode": "\n"}],
)
def test_what_no_profile_may_hold_is_refused_with_its_field(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest) as caught:
        drafted(load_library(tmp_path), BOARD, wrong, tmp_path)
    assert next(iter(wrong)) in str(caught.value)
    assert not (tmp_path / "profiles").exists()


def test_a_board_without_a_number_and_a_profile_that_names_it_already_are_left_alone(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no serial number"):
        drafted(load_library(tmp_path), Device("SHA256:c", serial="0"), {}, tmp_path)
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/a.toml").write_text(f'name = "a"\n[match]\nserials = ["{BOARD.serial}"]\n')
    with pytest.raises(BadRequest, match="names this board by its serial number"):
        drafted(load_library(tmp_path), BOARD, {"cameras": 2}, tmp_path)
    with pytest.raises(BadRequest, match="chosen for all boards"):
        drafted(load_library(tmp_path, chosen="a"), BOARD, {"cameras": 2}, tmp_path)


def test_a_camera_less_than_expected_is_a_fault_and_names_the_boards_profile(tmp_path: Path) -> None:
    save(drafted(load_library(tmp_path), BOARD, {"cameras": 5}, tmp_path))
    library = load_library(tmp_path)
    mine = library.judging(library.catalogue.get("cameras"), BOARD)
    seen = (FOLDER / "cameras.out").read_text()
    found = judge_diagnostic(mine, seen, "", 0)
    assert found.verdict is Verdict.FAIL
    assert "expected" in found.summary
