"""A real Chromium (Debian's) on the real app with the demo device. Any console error fails a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.chromium import CHROMIUM, FLAGS
from tests.browser.site import Site, start_site

expect.set_options(timeout=30_000)  # a wait ends when the thing happens; a busy machine takes longer


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    flags = [*FLAGS, "--in-process-gpu"]  # a process less: a twentieth of the processor time
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One product for the tests of a file."""
    started = start_site(tmp_path_factory.mktemp("site"))
    yield started
    started.close()


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """own_site(**settings): a product of the test's own; only where no other is running."""
    started: list[Site] = []

    def start(**changes: Any) -> Site:
        started.append(start_site(tmp_path, **changes))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """open_page(url, width=, height=, **context) -> Page; what its console complains of fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_it(url: str, *, width: int = 1280, height: int = 900, quiet: bool = False, **more: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        contexts.append(context)
        page = context.new_page()
        if not quiet:
            page.on("console", lambda message: complaints.extend(_complaint(message)))
            page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


SLOW_MACHINE = "task queue exceeded allotted deadline"  # xterm.js, where a page gets little of the processor


def _complaint(message: ConsoleMessage) -> list[str]:
    if message.text.startswith(SLOW_MACHINE):
        return []
    return [f"{message.text} {message.location['url']}"] if message.type in ("error", "warning") else []


@pytest.fixture
def page(site: Site, open_page: Callable[..., Page]) -> Page:
    """The dashboard, connected."""
    opened = open_page(site.url)
    expect(opened.locator(".link-word")).to_have_text("Connected")
    return opened
