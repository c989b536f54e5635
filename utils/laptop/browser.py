"""A Chromium or Edge of this laptop prints a file of ours as PDF. It gets no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from utils.errors import NoBrowser
from utils.laptop import child

NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "microsoft-edge-stable", "msedge",
)  # fmt: skip
ELSEWHERE = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
PRINT_S = 60.0


def find() -> str:
    """The program's path; "" where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), "")
    return found or next((path for path in ELSEWHERE if Path(path).exists()), "")


def as_pdf(page: str) -> bytes:
    """Print this page, which has to hold all that it needs. NoBrowser when there is none, or it fails."""
    program = find()
    if not program:
        raise NoBrowser
    with tempfile.TemporaryDirectory(prefix="v3-print-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(page, encoding="utf-8", newline="\n")
        command = [
            program, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions",
            "--proxy-server=127.0.0.1:9", f"--user-data-dir={Path(folder, 'profile')}", *_as_root(),
            "--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri(),
        ]  # fmt: skip
        try:
            child.run(command, capture_output=True, timeout=PRINT_S, check=True)
            return target.read_bytes()
        except (OSError, subprocess.SubprocessError) as exc:
            raise NoBrowser("The browser of this laptop did not print the report.") from exc


def _as_root() -> list[str]:
    """Chromium's sandbox cannot be had by root."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
