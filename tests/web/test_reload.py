"""Own diagnostics and profiles by the API: read anew without a restart, with what is wrong named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.conftest import Client
from tests.web.small_catalogue import SMALL
from utils.audit import Audit
from utils.bench.runner import Runner
from utils.demo.local_door import LocalDoor
from utils.errors import BadRequest, UnknownDiagnostic
from utils.judging.catalogue.library import load_library

OWN = """\
[[diagnostic]]
id = "mine"
title = "Mine"
category = "memory"
command = "printf 'MemTotal: 1000 kB\\\\nMemAvailable: 300 kB\\\\n'"
parser = "meminfo"
why = "It matters."
next_step = "Do this."
check = [{ label = "Available", value = "available_percent", unit = "%", fail = { below = 10 } }]
"""
PROFILE = """\
name = "bench"
note = "on the bench"
match = { hostname = "^local$" }
[limits.mine]
Available = { fail = 50 }
"""


@pytest.fixture
def runner(door: LocalDoor, tmp_path: Path) -> Iterator[Runner]:
    made = Runner(
        load=lambda: load_library(tmp_path / "data", builtin=SMALL),
        door=door,
        audit=Audit(tmp_path / "audit.jsonl"),
    )
    yield made
    made.close()


def write(tmp_path: Path, folder: str, text: str) -> None:
    (tmp_path / "data" / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / "data" / folder / "mine.toml").write_text(text)


def test_a_new_own_diagnostic_is_there_after_a_reload_and_not_before(
    client: Client, runner: Runner, tmp_path: Path
) -> None:
    write(tmp_path, "diagnostics", OWN)
    assert client.post("/api/v1/diagnostics/mine/run", json={}).status_code == 404
    with runner.bus.subscribe() as events:
        answer = client.post("/api/v1/catalogue/reload", json={})
        event = events.get(1)
    assert answer.status_code == 200
    assert answer.get_json() == {
        "diagnostics": len(SMALL) + 1, "own": ["mine"], "profiles": [], "profile": None, "problems": [],
        "signatures": 0,
    }  # fmt: skip
    assert event is not None
    assert (event.kind, event.data["own"]) == ("catalogue-reloaded", ["mine"])
    listed = client.get("/api/v1/diagnostics").get_json()
    assert {item["id"]: item["origin"] for item in listed["diagnostics"]}["mine"] == "yours"
    result = client.post("/api/v1/diagnostics/mine/run", json={}).get_json()
    assert result["verdict"] == "pass"
    assert result["reading"]["available_percent"] == 30


def test_a_profile_that_fits_the_device_judges_after_a_reload(client: Client, tmp_path: Path) -> None:
    write(tmp_path, "diagnostics", OWN)
    write(tmp_path, "profiles", PROFILE)
    facts = client.post("/api/v1/catalogue/reload", json={}).get_json()
    assert facts["profiles"] == [{"name": "bench", "note": "on the bench"}]
    result = client.post("/api/v1/diagnostics/mine/run", json={}).get_json()
    assert result["verdict"] == "fail"
    assert result["findings"][0]["limit"] == "at least 50 %"
    assert result["findings"][0]["limit_source"] == 'your profile "bench"'
    assert client.get("/api/v1/diagnostics").get_json()["profile"] == "bench"


def test_a_broken_file_is_named_and_everything_else_works(client: Client, tmp_path: Path) -> None:
    write(tmp_path, "diagnostics", OWN.replace("below", "bellow"))
    facts = client.post("/api/v1/catalogue/reload", json={}).get_json()
    assert facts["own"] == []
    assert facts["problems"] == [
        "diagnostics/mine.toml:9: mine: check.0.fail.0.bellow: there is no such field"
    ]
    assert client.get("/api/v1/diagnostics").get_json()["problems"] == facts["problems"]
    assert client.post("/api/v1/diagnostics/healthy/run", json={}).get_json()["verdict"] == "pass"


def test_a_diagnostic_that_is_gone_after_a_reload_is_unknown(runner: Runner, tmp_path: Path) -> None:
    write(tmp_path, "diagnostics", OWN)
    runner.reload()
    assert runner.run("mine").verdict == "pass"
    (tmp_path / "data" / "diagnostics" / "mine.toml").unlink()
    runner.reload()
    with pytest.raises(UnknownDiagnostic):
        runner.run("mine")


def test_a_chosen_profile_stays_chosen_over_a_reload(runner: Runner, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="bench"):
        runner.choose_profile("bench")
    write(tmp_path, "diagnostics", OWN)
    write(tmp_path, "profiles", PROFILE.replace('match = { hostname = "^local$" }\n', ""))
    runner.reload()
    assert runner.run("mine").verdict == "pass"
    runner.choose_profile("bench")
    assert runner.run("mine").verdict == "fail"
    assert runner.reload().chosen == "bench"
    assert runner.run("mine").verdict == "fail"


def test_the_page_says_what_is_yours_and_what_is_wrong_with_it(
    client: Client, runner: Runner, tmp_path: Path
) -> None:
    assert "Your own: 0 diagnostics, 0 profiles." in client.get("/").get_data(as_text=True)
    write(tmp_path, "diagnostics", OWN)
    write(tmp_path, "profiles", PROFILE)
    runner.reload()
    page = client.get("/").get_data(as_text=True)
    assert "Your own: 1 diagnostic, 1 profile. This device is judged by your profile &#34;bench&#34;." in page
    assert 'data-row="mine"' in page
    assert 'class="own-problems"' not in page
    assert "#ui-own" not in page
    write(tmp_path, "diagnostics", OWN.replace("below", "<b>"))
    runner.reload()
    page = client.get("/").get_data(as_text=True)
    assert "mine.toml:9" in page or "mine.toml:10" in page
    above, _, below = page.partition("<main")
    assert ("not loaded" in above, 'href="#ui-own"' in above, 'id="ui-own"' in below) == (True, True, True)
    assert "<b>" not in page
