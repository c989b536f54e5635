"""What the web layer may know, held by reading the code."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from utils.settings import PROJECT

WEB = sorted((PROJECT / "utils/web").glob("*.py"))
CORE = [
    *(PROJECT / "utils" / f"{name}.py" for name in ("events", "audit", "judging/result_of", "cli/report")),
    *sorted((PROJECT / "utils/bench").glob("[!_]*.py")),
]
BESIDE = [PROJECT / "utils" / f"{name}.py" for name in ("cli/commands", "applog", "options")]
MINE = [*WEB, *CORE, *BESIDE, PROJECT / "app.py"]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", WEB, ids=lambda path: path.name)
def test_web_knows_no_ssh_no_parsers_and_no_verdict_logic(path: Path) -> None:
    forbidden = (
        "paramiko",
        "subprocess",
        "utils.link.",
        "utils.judging.parsers",
        "utils.judging.verdict",
        "utils.judge",
    )
    assert not [name for name in imports(path) if (name + ".").startswith(forbidden)]


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_knows_neither_flask_nor_paramiko(path: Path) -> None:
    assert not [name for name in imports(path) if name.split(".")[0] in ("flask", "paramiko", "waitress")]


@pytest.mark.parametrize("path", MINE, ids=lambda path: path.name)
def test_files_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= (120 if path.name == "app.py" else 400)


def test_only_settings_reads_the_environment() -> None:
    for path in MINE:
        assert "environ[" not in path.read_text(encoding="utf-8").replace('request.environ["', "")
        assert "os.environ" not in path.read_text(encoding="utf-8")
        assert "getenv" not in path.read_text(encoding="utf-8")


def test_the_page_starts_without_what_only_a_device_or_the_command_line_needs() -> None:
    heavy = ["paramiko", "cryptography", "sqlalchemy", "alembic"]
    heavy += ["utils.cli.commands", "utils.web.openapi", "utils.live.logs.follow"]
    told = "import sys, app; print([name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", told, *heavy], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
