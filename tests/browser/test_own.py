"""Own diagnostics on the page: reloaded without a restart, marked as theirs, their faults named."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.site import Site
from tests.web.test_cli_profiles import OWN, write
from utils.judging.catalogue.library import load_library

pytestmark = pytest.mark.browser


@pytest.fixture
def own_files(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the technician's own files are; the next test, or another try, begins without them."""
    builtin = site.runner.catalogue
    monkeypatch.setattr(site.runner, "_load", lambda: load_library(tmp_path, builtin=builtin))
    yield tmp_path
    (tmp_path / "diagnostics" / "mine.toml").unlink(missing_ok=True)
    site.runner.reload()


def test_own_diagnostics_come_with_a_click_and_their_faults_are_named(page: Page, own_files: Path) -> None:
    button = page.get_by_role("button", name="Reload my diagnostics")
    write(own_files, "diagnostics", OWN)
    button.click()
    expect(page.locator("#mine .tag", has_text="your own")).to_be_visible()
    expect(page.locator(".own")).to_contain_text("Your own: 1 diagnostic, 0 profiles.")
    write(own_files, "diagnostics", OWN.replace("below", "bellow"))
    button.click()
    expect(page.locator(".own-problems")).to_contain_text(
        "mine.toml:9: mine: check.0.fail.0.bellow: there is no such field"
    )
    expect(page.locator("#mine")).to_have_count(0)
    (own_files / "diagnostics" / "mine.toml").unlink()
    button.click()
    expect(page.locator(".own-problems")).to_have_count(0)


def test_a_reload_that_came_before_the_pages_events_is_seen(
    site: Site, open_page: Callable[..., Page], own_files: Path
) -> None:
    page = open_page(site.url)
    held: list[Route] = []
    holding = threading.Event()
    holding.set()
    page.route(
        "**/api/v1/events*", lambda route: held.append(route) if holding.is_set() else route.continue_()
    )
    page.reload()
    write(own_files, "diagnostics", OWN)
    with page.expect_response("**/catalogue/reload"):
        page.get_by_role("button", name="Reload my diagnostics").click()
    holding.clear()  # first: the page that is loaded anew has a stream of its own
    for route in held:
        route.continue_()
    expect(page.locator("#mine .tag", has_text="your own")).to_be_visible()
    (own_files / "diagnostics" / "mine.toml").unlink()
    site.runner.reload()
    expect(page.locator("#mine")).to_have_count(0)


def test_a_click_before_the_scripts_are_there_waits_for_them(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_page("about:blank")
    held: list[Route] = []
    page.route("**/checkup/app.js", lambda route: held.append(route))
    page.goto(site.url)
    page.get_by_role("button", name="Reload my diagnostics").click()
    with page.expect_response("**/catalogue/reload"):
        for route in held:
            route.continue_()
