"""README says what the code does: its tables, its error codes, its worked example, its commands."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import pytest

from tests.readme_tables import README, TABLES, filled
from utils import errors
from utils.bench.places import read_places
from utils.judging.catalogue import load_catalogue
from utils.judging.catalogue.library import load_library
from utils.judging.judge import judge, judge_diagnostic
from utils.model.results import Device
from utils.settings import Settings

TEXT = README.read_text(encoding="utf-8")
MEMINFO = "MemTotal: 8000000 kB\nMemFree: 100000 kB\nMemAvailable: {} kB\nBuffers: 0 kB\nCached: 0 kB\n"


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.name)
def test_the_tables_are_the_codes_own(page: Path) -> None:
    assert filled(page) == page.read_text(encoding="utf-8"), "run: python -m tests.readme_tables"


def test_each_error_code_of_the_troubleshooting_table_exists() -> None:
    codes = {c.code for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, errors.V3Error)}
    named = set(re.findall(r"(?m)^\| `([a-z-]+)` \|", TEXT.split("## Troubleshooting")[1]))
    assert named
    assert named <= codes


def test_the_worked_example_is_a_diagnostic_that_judges(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    assert len(tomllib.loads(example.group(1))["diagnostic"]) == 1
    (tmp_path / "mine.toml").write_text(example.group(1))
    catalogue = load_catalogue(tmp_path)
    assert catalogue.get("spare-memory").compare is not None, "a built-in one without it stops the start"
    assert judge("spare-memory", MEMINFO.format(400_000), catalogue=catalogue).verdict == "fail"
    assert judge("spare-memory", MEMINFO.format(900_000), catalogue=catalogue).verdict == "pass"


def test_the_profile_of_the_example_judges_as_it_says(tmp_path: Path) -> None:
    section = TEXT.split("`profiles/*.toml` says")[1]
    example = re.search(r"```toml\n(.*?)```", section, re.DOTALL)
    assert example is not None
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "rover.toml").write_text(example.group(1))
    library = load_library(tmp_path)
    assert library.problems == ()
    device = Device("SHA256:x", hostname="rover-7")
    two = "vi-output, imx477 9-001a (platform:tegra-capture-vi:1):\n\t/dev/video0\n"
    judged = {
        name: judge_diagnostic(library.judging(library.catalogue.get(name), device), text, "", 0)
        for name, text in (("memory", MEMINFO.format(2_000_000)), ("cameras", two))
    }
    assert judged["memory"].verdict == "warn"
    assert judged["memory"].findings[0].limit_source == 'your profile "rover"'
    assert judged["cameras"].verdict == "fail"
    assert "1 of 2 expected cameras" in judged["cameras"].summary
    assert judge("memory", MEMINFO.format(2_000_000)).verdict == "pass"


def test_the_signatures_of_the_example_are_valid(tmp_path: Path) -> None:
    section = TEXT.split("`signatures/*.toml` says")[1]
    example = re.search(r"```toml\n(.*?)```", section, re.DOTALL)
    assert example is not None
    (tmp_path / "signatures").mkdir()
    (tmp_path / "signatures" / "mine.toml").write_text(example.group(1))
    library = load_library(tmp_path)
    assert library.problems == ()


def test_the_bench_of_the_example_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"```toml\n(.*?)```", TEXT.split("## More than one board")[1], re.DOTALL)
    assert example is not None
    (tmp_path / "bench.toml").write_text(example.group(1))
    monkeypatch.setenv("LEFT_PASSWORD", "secret")
    faults: list[str] = []
    places = list(read_places(Settings.model_validate({"v3_data_dir": tmp_path}), faults))
    assert ([place.id for place, _ in places], faults) == (["left"], [])


def test_each_make_target_named_exists() -> None:
    makefile = (README.parent / "Makefile").read_text()
    for target in re.findall(r"`?make ([a-z]+)", TEXT):
        assert re.search(rf"(?m)^{target}:", makefile), target


def test_pictures_and_files_named_exist() -> None:
    for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", TEXT):
        assert (README.parent / path).is_file(), path
