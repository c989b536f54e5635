"""`v3`, as a process: its script, its formats, what it says when something is wrong or cut short."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.warm import warm_run
from tests.web.program import clean_environment
from tests.web.test_cli import HEALTHY
from utils.settings import PROJECT

V3 = [sys.executable, "-m", "utils.cli"]


def v3(tmp_path: Path, *arguments: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    argv = [*V3, *arguments]
    return warm_run(argv, cwd=PROJECT, env=clean_environment(tmp_path, **environ), stdin=stdin)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose path holds a blank, with the environment that make would have made."""
    folder = tmp_path_factory.mktemp("a b")
    for name in ("utils", "app.py"):
        (folder / name).symlink_to(PROJECT / name)
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(PROJECT / "tools/v3", folder / ".venv/bin/v3")
    (folder / ".venv/bin/python").symlink_to(sys.executable)
    (folder / "link").symlink_to(".venv/bin/v3")
    return folder


@pytest.mark.parametrize("name", [".venv/bin/v3", "link", "PATH"])
def test_the_script_runs_from_anywhere(checkout: Path, tmp_path: Path, name: str) -> None:
    environ = clean_environment(tmp_path)
    command = "v3" if name == "PATH" else str(checkout / name)
    environ["PATH"] = f"{checkout / '.venv/bin'}:{environ['PATH']}"
    done = subprocess.run(
        [command, "--version"], cwd=tmp_path, env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("V3 Diagnostics ")


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["chekup"], "checkup"),
        (["checkup", "memmory"], "memory"),
        (["checkup", "--problem"], "--problems"),
        (["connect", "--bay", "mian"], "main"),
        (["judge", "memory", "--profile", "rovr"], "rover"),
        (["checkup", "--format", "jsn"], "json"),
    ],
)
def test_a_wrong_name_gets_the_nearest_one(tmp_path: Path, arguments: list[str], meant: str) -> None:
    profiles = tmp_path / "data/profiles"
    profiles.mkdir(parents=True)
    (profiles / "rover.toml").write_text('name = "rover"\n[expect]\ncameras = 3\n')
    done = v3(tmp_path, *arguments, V3_DISCOVER="off")
    assert (done.returncode, done.stdout) == (3, "")
    assert meant in done.stderr.split("memmory")[-1]
    assert "/api/" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("group", [[], ["hub"], ["hub", "user"]])
def test_no_line_of_the_help_is_cut(tmp_path: Path, group: list[str]) -> None:
    assert "..." not in v3(tmp_path, *group, "--help").stdout.partition("Commands:")[2]


def test_numbers_lists_and_times_are_told_in_words(tmp_path: Path) -> None:
    wrong = v3(tmp_path, "run-diagnostic", "memory", "--timeout", "abc").stderr
    assert "'abc' is not a valid number." in wrong
    board = v3(tmp_path, "history", "nobody")
    assert (board.returncode, "There is no board 'nobody'." in board.stderr) == (3, True)
    checkup = v3(tmp_path, "compare", "gold")
    assert "There is no" in checkup.stderr or "has no check-up 'gold'" in checkup.stderr
    pytest.importorskip("nats", reason="nats-py is not installed: see requirements-lab.txt")
    assert "No bench was invited yet" in v3(tmp_path, "hub", "stations").stdout
    assert "Nobody was added yet" in v3(tmp_path, "hub", "user", "list").stdout
    assert "reload the page" not in v3(tmp_path, "hub", "invite", "bench 3").stderr
    v3(tmp_path, "hub", "invite", "bench-3")
    told = v3(tmp_path, "hub", "stations", TZ="Asia/Kolkata").stdout
    here = datetime.now(UTC) + timedelta(hours=5, minutes=30)
    assert re.fullmatch(rf"bench-3 +invited {here.day} {here:%b %Y}, \d\d:\d\d\n", told)


def test_a_profile_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    for demo in ([], ["--demo"]):
        done = v3(tmp_path, "checkup", *demo, "memory", V3_PROFILE="nosuch")
        assert done.returncode == 3
        assert "V3_PROFILE=nosuch" in done.stderr


def read_text(text: str) -> None:
    assert text.splitlines()


def read_csv(text: str) -> None:
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    assert all(None not in row and None not in row.values() for row in rows)


def read_junit(text: str) -> None:
    suite = ElementTree.fromstring(text.encode())[0]  # noqa: S314 - our own text
    assert len(suite.findall("testcase")) == int(suite.get("tests", "0")) > 0


FORMATS: dict[str, Callable[[str], object]] = {
    "text": read_text,
    "json": json.loads,
    "csv": read_csv,
    "junit": read_junit,
}


@pytest.mark.parametrize("form", ["text", "csv"])
def test_a_saved_text_is_judged_in_every_format(tmp_path: Path, form: str) -> None:
    done = v3(tmp_path, "judge", "memory", "--format", form, stdin=HEALTHY)
    assert (done.returncode, done.stderr) == (0, "")
    FORMATS[form](done.stdout)


