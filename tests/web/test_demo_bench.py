"""Several demo boards: one recording, each board with its own fault; one is pulled and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import wait_until
from utils.bench import startup
from utils.bench.fleet import Fleet
from utils.demo.boards import Hands, boards, overlays
from utils.demo.saved_answers import FOLDER
from utils.options import read_options
from utils.settings import Settings
from utils.web import create_web_app

FAULTS = {"main": "over-current", "board-2": "fan", "board-3": "disk-space", "board-4": "argus-daemon"}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[startup.Core]:
    folder = tmp_path_factory.mktemp("demo")
    made = startup.start(Settings.model_validate({"v3_data_dir": folder, "log_file": folder / "a"}), demo=4)
    yield made
    made.close()


def test_each_demo_board_has_its_own_fault_and_all_share_one_warning(core: startup.Core) -> None:
    run = Fleet(core.bench).start(
        None, [*FAULTS.values(), "can-bus", "modem", "kernel-log", "wifi-power-save"]
    )
    assert run.wait(60)
    for bay, part in run.as_json()["bays"].items():
        mine = {name for name, verdict in part["verdicts"].items() if verdict == "fail"}
        planted = {"over-current", "can-bus", "modem", "kernel-log"} if bay == "main" else {FAULTS[bay]}
        assert mine == planted, bay
        assert part["verdicts"]["wifi-power-save"] == "warn"
    assert len({part["device_id"] for part in run.as_json()["bays"].values()}) == 4


def test_every_change_is_of_a_text_that_the_recording_has() -> None:
    for change in overlays(3):
        for name, pairs in change.items():
            text = (FOLDER / f"{name}.out").read_text()
            assert [old for old, _ in pairs if old not in text] == [], name


def test_hands_pull_a_board_and_put_it_back(tmp_path: Path) -> None:
    board = boards(tmp_path, 2)[1]
    port = board.start()
    hands = Hands(board, in_s=0.1, out_s=0.3)
    try:
        assert wait_until(lambda: board._listener is None, 5)
        assert wait_until(lambda: board._listener is not None, 5)
        assert board.port == port
    finally:
        hands.close()
        board.stop()


@pytest.mark.parametrize(("given", "count"), [([], 0), (["--demo"], 1), (["--demo", "4"], 4)])
def test_the_demo_takes_the_number_of_its_boards(given: list[str], count: int) -> None:
    assert read_options(given).demo == count


@pytest.mark.parametrize(
    "given",
    [*(["--demo", number] for number in ("0", "41", "-1", "four")),
     *(["--replay", "a.v3bundle", *more] for more in (["--hub"], ["--join", "b.v3join"])),
     ["--hub", "--demo"], ["--hub", "--join", "b.v3join"]],
    ids=" ".join,
)  # fmt: skip
def test_options_that_cannot_be_are_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        read_options(given)
    assert caught.value.code == 3


def test_each_board_has_its_own_pages_also_when_it_has_results(core: startup.Core) -> None:
    core.bench.bay("board-2").runner.run("fan")
    page = create_web_app(core.settings, core.bench, demo=True).test_client()
    for path in ("", "live", "logs", "terminal", "report"):
        assert page.get(f"/bays/board-2/{path}").status_code == 200, path
