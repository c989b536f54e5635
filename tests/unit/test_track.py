"""Values over time: taken from a reading as the catalogue says, and absent where the board said nothing."""

from __future__ import annotations

import pytest

from utils.demo.saved_answers import FOLDER
from utils.errors import CatalogueError
from utils.judging.catalogue.loader import builtin_catalogue, load_catalogue
from utils.judging.judge import judge_diagnostic
from utils.judging.track import tracked

DEMO = {
    "boot-time": {"boot-time:total_s": 24.154},
    "input-voltage": {"input-voltage:lowest_v": 4.87},
    "temperatures": {"temperatures:zones.celsius": 52.656},
    "nvme-health": {"nvme-health:drives.percentage_used": 6.0},
    "nvme-temperature": {"nvme-temperature:sensors.celsius": 43.85},
    "emmc-wear": {},
    "uptime": {},
}


@pytest.mark.parametrize("name", DEMO)
def test_the_demo_boards_values(name: str) -> None:
    diagnostic = builtin_catalogue().get(name)
    text = (FOLDER / f"{name}.out").read_text(encoding="utf-8")
    assert tracked(diagnostic, judge_diagnostic(diagnostic, text, "", 0).reading) == DEMO[name]


def test_what_was_not_said_is_absent_and_never_zero() -> None:
    diagnostic = builtin_catalogue().get("temperatures")
    odd = ({}, None, {"zones": None}, {"zones": []}, {"zones": [{"celsius": None}, "x", {}]}, {"zones": True})
    assert [tracked(diagnostic, reading) for reading in odd] == [{}] * len(odd)


def test_a_misspelt_value_is_a_fault_of_the_file(tmp_path) -> None:
    (tmp_path / "own.toml").write_text(
        'category = "system"\n[[diagnostic]]\nid = "own"\ntitle = "Own"\ncommand = "uptime"\n'
        'parser = "boot_time"\nwhy = "W."\nnext_step = "N."\n[[diagnostic.track]]\nlabel = "Boot"\n'
        'value = "totals_s"\n'
    )
    with pytest.raises(CatalogueError, match=r"own.toml:11.*totals_s.*did you mean 'total_s'"):
        load_catalogue(tmp_path)
