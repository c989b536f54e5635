"""Debian's Chromium: how it is started, for the tests and for the scripts that measure or take pictures."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.site import Site, start_site

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium"
"""The shell takes half of the processor time that the whole browser takes."""
FLAGS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
if hasattr(os, "geteuid") and os.geteuid() == 0:
    FLAGS.append("--no-sandbox")  # Chromium refuses its sandbox to root


@contextmanager
def site_and_browser() -> Iterator[tuple[Site, Browser]]:
    """The product and a browser, for a script that is no test."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = start_site(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield site, browser
        finally:
            browser.close()
            site.close()
