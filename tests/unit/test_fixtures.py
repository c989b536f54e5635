"""Every pair tests/unit/fixtures/<diagnostic-id>--<case>.out/.json: saved text -> the verdict it must get.

The .json: {"verdict": "pass" or ["pass", "info"], "reading": {a subset of it, deep}, "stderr": "",
"exit_status": 0, "summary": "text it contains", "labels": ["findings it has"]}; all but verdict optional.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.each import each
from utils.judge import judge

FIXTURES = Path(__file__).parent / "fixtures"
CASES = sorted(path.stem for path in FIXTURES.glob("*.out"))


def contains(actual: Any, expected: Any, path: str = "reading") -> None:
    """expected is a subset of actual: mappings by key, lists item by item, the rest equal."""
    if isinstance(expected, dict):
        assert isinstance(actual, dict), path
        for key, value in expected.items():
            assert key in actual, f"{path}.{key} is missing"
            contains(actual[key], value, f"{path}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list), path
        assert len(actual) == len(expected), f"{path}: {actual!r}"
        for number, (left, right) in enumerate(zip(actual, expected, strict=True)):
            contains(left, right, f"{path}[{number}]")
    else:
        assert actual == expected, f"{path}: {actual!r} is not {expected!r}"


@each(CASES)
def test_saved_text_gets_its_verdict(case: str) -> None:
    stdout = (FIXTURES / f"{case}.out").read_bytes().decode("utf-8", errors="replace")
    want = json.loads((FIXTURES / f"{case}.json").read_text())
    assert set(want) <= {"verdict", "reading", "stderr", "exit_status", "summary", "labels"}
    result = judge(case.split("--")[0], stdout, want.get("stderr", ""), want.get("exit_status", 0))
    allowed = want["verdict"] if isinstance(want["verdict"], list) else [want["verdict"]]
    assert result.verdict in allowed, f"{result.verdict}: {result.summary}"
    if "reading" in want:
        contains(result.reading, want["reading"])
    assert want.get("summary", "") in result.summary
    assert set(want.get("labels", [])) <= {finding.label for finding in result.findings}


def test_every_fixture_has_both_halves() -> None:
    halves = {path.stem for path in FIXTURES.glob("*.json")}
    assert halves == set(CASES)
