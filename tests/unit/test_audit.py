"""The audit log: whole lines from several programs at once, and its rotation."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from utils import audit
from utils.folders import locked
from utils.redact import redact
from utils.settings import PROJECT

WRITER = """
import sys
from pathlib import Path
from utils import audit
audit.MAX_BYTES = 20_000
log = audit.Audit(Path(sys.argv[1]))
for number in range(300):
    log.write("run", who=sys.argv[2], number=number, filling="x" * 100)
"""


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_programs_that_rotate_at_once_lose_no_line_of_the_newest_file(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), f"w{n}"], cwd=PROJECT) for n in range(4)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    old, new = lines_of(tmp_path / "audit.jsonl.1"), lines_of(path)
    assert (tmp_path / "audit.jsonl.1").stat().st_size > 20_000, "a small file has overwritten a full one"
    for who in {str(each["who"]) for each in [*old, *new]}:
        numbers = [each["number"] for each in [*old, *new] if each["who"] == who]
        assert numbers == list(range(int(str(numbers[0])), 300)), "a line is missing in between"


def test_a_lock_that_somebody_keeps_costs_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("utils.folders.LOCK_S", 0.05)
    path = tmp_path / "audit.jsonl"
    with locked(path.with_suffix(".lock")):
        audit.Audit(path).write("reset", who="page")
    assert [each["action"] for each in lines_of(path)] == ["reset"]


def test_the_audit_log_goes_on_after_a_line_torn_by_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"time": "2026', encoding="utf-8")
    audit.Audit(path).write("reset", who="page")
    torn, whole = path.read_text(encoding="utf-8").splitlines()
    assert torn == '{"time": "2026'
    assert json.loads(whole)["action"] == "reset"


def test_a_password_that_json_is_made_of_breaks_no_line(tmp_path: Path) -> None:
    redact.add("null", "true", '": "', "2048")
    path, heard = tmp_path / "audit.jsonl", []
    log = audit.Audit(path)
    log.heard = heard.append
    log.write("run", who="page", bytes=2048, whole=True, facts={"said": ["it is null"]})
    assert lines_of(path) == heard
    assert heard[0]["device"] is None
    assert (heard[0]["bytes"], heard[0]["whole"]) == (2048, True)
    assert heard[0]["facts"] == {"said": ["it is [redacted]"]}
