"""The pages of boards: read from the history alone, whole without scripts, and never another board's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.web.test_history_api import FINE, SHORT, Program
from utils.demo.echo_terminal import DEVICE
from utils.judging.catalogue.library import Library
from utils.judging.catalogue.loader import builtin_catalogue
from utils.model.records import CheckupRecord, Origin
from utils.model.results import Device, Verdict
from utils.settings import Settings

OTHER = Device(
    "SHA256:b", serial="1424099999999", model="<b>Orin</b>", hostname="rover-9", device_id="s-" + "9" * 20
)


@pytest.fixture
def program(make_settings: Callable[..., Settings]) -> Iterator[Program]:
    made = Program(make_settings())
    yield made
    made.stop()


def text_of(program: Program, path: str, status: int = 200) -> str:
    answer = program.client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def another_board(program: Program, **more: object) -> CheckupRecord:
    values = {"measured": {}, "verdict": Verdict.WARN, "started_at": "2026-11-28T12:00:00.000Z"}
    record = CheckupRecord(
        id="other-1", duration_s=2.0, counts={"warn": 1}, cancelled=False, device=OTHER,
        origin=Origin(bay="main", device=OTHER.label, program="0.2.0"), **{**values, **more},
    )  # fmt: skip
    keeping = program.runner.memory.history.keep(record)
    keeping.wait(20)
    assert keeping.trouble is None
    return record


def test_the_list_has_every_board_and_a_search_finds_one(program: Program) -> None:
    program.checkup()
    another_board(program)
    listed = text_of(program, "/boards")
    assert "2 of 2 boards" in listed
    assert listed.count('class="boards-item"') == 2
    assert "&lt;b&gt;Orin&lt;/b&gt;" in listed, "what a board says of itself is text"
    for words in ("rover-9", "ROVER 9999", OTHER.device_id):
        found = text_of(program, f"/boards?search={words}")
        assert found.count('class="boards-item"') == 1
        assert "rover-9" in found
        devices = program.get(f"devices?search={words}")["devices"]
        assert [each["device_id"] for each in devices] == [OTHER.device_id]
    assert "No board has these words" in text_of(program, "/boards?search=nobody")


def test_a_boards_page_shows_its_newest_checkup_and_what_changed(program: Program) -> None:
    program.says("faulty", FINE)
    good = program.checkup()["checkup"]
    program.says("faulty", SHORT)
    bad = program.checkup()["checkup"]
    here = f"/boards/{DEVICE.device_id}"
    shown = text_of(program, here)
    assert shown.count('class="boards-bar"') == 2
    assert "1 thing got worse or is gone: Faulty" in shown
    assert f'data-golden="{bad}"' in shown
    assert "when it was last good" in shown
    program.client.post(f"/api/v1/checkups/{good}/golden", json={})
    assert "1 thing got worse" in text_of(program, f"{here}?against=golden")
    older = text_of(program, f"{here}?checkup={good}&against={bad}")
    assert "Until" in older
    assert "Golden no longer" in older
    another_board(program)
    assert "rover-9" in text_of(program, f"{here}?against=other-1")
    assert "The history has no check-up" in text_of(program, f"{here}?against=nope")
    assert "There is no earlier check-up" in text_of(program, f"/boards/{OTHER.device_id}")


def test_what_is_nowhere_is_a_page_that_says_so(program: Program) -> None:
    another_board(program)
    assert "s-ffff" not in text_of(program, "/boards/s-ffffffffffffffffffff", 404)
    text_of(program, f"/boards/{OTHER.device_id}?checkup=nope", 404)


def test_a_checkup_of_another_board_is_never_shown_as_this_ones(program: Program) -> None:
    mine = program.checkup()["checkup"]
    another_board(program)
    text_of(program, f"/boards/{OTHER.device_id}?checkup={mine}", 404)


def test_values_over_time_have_a_chart_and_a_table(program: Program) -> None:
    first = another_board(program, measured={"boot-time:total_s": 24.5})
    second = {"measured": {"boot-time:total_s": 48.0}, "started_at": "2026-11-29T12:00:00.000Z"}
    keeping = program.runner.memory.history.keep(replace(first, id="other-2", pending=("uptime",), **second))
    keeping.wait(20)
    program.runner.library = Library(builtin_catalogue())
    shown = text_of(program, f"/boards/{OTHER.device_id}")
    assert "Boot time of 2 check-ups: 24.5 s to 48 s" in shown
    assert shown.count('<td class="number">') == 2
    assert "Interrupted: 1 of 2 checked" in shown


def test_recordings_that_were_there_before_are_listed_under_their_board(program: Program) -> None:
    another_board(program)
    folder = program.settings.v3_data_dir / "recordings"
    folder.mkdir(parents=True)
    device = {"label": "rover-9", "boot_id": "b", "device_id": OTHER.device_id}
    lines = [
        {"kind": "head", "started_at": "2026-01-02T03:04:05.000Z", "planned_s": 60},
        {"kind": "live", "device": device, "charts": [], "counters": []},
    ]
    text = "\n".join(json.dumps(line) for line in lines) + "\n"
    (folder / "20260102-030405-abcd.jsonl").write_text(text, encoding="utf-8")
    shown = text_of(program, f"/boards/{OTHER.device_id}")
    assert "/api/v1/bays/main/live/recordings/20260102-030405-abcd/report" in shown
