"""The version is said once and shown everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

from flask.testing import FlaskClient

from utils.settings import PROJECT
from utils.version import VERSION


def test_the_version_is_the_newest_of_the_changelog_and_the_projects() -> None:
    newest = re.search(r"(?m)^## (\S+)", (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8"))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert newest is not None
    assert newest[1] == project["version"] == VERSION


def test_the_command_line_and_the_page_tell_it(client: FlaskClient) -> None:
    told = subprocess.run(
        [sys.executable, "app.py", "--version"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == f"V3 Diagnostics {VERSION}"
    assert f"V3 Diagnostics {VERSION}" in client.get("/").text
