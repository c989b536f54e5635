"""Each parser declares what its readings hold; no sentence has a gap, whichever value is missing."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.each import each
from tests.reads import held, readings
from utils.errors import CatalogueError
from utils.judging.catalogue.loader import builtin_catalogue, load_catalogue, with_own
from utils.judging.catalogue.names import declared, paths
from utils.judging.verdict import evaluate
from utils.model.results import Finding

CATALOGUE = builtin_catalogue()
OWN = """
[[diagnostic]]
id = "own-memory"
title = "Own memory"
category = "memory"
command = "cat /proc/meminfo"
parser = "meminfo"
why = "To see what a wrong name gives."
next_step = "Stop what is not needed."
"""


@each(CATALOGUE.diagnostics)
def test_a_parser_declares_all_that_its_readings_hold_and_nothing_else(diagnostic: str) -> None:
    parser = CATALOGUE.get(diagnostic).parser
    found = {path for reading in readings()[diagnostic] for path in held(reading)}
    assert found == declared(parser), "run: make reads"


def test_a_declaration_names_items_of_items() -> None:
    assert list(paths("a b[c d[e] f] g")) == ["a", "b", "b.c", "b.d", "b.d.e", "b.f", "g"]


def wrong(tmp_path: Path, more: str) -> list[str]:
    (tmp_path / "own.toml").write_text(OWN + more, encoding="utf-8")
    catalogue, faults = with_own(CATALOGUE, tmp_path)
    assert ("own-memory" in catalogue.diagnostics) == (not faults)
    assert set(catalogue.diagnostics) >= set(CATALOGUE.diagnostics)
    return faults


CHECK = 'check = [{{ label = "Free", value = "available_kb", fail = {{ below = 5 }}, {0} }}]'


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ('summary = "{availabel_kb} kB"', "availabel_kb"),
        ('check = [{ label = "x", value = "availabel_kb", fail = { below = 1 } }]', "availabel_kb"),
        ('check = [{ label = "x", each = "devices", value = "x", fail = { below = 1 } }]', "devices"),
        (CHECK.format('reason = "{free}"'), "free"),
        (CHECK.format('name = "{free}"'), "free"),
        (CHECK.format('evidence = "{free}"'), "free"),
        (CHECK.format('guide_by = "kind"'), "kind"),
        (CHECK.format('warn = { all = [{ value = "swap", above = 1 }] }'), "swap"),
        (CHECK.format('warn = { below = { board = "limit_kb", default = 1 } }'), "limit_kb"),
        (CHECK.format('info = [{ above = 1, next_step = "Look at {it}." }]'), "it"),
        (CHECK.format('ignore = { value = "totl_kb", equals = 1 }'), "totl_kb"),
    ],
)
def test_a_misspelt_name_is_named_with_its_line_and_the_names_there_are(
    tmp_path: Path, more: str, name: str
) -> None:
    faults = wrong(tmp_path, more)
    assert len(faults) == 1
    assert re.match(rf"{tmp_path.name}/own\.toml:10: own-memory: there is no value '{name}'", faults[0])
    assert re.search(r"the parser meminfo gives .*available_kb", faults[0])


@pytest.mark.parametrize("expression", ["(?!x)a", "(?<=x)a", "(a)\\\\1", "("])
def test_an_expression_that_re2_does_not_take_is_a_fault_with_its_line(
    tmp_path: Path, expression: str
) -> None:
    faults = wrong(
        tmp_path, f'check = [{{ label = "x", value = "total_kb", fail = {{ matches = "{expression}" }} }}]'
    )
    assert len(faults) == 1
    assert re.match(
        rf"{tmp_path.name}/own\.toml:10: own-memory: check\.0.*'matches' is not a regular", faults[0]
    )


def test_right_names_are_no_fault(tmp_path: Path) -> None:
    assert (
        wrong(tmp_path, 'summary = "{total_kb} kB"\n' + CHECK.format('reason = "{value}, {limit}, {label}"'))
        == []
    )


def test_the_nearest_name_is_offered(tmp_path: Path) -> None:
    assert "(did you mean 'available_kb'?)" in wrong(tmp_path, 'summary = "{availabel_kb} kB"')[0]


def test_a_wrong_name_in_the_catalogue_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN + 'summary = "{availabel_kb} kB"', encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"own\.toml:10: own-memory: there is no value 'availabel_kb'"):
        load_catalogue(tmp_path)


GAP = re.compile(r"(?<![\w/=])(?:\?|None|nan)(?![\w/=])|not told (?:is|of|at|%)|\{\w+\}")


def without(reading: Any, path: list[str]) -> Iterator[Any]:
    """The reading with None at the path, in each item and in the first one alone."""
    for first_only in (False, True):
        changed = copy.deepcopy(reading)
        _forget(changed, path, first_only)
        yield changed


def _forget(value: Any, path: list[str], first_only: bool) -> None:
    if isinstance(value, list):
        for item in value[:1] if first_only else value:
            _forget(item, path, first_only)
    elif isinstance(value, dict) and path[0] in value:
        if path[1:]:
            _forget(value[path[0]], path[1:], first_only)
        elif not isinstance(value[path[0]], list | dict):
            value[path[0]] = None


def whole(findings: tuple[Finding, ...], summary: str, where: str) -> None:
    for text in (summary, *(part for f in findings for part in (f.label, f.reason, f.next_step, f.limit))):
        assert not GAP.search(text), f"{where}: {text}"


@each(CATALOGUE.diagnostics)
def test_no_sentence_has_a_gap_whichever_value_is_missing(diagnostic: str) -> None:
    item = CATALOGUE.get(diagnostic)
    for reading in readings()[diagnostic][:12]:
        findings, _, summary = evaluate(item, reading)
        whole(findings, summary, "the whole reading")
        for path in sorted(declared(item.parser)):
            for changed in without(reading, path.split(".")):
                findings, _, summary = evaluate(item, changed)
                whole(findings, summary, f"without {path}")
