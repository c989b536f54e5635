"""The kit's folder of wheels: what is missing there is fetched with pip, which checks every hash."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

from tools.kit.targets import PYTHONS, TARGETS, Pin, Platform

PIP = "pip"
"""The kit brings its own, so that a Python without ensurepip is enough."""


@cache
def tags_of(target: Platform, python: str) -> frozenset[Tag]:
    """Which wheels this target's Python can install."""
    major, minor = (int(part) for part in python.split("."))
    own = cpython_tags((major, minor), platforms=target.tags)
    shared = compatible_tags((major, minor), f"cp{major}{minor}", target.tags)
    return frozenset([*own, *shared])


def fitting(folder: Path, pin: Pin, target: Platform, python: str) -> Path | None:
    """The wheel in the folder that this target installs for this pin."""
    for path in sorted(folder.glob("*.whl")):
        name, version, _, tags = parse_wheel_filename(path.name)
        is_it = (name, str(version)) == (canonicalize_name(pin.name), pin.version)
        if is_it and tags & tags_of(target, python):
            return path
    return None


def missing(folder: Path, pins: Iterable[Pin], target: Platform, python: str) -> list[Pin]:
    """The pins that this target takes and the folder has no wheel for."""
    wanted = [pin for pin in pins if target.takes(pin.marker, python)]
    return [pin for pin in wanted if fitting(folder, pin, target, python) is None]


def fetch_all(folder: Path, pins: list[Pin]) -> None:
    """Fill the folder for every target and Python. CalledProcessError: a wheel cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    for target in TARGETS:
        for python in PYTHONS:
            lacking = missing(folder, pins, target, python)
            if lacking:
                _fetch(folder, lacking, target, python)


def _fetch(folder: Path, pins: list[Pin], target: Platform, python: str) -> None:
    print(f"{target.name}, Python {python}: {', '.join(pin.name for pin in pins)}", flush=True)  # noqa: T201
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        # pip reads markers as those of the computer it runs on, so they are settled here and left out
        wanted.write("\n".join(str(Pin(pin.name, pin.version, hashes=pin.hashes)) for pin in pins) + "\n")
        wanted.flush()
        platforms = [word for tag in target.tags for word in ("--platform", tag)]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
             "--require-hashes", "--implementation", "cp", "--python-version", python, *platforms,
             "-d", str(folder), "-r", wanted.name],
            check=True,
        )  # fmt: skip
