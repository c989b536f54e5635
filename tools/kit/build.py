"""Builds the zip: `python -m tools.kit.build [FOLDER]`. Wheels that are there are not fetched again."""

from __future__ import annotations

import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tools.kit.targets import Pin, read_pins, with_fallbacks
from tools.kit.wheels import fetch_all
from utils.settings import PROJECT
from utils.version import VERSION

HERE = Path(__file__).resolve().parent
LIMIT_BYTES = 250 << 20
_PROGRAM = (
    "app.py", "utils", "templates", "static", "docs", "README.md", "CHANGELOG.md", ".env.example",
    "test_persistent_ssh.py", "tools/v3",
)  # fmt: skip
_STARTERS = ("start.sh", "start.cmd", "v3.cmd")
_WHEN = (2026, 1, 1, 0, 0, 0)  # the same files make the same zip


def pins() -> list[Pin]:
    """What the kit installs: requirements.txt with its fallbacks, and pip itself."""
    locked = list(read_pins((PROJECT / "requirements.txt").read_text(encoding="utf-8")))
    return with_fallbacks(locked, list(read_pins((HERE / "fallback.txt").read_text(encoding="utf-8"))))


def pip_pin() -> list[Pin]:
    """The pip that installs them."""
    return list(read_pins((HERE / "pip.txt").read_text(encoding="utf-8")))


def requirements() -> str:
    """The kit's requirements.txt."""
    return "".join(f"{pin}\n" for pin in pins())


def program_files() -> Iterator[Path]:
    """The program's files, by their paths within the project: what git knows of them, where there is git."""
    if not (PROJECT / ".git").exists():
        yield from _all_files()
        return
    told = subprocess.run(
        ["git", "ls-files", "-z", *_PROGRAM], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    yield from (Path(name) for name in dict.fromkeys(told.split("\0")) if name)


def _all_files() -> Iterator[Path]:
    for each in _PROGRAM:
        path = PROJECT / each
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (
            file.relative_to(PROJECT) for file in found if file.is_file() and "__pycache__" not in file.parts
        )


def write_zip(path: Path, wheels: Path) -> None:
    """Program, starters, requirements and wheels under one folder."""
    top = f"v3-diagnostics-{VERSION}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in program_files():
            _add(archive, f"{top}/{name.as_posix()}", (PROJECT / name).read_bytes(), run=name.name == "v3")
        _add(archive, f"{top}/requirements.txt", requirements().encode())
        for name in _STARTERS:
            text = (HERE / name).read_text(encoding="utf-8")
            ends = "\r\n" if name.endswith(".cmd") else "\n"
            _add(archive, f"{top}/{name}", text.replace("\n", ends).encode(), run=name.endswith(".sh"))
        for wheel in sorted(wheels.glob("*.whl")):
            _add(archive, f"{top}/wheels/{wheel.name}", wheel.read_bytes(), packed=True)


def _add(
    archive: zipfile.ZipFile, name: str, content: bytes, *, run: bool = False, packed: bool = False
) -> None:
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.external_attr = (0o100755 if run else 0o100644) << 16
    entry.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _prune(wheels: Path, wanted: list[Pin]) -> None:
    """Take wheels of earlier versions away."""
    keep = {(pin.name.replace("-", "_").lower(), pin.version) for pin in wanted}
    for wheel in wheels.glob("*.whl"):
        name, version = wheel.name.split("-")[:2]
        if (name.lower().replace("-", "_").replace(".", "_"), version) not in keep:
            wheel.unlink()


def main(folder: Path) -> int:
    """Build it; the exit status is 1 where it is too large."""
    began, wanted = time.monotonic(), [*pins(), *pip_pin()]
    wheels = folder / "wheels"
    fetch_all(wheels, wanted)
    _prune(wheels, wanted)
    path = folder / f"v3-diagnostics-{VERSION}-kit.zip"
    write_zip(path, wheels)
    size, count = path.stat().st_size, len(list(wheels.glob("*.whl")))
    took = time.monotonic() - began
    print(f"{path}: {size / 2**20:.0f} MB, {count} wheels, {took:.0f} s")  # noqa: T201
    return int(size > LIMIT_BYTES)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "build" / "kit"))
