"""Real device outputs, where they are at hand (../shared/corpus): each judged file gets its conclusion.

tests/unit/corpus/*.toml: [[case]] file = "tegrastats/x.txt", id = "tegrastats", verdict = "pass" or
["pass", "info"], reading = {a subset}, exit_status = 0, note = "where the conclusion was corrected, why".
"""

from __future__ import annotations

import tomllib
import warnings
from pathlib import Path
from typing import Any

from tests.each import each
from tests.unit.test_fixtures import contains
from utils.judge import judge

TABLES = Path(__file__).parent / "corpus"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"


def cases() -> list[dict[str, Any]]:
    found = [
        case for path in sorted(TABLES.glob("*.toml")) for case in tomllib.loads(path.read_text())["case"]
    ]
    if not CORPUS.is_dir():
        warnings.warn(f"the corpus of device outputs is not at {CORPUS}: its cases do not run", stacklevel=1)
        return []
    return found


def check_conclusion(case: dict[str, Any]) -> None:
    stdout = (CORPUS / case["file"]).read_bytes().decode("utf-8", errors="replace")
    result = judge(case["id"], stdout, case.get("stderr", ""), case.get("exit_status", 0))
    allowed = case["verdict"] if isinstance(case["verdict"], list) else [case["verdict"]]
    assert result.verdict in allowed, f"{result.verdict}: {result.summary}"
    contains(result.reading or {}, case.get("reading", {}))


def test_each_table_names_files_and_verdicts() -> None:
    for path in TABLES.glob("*.toml"):
        for case in tomllib.loads(path.read_text())["case"]:
            assert set(case) <= {"file", "id", "verdict", "reading", "stderr", "exit_status", "note"}, (
                path.name
            )


if CASES := cases():  # no test at all, rather than a skipped one, where there is no corpus

    @each(CASES, lambda case: f"{case['id']}:{case['file']}")
    def test_device_output_gets_its_conclusion(case: dict[str, Any]) -> None:
        check_conclusion(case)
