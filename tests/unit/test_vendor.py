"""Foreign code in static/vendor is what its makers published, and each file of it is accounted for."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "static/vendor"
LISTED = {
    entry["path"]: entry for entry in tomllib.loads((FOLDER / "MANIFEST.toml").read_text("utf-8"))["file"]
}


def test_each_vendored_file_is_listed_and_each_listed_file_is_there() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert found - {"MANIFEST.toml"} == set(LISTED)


def test_no_vendored_file_was_changed() -> None:
    for path, entry in LISTED.items():
        assert hashlib.sha256((FOLDER / path).read_bytes()).hexdigest() == entry["sha256"], path
        assert entry["source"], path
        assert entry["licence"], path


def test_each_vendored_folder_has_its_licence() -> None:
    for folder in (path for path in FOLDER.iterdir() if path.is_dir()):
        assert list(folder.glob("LICEN[CS]E*")), folder.name