@pytest.mark.parametrize("form", ["csv", "junit"])
def test_what_never_started_says_so_in_every_format(tmp_path: Path, form: str) -> None:
    file = tmp_path / "j.xml"
    where = {"SSH_IP": "127.0.0.1", "SSH_PORT": "1", "SSH_PASSWORD": "canary-v3-1"}
    done = v3(tmp_path, "checkup", "memory", "--format", form, "--junit", str(file), **where)
    assert done.returncode == 3
    assert "unreachable" in done.stdout
    FORMATS[form](done.stdout)
    read_junit(file.read_text())
    assert "canary" not in done.stdout + done.stderr + file.read_text()


def test_an_unreadable_file_and_an_unknown_board_are_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/bench.toml").write_bytes(b"\xff\xfe")
    done = v3(tmp_path, "bays", V3_DISCOVER="off")
    assert (done.returncode, "bench.toml:1: it is not UTF-8 text" in done.stderr) == (0, True)
    (tmp_path / "data/bench.toml").unlink()
    assert v3(tmp_path, "history").stdout == "No board is known yet.\n"
    for arguments, way_out in (
        (["history", "x"], "v3 history lists"),
        (["compare", "x"], "v3 history BOARD"),
    ):
        done = v3(tmp_path, *arguments)
        assert (done.returncode, way_out in done.stderr) == (3, True)


@pytest.mark.parametrize("command", ["catalogue", "bays"])
def test_lists_come_as_a_table_too(tmp_path: Path, command: str) -> None:
    done = v3(tmp_path, command, "--format", "csv", V3_DISCOVER="off")
    assert (done.returncode, done.stderr) == (0, "")
    read_csv(done.stdout)


def test_no_line_of_a_whole_check_up_stands_twice(tmp_path: Path) -> None:
    said = [line for line in v3(tmp_path, "checkup", "--demo").stdout.splitlines() if line]
    steps = [line for line in said if "next:" in line and "as for" not in line]
    assert len(steps) == len(set(steps)) > 2
    heads = [line for line in said if not line.startswith(" ")]
    assert len(heads) == len(set(heads)) > 50


def test_problems_and_quiet_show_less_and_count_the_same(tmp_path: Path) -> None:
    ids = ["memory", "over-current", "wifi-power-save"]
    plain = v3(tmp_path, "checkup", "--demo", *ids).stdout.splitlines()
    problems = v3(tmp_path, "checkup", "--demo", "--problems", *ids).stdout.splitlines()
    both = v3(tmp_path, "checkup", "--demo", "--problems", "--quiet", *ids).stdout.splitlines()
    quiet = v3(tmp_path, "checkup", "--demo", "-q", *ids)
    assert [line for line in plain if line not in problems and not line.startswith("OK")] == []
    assert [line.split()[0] for line in both[:-1]] == ["Fault", "Warning"]
    assert quiet.stdout == f"{plain[-1]}\n"
    assert plain[-1] == problems[-1] == both[-1] == "1 fault, 1 warning, 1 OK"
    assert quiet.returncode == 2


@pytest.mark.parametrize(
    ("words", "offered"),
    [("v3 che", "checkup"), ("v3 judge over-curr", "over-current"), ("v3 checkup --pro", "--problems")],
)
def test_a_shell_completes_commands_diagnostics_and_options(tmp_path: Path, words: str, offered: str) -> None:
    asked = {"_V3_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    environ = {**clean_environment(tmp_path), **asked}
    done = warm_run(V3, cwd=PROJECT, env=environ)
    assert f"plain,{offered}" in done.stdout.splitlines()


def test_streams_that_were_closed_left_or_are_full_are_no_fault_and_no_verdict(tmp_path: Path) -> None:
    cases = {
        "catalogue --json | true": (3, ""),
        "catalogue > /dev/full": (3, "The answer cannot be written: No space left on device.\n"),
        "judge memory <&-": (3, ""),
        "--version >&-": (0, ""),
    }
    environ = clean_environment(tmp_path)
    for words, expected in cases.items():
        line = f'"{sys.executable}" -m utils.cli {words}; exit ${{PIPESTATUS[0]}}'
        done = subprocess.run(
            ["bash", "-c", line], cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == expected, words


def test_ctrl_c_before_there_is_a_command_is_no_traceback_and_no_verdict(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    environ = clean_environment(tmp_path, PYTHONPATH=str(tmp_path))
    done = subprocess.run(
        [*V3, "checkup"], cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def test_a_terminal_that_lacks_a_character_gets_its_code(tmp_path: Path) -> None:
    environ = clean_environment(tmp_path, PYTHONIOENCODING="iso8859-5")
    done = subprocess.run(  # from nothing: the interpreter itself reads that
        [*V3, "device", "--demo"], cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "v3-demo \\xb7 " in done.stdout) == (0, True)
