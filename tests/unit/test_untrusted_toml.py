"""A technician's own files, whatever is in them: in force, or named among the problems with its place."""

from __future__ import annotations

import copy
import json
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.budget import budget
from tests.unit.test_profiles import OTHER, OWN, PROFILE, ROVER
from utils.judging.catalogue.library import load_library
from utils.judging.catalogue.loader import Catalogue, builtin_catalogue
from utils.judging.judge import judge_diagnostic

WORDS = (
    "memory",
    "disk-space",
    "",
    "meminfo",
    "meminfo.x",
    "..",
    "_text",
    "a.b",
    "{x}",
    "{",
    "(",
    "^rover-",
    "value",
)
SCALARS = (
    st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=5,
)
FEW = Catalogue({name: builtin_catalogue().get(name) for name in ("memory", "disk-space", "critical-units")})


def toml(value: Any) -> str:
    """The value as TOML writes it in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def load(folder: str, data: bytes) -> None:
    """The file is in force, without a word, or it is named; everything else works, also on a device."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / folder / "mine.toml"
        path.parent.mkdir()
        path.write_bytes(data)
        library = load_library(Path(place), builtin=FEW)
        assert library.catalogue.diagnostics.keys() >= FEW.diagnostics.keys()
        for problem in library.problems:
            assert (
                problem.startswith((f"{folder}/mine.toml:", *library.catalogue.diagnostics))
                or "related" in problem
            )
        json.dumps(library.as_json())
        for device in (ROVER, OTHER, None):
            for item in library.catalogue:
                judge_diagnostic(
                    library.judging(item, device), "MemTotal: 10 kB\nMemAvailable: 5 kB\n", "", 0
                )


@pytest.mark.parametrize("folder", ["diagnostics", "profiles"])
@budget(60)
@given(
    data=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_a_file_or_a_problem(folder: str, data: bytes) -> None:
    load(folder, data)


@pytest.mark.parametrize("folder", ["diagnostics", "profiles"])
@pytest.mark.parametrize(
    "text",
    ["x = " + "[" * 20_000, "x = " + "{a=" * 20_000, "x = " + "9" * 5_000, "x = 1e999999", "x = 99999-99-99",
     "a" + ".a" * 2_000 + " = 1"],
    ids=["lists without end", "tables without end", "endless number", "endless exponent", "no date", "dots"],
)  # fmt: skip
def test_texts_that_break_readers_are_a_problem(folder: str, text: str) -> None:
    load(folder, text.encode())


def changed(table: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """A right file with another value, one left out or one more, at up to three places."""
    table = copy.deepcopy(table)
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = table
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from([*keys, "more"] if isinstance(place, dict) else keys or [None]))
            inner = None if key in ("more", None) else place[key]
            if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
                break
            place = inner
        if key is None:
            continue
        if key != "more" and data.draw(st.integers(0, 3)) == 0:
            del place[key]
        else:
            place[key] = data.draw(VALUES)
    return table


@pytest.mark.parametrize(("folder", "right"), [("diagnostics", OWN), ("profiles", PROFILE)])
@budget(150)
@given(data=st.data())
def test_any_structure_is_a_file_or_a_problem(folder: str, right: str, data: st.DataObject) -> None:
    table = changed(tomllib.loads(right), data)
    text = "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in table.items())
    if "inf" not in text and "nan" not in text:
        tomllib.loads(text)
    load(folder, text.encode())
