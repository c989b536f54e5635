"""What a start may load and how files are written. Who may import whom: import-linter, in pyproject.toml."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.each import each
from tests.web.program import clean_environment
from utils.settings import PROJECT

WEB = sorted((PROJECT / "utils/web").rglob("*.py"))
CORE = [
    *(PROJECT / "utils" / f"{name}.py" for name in ("events", "audit", "judging/result_of", "cli/report")),
    *sorted((PROJECT / "utils/bench").glob("[!_]*.py")),
]
BESIDE = [
    *(PROJECT / "utils" / f"{name}.py" for name in ("applog", "options")),
    *sorted((PROJECT / "utils/cli").glob("*.py")),
]
MINE = [*WEB, *CORE, *BESIDE, PROJECT / "app.py"]


@each(MINE)
def test_files_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert len(text.splitlines()) <= (120 if path.name == "app.py" else 400)


def _named(path: Path) -> Iterator[str]:
    """The classes and named types of a file. A TypeVar stands for others, so it names no idea."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and re.match(r"_?[A-Z]+[a-z]\w* = (?!TypeVar)", ast.unparse(node)):
            yield ast.unparse(node.targets[0])


def test_a_name_of_a_class_or_a_type_means_one_thing_in_the_whole_program() -> None:
    told: dict[str, list[str]] = {}
    for path in sorted((PROJECT / "utils").rglob("*.py")) + sorted((PROJECT / "tools").rglob("*.py")):
        for name in _named(path):
            told.setdefault(name, []).append(str(path.relative_to(PROJECT)))
    assert len(told) > 500
    assert {name: files for name, files in told.items() if len(files) > 1} == {}


def test_only_settings_reads_the_environment() -> None:
    for path in MINE:
        assert "environ[" not in path.read_text(encoding="utf-8").replace('request.environ["', "")
        assert "os.environ" not in path.read_text(encoding="utf-8")
        assert "getenv" not in path.read_text(encoding="utf-8")


AT_THE_START = {
    "annotated_types", "backports", "blinker", "brotli", "click", "dotenv", "flask", "flask_compress",
    "itsdangerous", "jinja2", "markupsafe", "pydantic", "pydantic_core", "tomli", "typing_extensions",
    "typing_inspection", "werkzeug",
}  # fmt: skip
"""The installed packages that a start may load. A further one makes each start longer."""

LOADED = """
import atexit, sys
def tell():
    files = {{name: str(getattr(each, "__file__", "")) for name, each in sys.modules.items()}}
    print({{name: "site-packages" in file for name, file in files.items()}})
atexit.register(tell)  # a command ends the program
{start}
"""


def modules(start: str, tmp_path: Path) -> dict[str, bool]:
    """The modules that a start has loaded, and whether each is an installed package's."""
    code = LOADED.format(start=start)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=clean_environment(tmp_path, V3_DISCOVER="off"),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, bool] = ast.literal_eval(done.stdout.splitlines()[-1])
    return found


def loaded(start: str, names: list[str], tmp_path: Path) -> list[str]:
    """Which of these modules a start has loaded."""
    found = modules(start, tmp_path)
    return [name for name in names if _within(name, found)]


def _within(name: str, found: Iterable[str]) -> bool:
    return any(f"{each}.".startswith(f"{name}.") for each in found)


def test_the_page_starts_without_what_only_a_device_or_the_command_line_needs(tmp_path: Path) -> None:
    heavy = ["paramiko", "cryptography", "sqlalchemy", "alembic"]
    heavy += [
        "nats",
        "prometheus_client",
        "argon2",
        "authlib",
        "joserfc",
        "requests",
        "utils.lab.people",
        "utils.web.sessions",
    ]
    heavy += ["utils.cli.commands", "utils.web.openapi", "webbrowser", "utils.bench.swap", "utils.live.logs"]
    heavy += ["utils.live.recordings", "utils.live.samples.history", "utils.live.terminals"]
    heavy += ["utils.judging.catalogue.profile", "utils.judging.compare", "utils.judging.manifest"]
    heavy += ["utils.judging.judge", "utils.judging.parsers"]
    heavy += ["statistics", "asyncio", "sqlite3", "multiprocessing", "xml", "concurrent.futures.process"]
    found = modules("import app; app.create_app()", tmp_path)
    assert [name for name in [*heavy, "utils.web"] if _within(name, found)] == ["utils.web"]
    packages = {name.partition(".")[0] for name, installed in found.items() if installed}
    packages = {name for name in packages if not re.search("^_|__mypyc$", name)}
    assert packages <= AT_THE_START, "what the first page does not need is loaded when it is needed"


FLASK = "import flask.cli; flask.cli.main()"
V3 = "from utils.cli.__main__ import main; main()"


@pytest.mark.parametrize("start", [FLASK, V3])
@pytest.mark.parametrize("command", [["catalogue"], ["bays"]])
def test_the_command_line_stands_on_the_bench_alone(start: str, command: list[str], tmp_path: Path) -> None:
    program = ["flask", "--app", "app"] if start is FLASK else ["v3"]
    never = ["utils.web", "flask_compress", "utils.live.samples", "utils.live.terminals", "paramiko"]
    told = f"sys.argv = {[*program, *command]}\n{start}"
    core = "utils.bench.runner"
    assert loaded(told, [*never, core], tmp_path) == ([core] if command[0] == "bays" else [])


def test_flask_s_own_commands_still_get_the_app_that_serves(tmp_path: Path) -> None:
    told = f"sys.argv = ['flask', '--app', 'app', 'routes']\n{FLASK}"
    assert loaded(told, ["utils.web"], tmp_path) == ["utils.web"]
