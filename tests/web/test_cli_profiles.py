"""Profiles and own diagnostics on the command line, as a process."""

from __future__ import annotations

import json
from pathlib import Path

from tests.web.test_cli import HEALTHY, flask

OWN = """\
[[diagnostic]]
id = "mine"
title = "Mine"
category = "memory"
command = "cat /proc/meminfo"
parser = "meminfo"
why = "It matters."
next_step = "Do this."
check = [{ label = "Available", value = "available_percent", source = "ours", fail = { below = 10 } }]
"""
PROFILE = 'name = "strict"\n[expect]\ncameras = 3\n[limits.mine]\nAvailable = { fail = 60 }\n'
FITS = '[match]\nhostname = "^v3-demo$"\n'


def write(folder: Path, kind: str, text: str) -> None:
    (folder / kind).mkdir(parents=True, exist_ok=True)
    (folder / kind / "mine.toml").write_text(text)


def test_an_own_diagnostic_judges_saved_text_by_a_chosen_profile(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(data, "diagnostics", OWN)
    write(data, "profiles", PROFILE)
    assert flask(tmp_path, "judge", "mine", stdin=HEALTHY, V3_DATA_DIR=str(data)).returncode == 0
    done = flask(tmp_path, "judge", "mine", "--profile", "strict", stdin=HEALTHY, V3_DATA_DIR=str(data))
    assert done.returncode == 2
    assert "limit: at least 60" in done.stdout
    assert 'source: your profile "strict"' in done.stdout
    by_setting = flask(tmp_path, "judge", "mine", stdin=HEALTHY, V3_DATA_DIR=str(data), V3_PROFILE="strict")
    assert by_setting.returncode == 2
    unknown = flask(tmp_path, "judge", "mine", "--profile", "x", stdin=HEALTHY, V3_DATA_DIR=str(data))
    assert unknown.returncode == 3
    assert "There is no profile 'x'" in unknown.stderr
    assert "strict" in unknown.stderr


def test_a_check_up_counts_the_profile_that_fits_the_device(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(data / "demo", "profiles", PROFILE.partition("[limits")[0] + FITS)
    done = flask(tmp_path, "checkup", "cameras", "--demo", "--json", V3_DATA_DIR=str(data))
    assert done.returncode == 2
    found = json.loads(done.stdout)["results"][0]["findings"][0]
    assert found["reason"] == "2 of 3 expected cameras are listed."
    assert found["limit_source"] == 'your profile "strict"'


def test_expected_units_are_asked_for_on_the_device(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(
        data / "demo",
        "profiles",
        f'name = "u"\n{FITS}[expect]\ncritical_units = ["cron.service", "x.service"]\n',
    )
    done = flask(tmp_path, "run-diagnostic", "critical-units", "--demo", "--json", V3_DATA_DIR=str(data))
    result = json.loads(done.stdout)
    assert " x.service && echo" in result["command"]
    verdicts = {item["label"]: item["verdict"] for item in result["findings"]}
    assert (verdicts["cron.service"], verdicts["x.service"]) == ("pass", "unknown")


def test_a_broken_own_file_stops_nothing_and_is_logged(tmp_path: Path) -> None:
    data = tmp_path / "data"
    write(data, "diagnostics", OWN.replace("below", "bellow"))
    done = flask(
        tmp_path, "judge", "memory", stdin=HEALTHY, V3_DATA_DIR=str(data), LOG_FILE=str(tmp_path / "log")
    )
    assert done.returncode == 0
    assert (
        "mine.toml:9: mine: check.0.fail.0.bellow: there is no such field" in (tmp_path / "log").read_text()
    )
