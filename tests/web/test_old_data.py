"""A data folder that version 0.1 made opens without a question (tests/old_data/0.1).

0.1 itself wrote known devices, audit log, token and recordings there, of its demo device; only the unknown
fields, the second board and the recordings that name less were put in afterwards. It kept no sessions.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.program import Page
from utils.demo.device import PASSWORD, DemoDevice
from utils.model.device_id import device_id
from utils.settings import load_settings, unknown_names

OLD = Path(__file__).parents[1] / "old_data/0.1"
BOARD, OTHER = json.loads((OLD / "known_devices.json").read_text())["devices"]
BOARDS_ID = device_id(BOARD["model"], BOARD["serial"], BOARD["fingerprint"])
OTHERS_ID = device_id("", "", OTHER["fingerprint"])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The old folder, where the program looks for it."""
    shutil.copytree(OLD, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def program(data: Path) -> Iterator[Page]:
    """The program on the old folder, with the board that 0.1 trusted; a new key would be asked about."""
    with DemoDevice(data / "demo") as board:
        where = {"SSH_IP": "127.0.0.1", "SSH_PORT": str(board.port), "SSH_PASSWORD": PASSWORD}
        started = Page(data.parent, SSH_HOST_KEYS="ask", **where)
        yield started
        started.stop()


def test_it_opens_without_a_question_and_nothing_of_it_is_lost(program: Page, data: Path) -> None:
    _, result = program.ask("POST", "/api/v1/diagnostics/spare-memory/run", {})
    assert (result["verdict"], result["device_id"]) == ("pass", BOARDS_ID)
    assert program.ask("GET", "/api/v1/connection")[1]["device"]["device_id"] == BOARDS_ID

    listed = program.ask("GET", "/api/v1/devices")[1]["devices"]
    assert {each["device_id"] for each in listed} == {BOARDS_ID, OTHERS_ID}
    kept = json.loads((data / "known_devices.json").read_text())
    assert (kept["version"], kept["site"], kept["devices"][0]["note"]) == (2, "hall 2", "the left one")
    assert {each["id"] for each in kept["devices"]} == {BOARDS_ID, OTHERS_ID}
    assert (data / "known_devices.json.bak").read_bytes() == (OLD / "known_devices.json").read_bytes()

    own = program.ask("GET", "/api/v1/diagnostics")[1]
    assert (own["own"], [each["name"] for each in own["profiles"]]) == (["spare-memory"], ["rover"])
    assert (own["profile"], own["problems"]) == ("rover", [])

    old_lines = (OLD / "audit.jsonl").read_bytes()
    assert (data / "audit.jsonl").read_bytes().startswith(old_lines)
    assert len((data / "audit.jsonl").read_bytes()) > len(old_lines)
    assert (data / "token").read_bytes() == (OLD / "token").read_bytes()


def test_its_recordings_are_listed_under_their_boards(program: Page) -> None:
    told = program.ask("GET", "/api/v1/live/recordings")[1]
    by_board = {board["label"]: (board["device_id"], board["recordings"]) for board in told["boards"]}
    assert by_board == {
        "v3-demo · 24012345": (BOARDS_ID, ["20261125-142600-ab12ce", "20261125-132600-ab12cd"]),
        "left": (OTHERS_ID, ["20261125-152600-ab12cf"]),
        "board unknown": (None, ["20261125-162600-ab12d0"]),
    }
    for name in told["recordings"]:
        found = program.ask("GET", f"/api/v1/live/recordings/{name}")[1]
        assert found["ended"] == "stopped"
        assert bool(found["samples"]) == (name != "20261125-162600-ab12d0")
    report = program.ask("GET", "/api/v1/live/recordings/20261125-132600-ab12cd/report")[1]
    assert re.search(r"\.key {[^}]*border-top-width", report), "a border is printed, a background is not"
    assert '<span class="key k0 d0"></span>' in report
    assert re.findall(r'y="168"[^>]*>([^<]*)<', report)[:2] == ["0 s", "1 s"]
    assert "2026-11-28T" not in report, "a moment is told as people write it"


def test_a_newer_versions_folder_is_refused_by_name_and_left_alone(data: Path, tmp_path: Path) -> None:
    newer = json.dumps({"version": 3, "devices": []})
    (data / "known_devices.json").write_text(newer)
    with DemoDevice(data / "demo") as board:
        where = {"SSH_IP": "127.0.0.1", "SSH_PORT": str(board.port), "SSH_PASSWORD": PASSWORD}
        program = Page(tmp_path, SSH_HOST_KEYS="trust-new", **where)
        status, answer = program.ask("POST", "/api/v1/diagnostics/memory/run", {})
        recordings = program.ask("GET", "/api/v1/live/recordings")[1]
        program.stop()
    assert status >= 400
    assert "newer version" in answer["detail"]
    assert str(data / "known_devices.json") in answer["detail"]
    assert (data / "known_devices.json").read_text() == newer
    assert [len(board["recordings"]) for board in recordings["boards"]] == [1, 1, 2], recordings


def test_its_settings_file_means_the_same() -> None:
    meant = json.loads((OLD / "dot-env.json").read_text())
    settings = load_settings({}, OLD / "dot-env").model_dump()
    told = {name: settings[name] for name in meant}
    shown = {name: v.get_secret_value() if hasattr(v, "get_secret_value") else v for name, v in told.items()}
    assert json.loads(json.dumps(shown, default=str)) == meant
    assert unknown_names({}, OLD / "dot-env") == []
